//! Closed pipes: every command ends quietly when nobody reads its output.
#![cfg(test)]

use std::{
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::run::{command, repository, text};

/// Command lines that print. Their words hold no blanks.
fn lines(folder: &str) -> Vec<String> {
    let (event, settings) = (repository("events/user.created.json"), repository("events/.env"));
    let nowhere = "http://127.0.0.1:1";
    vec![
        "--help".into(),
        "--version".into(),
        "nonsense".into(),
        "activate --app a --url https://x.example".into(),
        format!("clients --out {folder}/clients"),
        "completions bash".into(),
        "conform --list".into(),
        "demo".into(),
        "dev --print-settings".into(),
        "dev --port 0 --inspector-port 0 --prelude-port 0 --sqs-port 0".into(),
        format!("doctor --offline --env-file {settings}"),
        "events".into(),
        "events show user.created".into(),
        format!("explain {event} --offline --env-file {settings}"),
        "load --deliveries 2".into(),
        format!("parked list --endpoint-url {nowhere} --env-file {settings}"),
        format!("redrive --all --endpoint-url {nowhere} --env-file {settings}"),
        format!("samples --out {folder}/samples"),
        format!("sign {event}"),
        "sqs --port 0".into(),
        format!("trigger user.created --url {nowhere}"),
        format!("verify {event} --signature x=y --env-file {settings}"),
    ]
}

#[test]
fn a_command_ends_quietly_on_a_closed_pipe() {
    let folder = std::env::temp_dir().join(format!("prelude-pipes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let lines = lines(folder.to_str().unwrap());
    let help = command(&["--help"]).output().unwrap();
    let commands = text(&help.stdout).lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    for name in commands.map_while(|line| line.strip_prefix("  ")?.split_whitespace().next()) {
        let is_tested = lines.iter().any(|line| line.split(' ').next() == Some(name));
        assert!(is_tested, "no closed pipe of `prelude {name}` is tested");
    }
    // All at once, because some of them mostly wait.
    let start = |line: &String| {
        // In a folder without the project's files, so that `samples` and `clients` find no other file to write.
        let mut child = command(&line.split(' ').collect::<Vec<_>>())
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child
    };
    let children: Vec<_> = lines.iter().map(start).collect();
    for (line, child) in lines.iter().zip(children) {
        let (code, errors) = wait(child);
        assert!(!errors.contains("panicked") && matches!(code, Some(0..=2)), "{line}: {code:?} {errors}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_closed_standard_error_is_not_an_error_of_its_own() {
    for words in [&["nonsense"][..], &["trigger", "user.created", "--url", "http://127.0.0.1:1"]] {
        let mut child = command(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        assert!(matches!(child.wait().unwrap().code(), Some(1 | 2)), "{words:?}");
    }
}

/// Waits for the end.
fn wait(mut child: Child) -> (Option<i32>, String) {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
        }
        sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stderr).to_owned())
}
