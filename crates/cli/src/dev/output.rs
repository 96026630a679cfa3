//! Standard output, written by a thread of its own, so that a stalled reader cannot keep the stack from stopping.

use std::{
    io::{self, Write as _},
    thread,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};

/// Queue of texts for standard output.
#[derive(Debug)]
pub struct Output {
    texts: mpsc::Sender<String>,
    written: oneshot::Receiver<()>,
}

/// Largest number of waiting texts. A full queue makes the stack wait for the reader.
const WAITING: usize = 256;

impl Output {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start() -> io::Result<Self> {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let (done, written) = oneshot::channel::<()>();
        // Not joined, because a stalled reader would block the end of the process.
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            while let Some(text) = waiting.blocking_recv() {
                let mut out = io::stdout().lock();
                // Flushed at once for readers of a pipe. A closed pipe is not an error, so the stack continues.
                drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
            }
            // The drop ends the wait of `finish`.
            drop(done);
        })?;
        Ok(Self { texts, written })
    }

    /// Writes a text after the earlier ones.
    pub async fn write(&self, text: String) {
        // Cannot fail, because the thread outlives this sender.
        drop(self.texts.send(text).await);
    }

    /// Waits until all texts are written, but not longer than `patience`.
    pub async fn finish(self, patience: Duration) {
        drop(self.texts);
        drop(timeout(patience, self.written).await);
    }
}
