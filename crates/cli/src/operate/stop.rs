//! Ctrl-C, which is checked between two steps, so that a step is never left half done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The user's request to stop. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens to Ctrl-C. The first one requests the stop, and the second one ends the process at once.
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let asked = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                asked.0.store(true, Ordering::Relaxed);
                eprintln!("prelude: stopping after this step; Ctrl-C again stops at once");
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
        stop
    }

    /// Reports whether the user asked to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
