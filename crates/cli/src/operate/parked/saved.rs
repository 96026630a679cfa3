//! A file of parked messages: one JSON object on each line, whole and in the order of receipt.
//!
//! `delete` writes it before it deletes. `list`, `show` and `replay` read it in place of the queue.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Lines, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::letter::Letter;
use crate::private_file;

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    prelude_parked: u32,
    #[serde(flatten)]
    letter: Cow<'a, Letter>,
}

/// Version of [`Line`]. A file with another version is not read.
const VERSION: u32 = 1;

/// A new file that is being written.
pub struct Writing {
    path: PathBuf,
    out: BufWriter<File>,
}

impl Writing {
    /// Creates the file, which only its owner can read.
    ///
    /// # Errors
    /// A file of this name exists, or the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, SavedError> {
        let file = private_file::create(path).map_err(|error| SavedError::Write(path.to_owned(), error))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file) })
    }

    /// Adds a message.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, letter: &Letter) -> Result<(), SavedError> {
        let line = Line { prelude_parked: VERSION, letter: Cow::Borrowed(letter) };
        let written = serde_json::to_writer(&mut self.out, &line).map_err(io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|error| self.failed(error))
    }

    /// Makes all messages survive a crash of the machine.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sync(&mut self) -> Result<(), SavedError> {
        let synced = self.out.flush().and_then(|()| private_file::sync(self.out.get_ref(), &self.path));
        synced.map_err(|error| self.failed(error))
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, whose messages are all in the queue.
    pub fn discard(self) {
        fs::remove_file(&self.path).ok();
    }

    fn failed(&self, error: io::Error) -> SavedError {
        SavedError::Write(self.path.clone(), error)
    }
}

/// An existing file.
#[derive(Debug, Clone)]
pub struct Saved {
    path: PathBuf,
    count: usize,
}

impl Saved {
    /// Opens a file, and checks every line.
    ///
    /// # Errors
    /// The file cannot be read, or `delete` did not write it.
    pub fn open(path: &Path) -> Result<Self, SavedError> {
        let count = Reading::of(path)?.try_fold(0, |count, letter| letter.map(|_letter| count + 1))?;
        Ok(Self { path: path.to_owned(), count })
    }

    /// Number of messages.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads the messages in their order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<Reading, SavedError> {
        Reading::of(&self.path)
    }
}

/// Messages of a file, one after the other.
pub struct Reading {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    number: usize,
}

impl Reading {
    fn of(path: &Path) -> Result<Self, SavedError> {
        let file = File::open(path).map_err(|error| SavedError::Read(path.to_owned(), error))?;
        Ok(Self { path: path.to_owned(), lines: BufReader::new(file).lines(), number: 0 })
    }
}

impl Iterator for Reading {
    type Item = Result<Letter, SavedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.lines.next()?;
        self.number += 1;
        let read = text.map_err(|error| SavedError::Read(self.path.clone(), error)).and_then(|text| {
            // The parser's error could repeat the line.
            match serde_json::from_str::<Line<'_>>(&text) {
                Ok(Line { prelude_parked: VERSION, letter }) => Ok(letter.into_owned()),
                _ => Err(SavedError::Foreign(self.path.clone(), self.number)),
            }
        });
        Some(read)
    }
}

/// Error of writing or reading such a file.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The file cannot be created or written.
    #[error("{} cannot be written ({}): choose another file with --save", .0.display(), .1)]
    Write(PathBuf, io::Error),
    /// The file cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    /// A line of the file is not a message.
    #[error("{} is not a file of `prelude parked delete`: its line {} is not a parked message", .0.display(), .1)]
    Foreign(PathBuf, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("prelude-saved-{name}-{}", std::process::id()))
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let path = path("round-trip");
        let pairs = |text: &str| [("reason".to_owned(), text.to_owned())].into();
        let letter = Letter {
            message_id: "m".into(),
            attributes: pairs("not_utf8"),
            system_attributes: pairs("1"),
            body: "line\n\u{2028}\"quoted\" \u{1f600} \\".into(),
        };
        let mut writing = Writing::create(&path).unwrap();
        writing.add(&letter).unwrap();
        writing.add(&Letter { message_id: "n".into(), ..letter.clone() }).unwrap();
        writing.sync().unwrap();
        let saved = Saved::open(&path).unwrap();
        assert_eq!(saved.count(), 2);
        let read: Vec<_> = saved.read().unwrap().map(Result::unwrap).collect();
        assert_eq!((&*read[0].message_id, &*read[1].message_id), ("m", "n"));
        assert_eq!(read[1].body, letter.body);
        assert_eq!(
            (&read[1].attributes, &read[1].system_attributes),
            (&letter.attributes, &letter.system_attributes)
        );
        assert!(matches!(Writing::create(&path), Err(SavedError::Write(..))), "it is never replaced");
        writing.discard();
        assert!(matches!(Saved::open(&path), Err(SavedError::Read(..))));
    }

    #[test]
    fn another_file_is_refused_without_repeating_it() {
        let path = path("foreign");
        for text in [
            "{}",
            "a secret",
            r#"{"prelude_parked":2,"message_id":"a","attributes":{},"system_attributes":{},"body":""}"#,
        ] {
            fs::write(&path, text).unwrap();
            let error = Saved::open(&path).unwrap_err();
            assert!(matches!(error, SavedError::Foreign(_, 1)), "{text}");
            assert!(!error.to_string().contains("secret"));
        }
        fs::remove_file(path).unwrap();
    }
}
