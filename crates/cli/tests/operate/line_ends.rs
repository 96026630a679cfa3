//! Settings with a line end after every value, as YAML's `|` leaves it. Every command reads them, from every place.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use prelude_local::env_file::env_file;
use serde_json::{Map, Value};

use crate::support::{Ran, Stack, run};

const KEY: (&str, &str) = ("PRELUDE_CLI_MANAGEMENT_KEY", "management-key\n");

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).to_str().unwrap().to_owned()
}

/// Reads the runbook's jq program, which writes the function's variables to a file.
fn jq_program() -> String {
    let runbook = fs::read_to_string(repository("docs/operate.md")).unwrap();
    let (_, program) = runbook.split_once("jq -r '").unwrap();
    program.split_once("' >production.env").unwrap().0.to_owned()
}

/// Runs the runbook's jq on these variables; `None` if jq is not installed.
fn by_jq(variables: &[(String, String)]) -> Option<String> {
    let mut jq = Command::new("jq");
    let jq = jq.args(["-r", &jq_program()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut jq = jq.spawn().ok()?;
    let variables: Map<_, _> =
        variables.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    jq.stdin.take()?.write_all(Value::Object(variables).to_string().as_bytes()).ok()?;
    let output = jq.wait_with_output().ok()?;
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Writes the variables like jq's `@sh`.
fn by_shell_quotes(variables: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("{name}='{}'\n", value.replace('\'', r"'\''"));
    variables.iter().map(line).collect()
}

/// Writes the variables with escaped line ends between single quotes, like earlier versions.
fn by_escapes(variables: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("{name}='{}'\n", value.replace('\n', "\\n"));
    variables.iter().map(line).collect()
}

/// Runs every command that reads the settings, with these arguments and variables.
async fn run_all(case: &str, with: &[&str], variables: &[(&str, &str)]) {
    let verified = repository("events/README.md");
    let signature = run(&["sign", &verified], &[]).await.stdout;
    let event = repository("events/session-batch.json");
    for (arguments, code, part) in [
        (&["doctor", "--offline"][..], 0, "can be used: 2 Session app(s), 1 account key(s)"),
        (&["explain", &event], 0, "accepted"),
        (&["verify", &verified, "--signature", signature.trim_end()], 0, "Verify and Notify events"),
        (&["parked", "list"], 0, ""),
        (&["parked", "replay", "--dry-run"], 0, ""),
        // The queues of this SQS have no dead-letter queues.
        (
            &["redrive", "user.created", "--dry-run"],
            1,
            "prelude-webhooks-user-created-dlq: the queue does not",
        ),
        (&["dev", "--print-settings"], 0, "PRELUDE_QUEUE_TYPE='standard'"),
        // The command reads settings and key, and then finds no server at this URL.
        (
            &[
                "activate",
                "--app",
                "demoapp1",
                "--url",
                "https://example.com/webhooks",
                "--dry-run",
                "--base-url",
                "http://127.0.0.1:1",
            ],
            1,
            "nothing answers at http://127.0.0.1:1",
        ),
    ] {
        let ran: Ran = run(&[arguments, with].concat(), variables).await;
        assert_eq!(ran.code, Some(code), "{case}: {arguments:?}: {}", ran.all());
        assert!(ran.all().contains(part), "{case}: {arguments:?}: {}", ran.all());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_end_after_every_value_does_no_harm_in_any_command() {
    let stack = Stack::without(&[]).await;
    let endpoint = stack.environment.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL_SQS").unwrap();
    let samples = prelude_local::prelude::samples::environment().unwrap().into_iter();
    let more = [("PRELUDE_QUEUE_TYPE", "standard"), ("PRELUDE_IP_CHECK", "report")];
    let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables: Vec<_> = samples
        .chain(more)
        .map(|(name, value)| (name, format!("{value}\n")))
        .chain([endpoint.clone()])
        .collect();
    let process: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    run_all("the environment", &[], &[&process[..], &[KEY]].concat()).await;
    let files = [
        ("the runbook's jq", by_jq(&variables)),
        ("the same without jq", Some(by_shell_quotes(&variables))),
        ("escaped line ends", Some(by_escapes(&variables))),
        ("the tool's own", Some(env_file(variables.iter().map(|(name, value)| (name, value))))),
    ];
    for (case, text) in files {
        let Some(text) = text else {
            prelude_local::coverage::skipped(format_args!("{case}: it is not installed"));
            continue;
        };
        let path = std::env::temp_dir().join(format!("prelude-line-ends-{}.env", std::process::id()));
        fs::write(&path, &text).unwrap();
        run_all(case, &["--env-file", path.to_str().unwrap()], &[KEY]).await;
        fs::remove_file(&path).unwrap();
        if case.starts_with("the runbook") {
            assert_eq!(text, by_shell_quotes(&sorted(&variables)), "as the program without jq writes it");
        }
    }
}

/// Sorts the variables by their names, which is the order of a JSON object here.
fn sorted(variables: &[(String, String)]) -> Vec<(String, String)> {
    let mut sorted = variables.to_vec();
    sorted.sort();
    sorted
}
