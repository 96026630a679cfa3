//! Code blocks that quote a file which the checks compile, check or run.

use std::{fs, io, path::Path};

/// Lines of a code block with the content of `source`: a file, or `<page>.md#<heading>` for the first block of code below a
/// heading of a page whose own examples are checked.
///
/// # Errors
/// A file that cannot be read, or a heading without code.
pub(super) fn quote(root: &Path, source: &str) -> io::Result<Vec<String>> {
    let (path, heading) =
        source.split_once('#').map_or((source, None), |(path, heading)| (path, Some(heading)));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
    let text = fs::read_to_string(root.join(path)).map_err(named)?;
    let missing = || io::Error::new(io::ErrorKind::InvalidData, format!("{source} has no code to quote"));
    match heading {
        Some(heading) => block(&text, heading).ok_or_else(missing),
        None => {
            let language = Path::new(path).extension().and_then(|extension| language(extension.to_str()?));
            let fence = format!("```{}", language.ok_or_else(missing)?);
            // The page says what its code is for.
            let code = text.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
            let lines = code.map(ToOwned::to_owned);
            Ok([fence].into_iter().chain(lines).chain(["```".to_owned()]).collect())
        }
    }
}

/// The first block of code below a heading, with its fences. Commands are not code.
fn block(page: &str, heading: &str) -> Option<Vec<String>> {
    let is_heading = |line: &str| line.trim_start_matches('#').trim() == heading && line.starts_with('#');
    let below = page.lines().skip_while(|line| !is_heading(line)).skip(1);
    let mut lines = below.take_while(|line| !line.starts_with("## "));
    let language = lines.find_map(|line| {
        // Attributes such as `no_run` follow a comma.
        let name = line.strip_prefix("```")?.split(',').next()?;
        LANGUAGES.iter().map(|(_, known)| *known).find(|known| *known == name)
    })?;
    let code = lines.take_while(|line| *line != "```").map(ToOwned::to_owned);
    Some([format!("```{language}")].into_iter().chain(code).chain(["```".to_owned()]).collect())
}

/// File extensions, and the languages that Markdown names.
const LANGUAGES: [(&str, &str); 3] = [("py", "python"), ("rs", "rust"), ("ts", "ts")];

fn language(extension: &str) -> Option<&'static str> {
    LANGUAGES.iter().find(|(known, _)| *known == extension).map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\n```ts\nabove\n```\n\n## Use\n\n```sh\nnpm i\n```\n\n```rust,no_run\n# one\n\ntwo\n```\n\n## Empty\n\n## Next\n\n```ts\nx\n```\n";

    #[test]
    fn a_heading_is_quoted_by_its_first_block_of_code() {
        assert_eq!(block(PAGE, "Use").unwrap(), ["```rust", "# one", "", "two", "```"]);
        assert_eq!(block(PAGE, "Empty"), None);
        assert_eq!(block(PAGE, "Nothing"), None);
    }

    #[test]
    fn a_file_is_quoted_whole_and_a_missing_one_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let lines = quote(&root, "crates/local/src/sections/quote.rs").unwrap();
        assert_eq!(lines[..2], ["```rust", "use std::{fs, io, path::Path};"]);
        assert_eq!(lines.last().unwrap(), "```");
        for source in ["docs/none.rs", "README.md#None", "README.md", "LICENSE-MIT"] {
            let error = quote(&root, source).unwrap_err().to_string();
            assert!(error.starts_with(source.split('#').next().unwrap()), "{error}");
        }
    }
}
