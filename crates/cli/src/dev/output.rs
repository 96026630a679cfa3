//! Standard output, written by a thread of its own: whoever does not read it must not keep the stack from stopping.

use std::{
    io::{self, Write as _},
    thread,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};

/// Texts on their way to standard output.
#[derive(Debug)]
pub struct Output {
    texts: mpsc::Sender<String>,
    written: oneshot::Receiver<()>,
}

/// Texts that wait; a reader that is further behind is waited for.
const WAITING: usize = 256;

impl Output {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let (tell, written) = oneshot::channel::<()>();
        // Not joined: the process ends without it.
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            while let Some(text) = waiting.blocking_recv() {
                let mut out = io::stdout().lock();
                // At once, for whoever reads a pipe. A reader that went away is no failure: the stack goes on.
                drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
            }
            // That it is gone is the news.
            drop(tell);
        })?;
        Ok(Self { texts, written })
    }

    /// Writes a text after those before it.
    pub async fn write(&self, text: String) {
        // The thread ends after this sender only.
        drop(self.texts.send(text).await);
    }

    /// Waits until all is written, for this time at most.
    pub async fn finish(self, patience: Duration) {
        drop(self.texts);
        drop(timeout(patience, self.written).await);
    }
}
