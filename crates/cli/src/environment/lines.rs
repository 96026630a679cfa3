//! Lines of an `.env` file, counted, because dotenvy's errors have no line number.

use std::io::{self, Read};

/// Reads all variables of a file's content, in order.
pub(super) fn variables(content: &[u8]) -> Result<Vec<(String, String)>, LinesError> {
    let mut lines = Lines { rest: content, begun: 0, is_inside: false };
    let variables: Result<_, _> = dotenvy::from_read_iter(&mut lines).collect();
    variables.map_err(|error| match error {
        dotenvy::Error::Io(error) => LinesError::Unreadable(error),
        // The text of the error repeats the setting, which can be secret and can have several lines.
        dotenvy::Error::LineParse(setting, _) => {
            LinesError::NotASetting { line: lines.begun + 1 - setting.lines().count().min(lines.begun) }
        }
        _ => LinesError::NotASetting { line: lines.begun },
    })
}

/// Error of reading the lines.
#[derive(Debug)]
pub(super) enum LinesError {
    /// The content is not text.
    Unreadable(io::Error),
    /// A line begins no setting.
    NotASetting {
        /// Number of the line, from 1.
        line: usize,
    },
}

/// Reader that returns at most one line per call, so that a buffered reader never runs ahead.
struct Lines<'a> {
    rest: &'a [u8],
    /// Number of lines whose beginning was read.
    begun: usize,
    /// The beginning of the next line was read.
    is_inside: bool,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = self.rest.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = line.len().min(buffer.len());
        let (read, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        if let (Some(to), false) = (buffer.get_mut(..count), read.is_empty()) {
            to.copy_from_slice(read);
            self.begun += usize::from(!self.is_inside);
            self.is_inside = !read.ends_with(b"\n");
            self.rest = rest;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_counts_once() {
        // Longer than the buffer of a reader.
        let long = "x".repeat(40_000);
        let read = variables(format!("A={long}\nB='{long}\n'\n").as_bytes()).unwrap();
        assert_eq!(read.iter().map(|(_, value)| value.len()).collect::<Vec<_>>(), [40_000, 40_001]);
        let wrong = variables(format!("A={long}\nB='{long}\n'\nC\n").as_bytes()).unwrap_err();
        assert!(matches!(wrong, LinesError::NotASetting { line: 4 }), "{wrong:?}");
    }
}
