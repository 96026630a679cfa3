//! `docs/operate.md` names existing codes, reasons and commands, and `docs/deploy.md` existing commands.

use std::{collections::BTreeSet, env, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use prelude_cli::environment::Environment;
use prelude_webhooks::parking::Reason;

use crate::support::{Stack, run};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// Words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(|word| word.trim_start_matches("code=").to_owned()).collect()
}

#[test]
fn every_code_and_reason_of_the_runbook_is_documented_and_every_reason_is_in_the_runbook() {
    let runbook = read("docs/operate.md");
    let reference = ["docs/answers.md", "docs/logs.md", "docs/messages.md"];
    let documented: BTreeSet<_> = reference.into_iter().flat_map(|page| quoted(&read(page))).collect();
    let rows = runbook.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let seen_by = runbook.split("*Seen by*").skip(1).filter_map(|text| text.lines().next());
    // Names of commands and variables are not codes.
    let is_code = |word: &String| {
        !word.contains(' ') && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_8".contains(&byte))
    };
    let not_codes = ["doctor", "redrive", "activate", "reason", "code", "reasons", "parked", "variable"];
    let named: BTreeSet<_> = rows.chain(seen_by).flat_map(quoted).filter(is_code).collect();
    let named: BTreeSet<_> = named.into_iter().filter(|word| !not_codes.contains(&word.as_str())).collect();
    assert!(named.len() > 25, "{named:?}");
    for word in &named {
        assert!(documented.contains(word), "none of {reference:?} names `{word}`");
    }
    for reason in Reason::ALL {
        assert!(named.contains(reason.as_str()), "the runbook does not know {}", reason.as_str());
    }
}

#[tokio::test]
async fn every_command_of_the_runbook_and_of_the_guide_exists() {
    for (page, least) in [("docs/operate.md", 10), ("docs/deploy.md", 2)] {
        let text = read(page);
        let shell = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        let lines = shell.flat_map(str::lines);
        let lines =
            lines.filter_map(|line| line.strip_prefix("cargo ").unwrap_or(line).strip_prefix("prelude "));
        let mut commands = 0;
        for line in lines {
            let line = line
                .split(" #")
                .next()
                .unwrap_or_default()
                .replace("<app id>", "app")
                .replace("\"$APP_ID\"", "app")
                .replace("<URL>", "https://example.com")
                .replace("\"$URL\"", "https://example.com")
                .replace(['<', '>'], "");
            let mut arguments: Vec<_> = line.split_whitespace().collect();
            // Unknown flags are refused before the help is printed.
            arguments.push("--help");
            let ran = run(&arguments, &[]).await;
            assert_eq!(ran.code, Some(0), "{page}: prelude {line}: {}", ran.all());
            commands += 1;
        }
        assert!(commands >= least, "{page}: {commands}");
    }
}

/// First block of shell commands in the runbook, which writes `production.env`.
fn recipe() -> String {
    let runbook = read("docs/operate.md");
    let block = runbook.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(block.contains("production.env"), "{block}");
    block.replace("<output FunctionName>", "receiver")
}

/// Runs the recipe in a folder, with an `aws` command that prints these variables.
fn make_production_env(folder: &Path, variables: &serde_json::Value) {
    let aws = folder.join("aws");
    fs::write(folder.join("variables.json"), variables.to_string()).unwrap();
    fs::write(&aws, "#!/bin/sh\ncat variables.json\n").unwrap();
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    let made = shell.args(["-euc", &recipe()]).current_dir(folder).env("PATH", path).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn production_env_is_the_functions_environment_and_serves_every_command() {
    if !Command::new("jq").arg("--version").output().is_ok_and(|ran| ran.status.success()) {
        prelude_local::coverage::skipped("the runbook's commands: there is no jq");
        return;
    }
    let stack = Stack::without(&[]).await;
    // Line ends as YAML's `|` leaves them, and all characters that a shell or a file of variables could interpret.
    let mut variables: serde_json::Map<String, serde_json::Value> = serde_json::Map::new();
    for (name, value) in &stack.environment {
        let ends_lines =
            ["PRELUDE_APPS", "PRELUDE_PUBLIC_KEYS", "PRELUDE_PATH_TOKEN"].contains(&name.as_str());
        variables.insert(name.clone(), (value.clone() + if ends_lines { "\n" } else { "" }).into());
    }
    variables.insert("OTHER".into(), "'\"`$HOME ${X} $(id) \\ \\n \\\\ # \u{e9}\n\n last ".into());
    let folder = env::temp_dir().join(format!("prelude-runbook-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    make_production_env(&folder, &variables.clone().into());
    let file = folder.join("production.env");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let read = Environment::read(Some(&file)).unwrap();
    for (name, value) in &variables {
        assert_eq!(read.variable(name), value.as_str().map(str::trim), "{name}");
    }
    let (body, event) = (folder.join("body"), folder.join("event.json"));
    fs::write(&body, "{}").unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/user.created.json"), &event).unwrap();
    let (body, event) = (body.to_str().unwrap(), event.to_str().unwrap());
    // The last two refuse a signature and a request, so they have read the settings.
    for (command, code) in [
        (vec!["doctor"], 0),
        (vec!["doctor", "--offline"], 0),
        (vec!["parked", "list"], 0),
        (vec!["parked", "replay", "--dry-run"], 0),
        (vec!["redrive", "user.created", "--cancel"], 1),
        (vec!["verify", body, "--signature", "rsassa-pss-sha256=AAAA"], 1),
        (vec!["explain", event], 1),
    ] {
        let ran = run(&[&command[..], &["--env-file", file.to_str().unwrap()]].concat(), &[]).await;
        assert_eq!(ran.code, Some(code), "{command:?}: {}", ran.all());
        for problem in ["would not start", "cannot be read", "NAME=value"] {
            assert!(!ran.all().contains(problem), "{command:?}: {}", ran.all());
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
