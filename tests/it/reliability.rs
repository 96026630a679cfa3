//! Compares `docs/reliability.md` with the fault model, and checks the test names in it and in ARCHITECTURE.md.

use std::path::{Path, PathBuf};

use crate::support::faults::{KeyFault, SqsFault};

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// Rows of the table below this heading of a page, as cells.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join(page)).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let table = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    table.map(cells).collect()
}

#[test]
fn every_fault_of_the_model_has_its_row() {
    let rows = rows("docs/reliability.md", "Faults");
    let faults = SqsFault::ALL.map(SqsFault::name).into_iter().chain(KeyFault::ALL.map(KeyFault::name));
    for fault in faults {
        let count = rows.iter().filter(|row| row[0] == fault).count();
        assert_eq!(count, 1, "rows for {fault:?}");
    }
}

#[test]
fn every_row_names_tests_that_exist() {
    for row in rows("docs/reliability.md", "Faults") {
        let [fault, _, _, tests] = row.as_slice() else { panic!("{row:?} does not have four cells") };
        let named: Vec<_> = tests.split('`').filter(|word| word.contains("::")).collect();
        assert!(!named.is_empty(), "{fault} names no test");
        for test in named {
            assert!(exists(test), "{fault}: test {test} does not exist");
        }
    }
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = architecture.split_once("\n## Invariants\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let is_numbered =
        |line: &&str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    let invariants = section.lines().filter(is_numbered).count();
    let rows = rows("ARCHITECTURE.md", "Invariants");
    assert_eq!(rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), numbers(invariants));
    for row in rows {
        let named: Vec<_> = row[1].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "invariant {} names no test", row[0]);
        for name in named {
            assert!(
                module(name).is_some() || exists(name),
                "invariant {}: test {name} does not exist",
                row[0]
            );
        }
    }
}

fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

/// Source of a module of this binary.
fn module(name: &str) -> Option<String> {
    let file = Path::new("tests/it").join(name.replace("::", "/")).with_extension("rs");
    std::fs::read_to_string(root().join(file)).ok()
}

/// Reports whether `module::test` is a test of this binary: in the module's file, below a test attribute.
fn exists(test: &str) -> bool {
    let Some((path, name)) = test.rsplit_once("::") else { return false };
    let Some(source) = module(path) else { return false };
    let lines: Vec<_> = source.lines().collect();
    let signature = format!("fn {name}(");
    lines.windows(2).any(|pair| {
        let is_test = pair[0].starts_with("#[test]") || pair[0].starts_with("#[tokio::test");
        is_test && pair[1].trim_start_matches("async ").starts_with(&signature)
    })
}

#[test]
fn a_missing_test_is_reported() {
    assert!(exists("reliability::every_row_names_tests_that_exist"));
    assert!(!exists("reliability::rows"));
    assert!(!exists("reliability::no_such_test"));
    assert!(!exists("nowhere::every_row_names_tests_that_exist"));
}
