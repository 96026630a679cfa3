//! `docs/operate.md` names what there is: codes, reasons, commands.

use std::{collections::BTreeSet, fs, path::Path};

use prelude_webhooks::parking::Reason;

use crate::support::run;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(|word| word.trim_start_matches("code=").to_owned()).collect()
}

#[test]
fn every_code_and_reason_of_the_runbook_is_in_the_readme_and_every_reason_in_the_runbook() {
    let (runbook, readme) = (read("docs/operate.md"), quoted(&read("README.md")));
    let rows = runbook.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let seen_by = runbook.split("*Seen by*").skip(1).filter_map(|text| text.lines().next());
    // Names of commands and variables are none of them.
    let is_code = |word: &String| {
        !word.contains(' ') && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_8".contains(&byte))
    };
    let not_codes = ["doctor", "redrive", "activate", "reason", "code", "reasons", "parked", "variable"];
    let told: BTreeSet<_> = rows.chain(seen_by).flat_map(quoted).filter(is_code).collect();
    let told: BTreeSet<_> = told.into_iter().filter(|word| !not_codes.contains(&word.as_str())).collect();
    assert!(told.len() > 25, "{told:?}");
    for word in &told {
        assert!(readme.contains(word), "README does not know `{word}`");
    }
    for reason in Reason::ALL {
        assert!(told.contains(reason.as_str()), "the runbook does not know {}", reason.as_str());
    }
}

#[tokio::test]
async fn every_command_of_the_runbook_is_one() {
    let runbook = read("docs/operate.md");
    let lines = runbook.lines().filter_map(|line| line.strip_prefix("prelude "));
    let mut commands = 0;
    for line in lines {
        let line =
            line.split(" #").next().unwrap_or_default().replace("<app id>", "app").replace(['<', '>'], "");
        let mut arguments: Vec<_> = line.split_whitespace().collect();
        // Flags that do not exist are refused before help is given.
        arguments.push("--help");
        let ran = run(&arguments, &[]).await;
        assert_eq!(ran.code, Some(0), "prelude {line}: {}", ran.all());
        commands += 1;
    }
    assert!(commands > 10);
}
