//! Docstrings: meanings as wrapped paragraphs.

use crate::clients::prose::{is_apart, wrapped};

/// A docstring with its paragraphs. Consecutive items of a list belong together.
pub(super) fn docstring(indent: &str, paragraphs: &[String]) -> String {
    // A backslash would start an escape.
    let wrapped = |paragraph: &String| wrapped(indent, &paragraph.replace('\\', "\\\\"));
    let lines: Vec<Vec<String>> = paragraphs.iter().map(wrapped).collect();
    if let [only] = lines.as_slice()
        && let [line] = only.as_slice()
    {
        return format!("{indent}\"\"\"{line}\"\"\"\n");
    }
    let mut text = format!("{indent}\"\"\"");
    let mut previous = "";
    for (position, (paragraph, lines)) in paragraphs.iter().zip(&lines).enumerate() {
        if position > 0 && is_apart(previous, paragraph) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::prose::WIDTH;

    #[test]
    fn a_docstring_is_one_line_if_it_fits() {
        assert_eq!(docstring("    ", &["One.".to_owned()]), "    \"\"\"One.\"\"\"\n");
        let long = "word ".repeat(40);
        let text = docstring("    ", &[long, "* a".to_owned(), "* b".to_owned()]);
        assert!(text.lines().all(|line| line.len() <= WIDTH + 7), "{text}");
        assert!(text.ends_with("word\n\n    * a\n    * b\n    \"\"\"\n"), "{text}");
    }
}
