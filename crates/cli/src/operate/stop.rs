//! Ctrl-C, which is checked between two steps, so that a step is never left half done.

use std::sync::Arc;

use tokio::sync::watch;

use crate::terminal::warn;

/// The user's request to stop. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Listens to Ctrl-C. The first one requests the stop, and the second one ends the process at once.
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let asked = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                asked.0.send_replace(true);
                warn("stopping after this step; Ctrl-C again stops at once");
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
        stop
    }

    /// Reports whether the user asked to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the user asks to stop.
    pub async fn asked(&self) {
        // Cannot fail, because `self` holds the sender.
        drop(self.0.subscribe().wait_for(|asked| *asked).await);
    }
}
