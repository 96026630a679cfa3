//! `docs/reliability.md` against the fault model and the tests that it names.

use std::path::{Path, PathBuf};

use crate::support::faults::{KeyFault, SqsFault};

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// The rows of the table below this heading, cell by cell.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let table = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    table.map(cells).collect()
}

#[test]
fn every_fault_of_the_model_has_its_row() {
    let rows = rows("Faults");
    let faults = SqsFault::ALL.map(SqsFault::name).into_iter().chain(KeyFault::ALL.map(KeyFault::name));
    for fault in faults {
        let count = rows.iter().filter(|row| row[0] == fault).count();
        assert_eq!(count, 1, "rows for {fault:?}");
    }
}

#[test]
fn every_row_names_tests_that_exist() {
    for row in rows("Faults") {
        let [fault, _, _, tests] = row.as_slice() else { panic!("{row:?} has not four cells") };
        let named: Vec<_> = tests.split('`').filter(|word| word.contains("::")).collect();
        assert!(!named.is_empty(), "{fault} names no test");
        for test in named {
            assert!(exists(test), "{fault}: there is no test {test}");
        }
    }
}

/// Returns whether `module::test` is a test of this binary: in the module's file, below a test attribute.
fn exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let file = Path::new("tests/it").join(module.replace("::", "/")).with_extension("rs");
    let Ok(source) = std::fs::read_to_string(root().join(file)) else { return false };
    let lines: Vec<_> = source.lines().collect();
    let signature = format!("fn {name}(");
    lines.windows(2).any(|pair| {
        let is_test = pair[0].starts_with("#[test]") || pair[0].starts_with("#[tokio::test");
        is_test && pair[1].trim_start_matches("async ").starts_with(&signature)
    })
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    assert!(exists("reliability::every_row_names_tests_that_exist"));
    assert!(!exists("reliability::rows"));
    assert!(!exists("reliability::no_such_test"));
    assert!(!exists("nowhere::every_row_names_tests_that_exist"));
}
