//! Code in documents is compiled, checked or run.

use std::fs;

use crate::run::repository;

/// The program in a code block is quoted from a file that the checks cover.
#[test]
fn programs_in_the_pages_for_consumers_are_quoted() {
    let mut programs = 0;
    for page in ["README.md"] {
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
    assert!(programs >= 1, "{programs}");
}
