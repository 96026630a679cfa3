//! Docstrings: meanings as wrapped paragraphs.

/// The longest line of prose. Code lines may be longer.
const WIDTH: usize = 112;

/// A docstring with its paragraphs. Consecutive items of a list belong together.
pub(super) fn docstring(indent: &str, paragraphs: &[String]) -> String {
    let lines: Vec<Vec<String>> = paragraphs.iter().map(|paragraph| wrapped(indent, paragraph)).collect();
    if let [only] = lines.as_slice()
        && let [line] = only.as_slice()
    {
        return format!("{indent}\"\"\"{line}\"\"\"\n");
    }
    let mut text = format!("{indent}\"\"\"");
    let mut previous = "";
    for (position, (paragraph, lines)) in paragraphs.iter().zip(&lines).enumerate() {
        if position > 0 && !(paragraph.starts_with('*') && previous.starts_with('*')) {
            text.push('\n');
        }
        for (number, line) in lines.iter().enumerate() {
            let indent = if position == 0 && number == 0 { "" } else { indent };
            text.extend([indent, line, "\n"]);
        }
        previous = paragraph;
    }
    text + indent + "\"\"\"\n"
}

/// Lines of at most [`WIDTH`] characters. Lines of an item of a list after the first are indented.
fn wrapped(indent: &str, paragraph: &str) -> Vec<String> {
    let hanging = if paragraph.starts_with('*') { "  " } else { "" };
    let mut lines = vec![String::new()];
    // A backslash would start an escape.
    for word in paragraph.replace('\\', "\\\\").split_whitespace() {
        let first = lines.len() == 1;
        let Some(line) = lines.last_mut() else { continue };
        if !line.is_empty() && indent.len() + line.chars().count() + word.chars().count() + 1 > WIDTH {
            lines.push(format!("{hanging}{word}"));
            continue;
        }
        if !line.is_empty() && (first || *line != hanging) {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_docstring_is_one_line_if_it_fits() {
        assert_eq!(docstring("    ", &["One.".to_owned()]), "    \"\"\"One.\"\"\"\n");
        let long = "word ".repeat(40);
        let text = docstring("    ", &[long, "* a".to_owned(), "* b".to_owned()]);
        assert!(text.lines().all(|line| line.len() <= WIDTH + 7), "{text}");
        assert!(text.ends_with("word\n\n    * a\n    * b\n    \"\"\"\n"), "{text}");
    }
}
