//! The table of checks. The command, its help, the documents and the tests take the checks from here.

mod activation;
mod always;
mod content;
mod deliveries;
mod forgeries;
mod refusals;
mod transport;

use super::check::Check;

/// Checks by group, in running order. The checks of every answer come last, because they look at the earlier exchanges.
pub const GROUPS: [(&str, &[Check]); 7] = [
    ("Activation", activation::CHECKS),
    ("Genuine deliveries", deliveries::CHECKS),
    ("Forgeries", forgeries::CHECKS),
    ("Refusals", refusals::CHECKS),
    ("Signed content", content::CHECKS),
    ("Transport", transport::CHECKS),
    ("Every answer", always::CHECKS),
];

/// All checks.
pub fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.into_iter().flat_map(|(_, checks)| checks)
}

/// Check with this name.
pub fn find(name: &str) -> Option<&'static Check> {
    all().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::conform::check::Plan;

    #[test]
    fn names_and_faults_are_distinct_and_sentences_are_complete() {
        let (mut names, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for check in all() {
            assert!(names.insert(check.name) && faults.insert(check.fault), "{}", check.name);
            for name in [check.name, check.fault] {
                let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(!name.is_empty() && name.chars().all(is_kebab), "{name}");
            }
            assert!(
                check.says.ends_with('.') && check.says.starts_with(char::is_uppercase),
                "{}",
                check.says
            );
            assert!(!check.proves.ends_with('.') && check.proves.len() < 100, "{}", check.proves);
            assert_eq!(find(check.name).map(|found| found.fault), Some(check.fault));
        }
    }

    #[test]
    fn the_checks_of_every_answer_come_last() {
        let is_never = |check: &&Check| matches!(check.plan, Plan::Never(_));
        let first = all().position(|check| is_never(&check)).unwrap();
        assert!(all().skip(first).all(|check| is_never(&check)));
    }
}
