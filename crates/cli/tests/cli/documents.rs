//! Code in documents is compiled, checked or run.

use std::{fs, path::PathBuf};

use crate::run::repository;

/// The program in a code block is quoted from a file that the checks cover.
#[test]
fn programs_in_the_pages_for_consumers_are_quoted() {
    let mut programs = 0;
    for page in ["README.md", "docs/consume.md"] {
        let text = fs::read_to_string(repository(page)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for (before, line) in lines.iter().zip(&lines[1..]) {
            if ["```rust", "```ts", "```typescript", "```python"].iter().any(|fence| line.starts_with(fence))
            {
                assert!(
                    before.starts_with("<!-- code of "),
                    "{page}: a program below {before:?} is not quoted"
                );
                programs += 1;
            }
        }
    }
    assert!(programs >= 4, "{programs}");
}

/// Reads all Markdown and Rust files, except those of tools, builds and dependencies.
#[test]
fn no_code_block_is_ignored() {
    let mut folders = vec![PathBuf::from(repository(""))];
    let mut blocks = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !name.starts_with('.') && !["target", "node_modules", "build", "dist"].contains(&name) {
                    folders.push(path);
                }
                continue;
            }
            if !name.ends_with(".md") && !name.ends_with(".rs") {
                continue;
            }
            for line in fs::read_to_string(&path).unwrap().lines() {
                let line = line.trim_start().trim_start_matches(['/', '!']).trim_start();
                let Some(attributes) = line.strip_prefix("```") else { continue };
                let is_ignored =
                    attributes.split(',').any(|attribute| attribute.trim().starts_with("ignore"));
                assert!(!is_ignored, "{}: {line}", path.display());
                blocks += 1;
            }
        }
    }
    assert!(blocks > 100, "{blocks}");
}
