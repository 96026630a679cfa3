//! `--keep`: a file with the messages of all queues, which survive the end of `prelude dev`.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::time::{Duration, sleep};

use prelude_local::aws::{
    guard::ledger::Held,
    sqs::{EmbeddedSqs, EmbeddedSqsError},
};

/// A file with the messages of all queues.
#[derive(Debug, Clone)]
pub struct Keep(PathBuf);

/// Error of keeping messages or putting them back.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file or its folder is unusable.
    #[error("{0} cannot be read or written ({1}): choose another file with --keep")]
    File(PathBuf, io::Error),
    /// The file was not written by `prelude dev`.
    #[error("{0} is not a file of `prelude dev --keep`: choose another file, or delete this one")]
    Foreign(PathBuf),
    /// The embedded SQS refuses a message.
    #[error(transparent)]
    Sqs(#[from] EmbeddedSqsError),
}

#[derive(Serialize, Deserialize)]
struct Contents {
    prelude_dev_queues: u32,
    queues: BTreeMap<String, Vec<Held>>,
}

/// Version of [`Contents`]. A file with another version is not changed.
const VERSION: u32 = 1;
/// Shortest time between two writes.
const PAUSE: Duration = Duration::from_secs(2);

impl Keep {
    /// Keeps messages in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Sends the file's messages in their order, and returns their number. Creates a missing file.
    ///
    /// # Errors
    /// The file is unusable, or SQS refuses a message.
    pub async fn restore(&self, sqs: &EmbeddedSqs) -> Result<usize, KeepError> {
        let text = match fs::read(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.save(sqs)?;
                return Ok(0);
            }
            read => read.map_err(|error| self.file(error))?,
        };
        let contents = serde_json::from_slice::<Contents>(&text).ok();
        let Some(Contents { prelude_dev_queues: VERSION, queues }) = contents else {
            return Err(KeepError::Foreign(self.0.clone()));
        };
        let mut restored = 0;
        for (queue, messages) in queues {
            for held in messages {
                sqs.send_again(&queue, &held.entry).await?;
                restored += 1;
            }
        }
        Ok(restored)
    }

    /// Writes the messages of all queues, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, sqs: &EmbeddedSqs) -> Result<(), KeepError> {
        let contents = Contents { prelude_dev_queues: VERSION, queues: sqs.held().collect() };
        let text = serde_json::to_vec(&contents).map_err(|error| self.file(error.into()))?;
        self.replace(&text).map_err(|error| self.file(error))
    }

    /// Writes soon after each change. Returns when a write fails.
    pub async fn follow(&self, sqs: &EmbeddedSqs) -> KeepError {
        let mut changes = sqs.changes();
        loop {
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
            if let Err(error) = self.save(sqs) {
                return error;
            }
            sleep(PAUSE).await;
        }
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let name = self.0.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let mut beside = name.to_owned();
        beside.push(".new");
        let beside = self.0.with_file_name(beside);
        let mut file = create(&beside)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(beside, &self.0)
    }

    fn file(&self, error: io::Error) -> KeepError {
        KeepError::File(self.0.clone(), error)
    }
}

/// Creates a file that only its owner can read, because messages name people.
fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> PathBuf {
        std::env::temp_dir().join(format!(
            "prelude-keep-{}-{}",
            std::process::id(),
            getrandom::u64().unwrap()
        ))
    }

    async fn send(sqs: &EmbeddedSqs, body: &str) {
        let url = EmbeddedSqs::queue_url_prefix("q");
        sqs.client().send_message().queue_url(url).message_body(body).send().await.unwrap();
    }

    #[tokio::test]
    async fn kept_messages_come_back_in_order() {
        let path = scratch();
        let keep = Keep::new(&path);
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        assert_eq!(keep.restore(&sqs).await.unwrap(), 0);
        send(&sqs, "one").await;
        send(&sqs, "two").await;
        keep.save(&sqs).unwrap();
        let again = EmbeddedSqs::start(["q"]).await.unwrap();
        assert_eq!(keep.restore(&again).await.unwrap(), 2);
        let bodies: Vec<_> =
            again.drain("q").await.unwrap().into_iter().map(|message| message.body).collect();
        assert_eq!(bodies, ["one", "two"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_change_is_written_soon() {
        let path = scratch();
        let keep = Keep::new(&path);
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        let following = tokio::spawn({
            let (keep, sqs) = (keep.clone(), sqs.clone());
            async move { keep.follow(&sqs).await }
        });
        while sqs.peek("q").is_empty() || !fs::read_to_string(&path).is_ok_and(|text| text.contains("soon")) {
            send(&sqs, "soon").await;
            sleep(Duration::from_millis(10)).await;
        }
        following.abort();
        fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_foreign_file_is_not_touched() {
        let path = scratch();
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        for text in ["", "{}", r#"{"prelude_dev_queues":2,"queues":{}}"#] {
            fs::write(&path, text).unwrap();
            assert!(matches!(Keep::new(&path).restore(&sqs).await, Err(KeepError::Foreign(_))), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_file(&path).unwrap();
        let error = Keep::new("/nowhere/x").restore(&sqs).await.unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/x cannot be read or written"), "{error}");
    }
}
