//! Meanings as lines of comments.

/// The longest line of prose. Code lines may be longer.
pub(super) const WIDTH: usize = 112;

/// Lines of at most [`WIDTH`] characters with their indent. Lines of an item of a list after the first are indented.
pub(super) fn wrapped(indent: &str, paragraph: &str) -> Vec<String> {
    let hanging = if paragraph.starts_with('*') { "  " } else { "" };
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            None => lines.push(word.to_owned()),
            Some(line) if indent.len() + line.chars().count() + word.chars().count() < WIDTH => {
                line.extend([" ", word]);
            }
            Some(_) => lines.push(format!("{hanging}{word}")),
        }
    }
    lines
}

/// Tells whether an empty line stands between two paragraphs. Consecutive items of a list belong together.
pub(super) fn is_apart(previous: &str, paragraph: &str) -> bool {
    !(previous.starts_with('*') && paragraph.starts_with('*'))
}
