use std::path::{Path, PathBuf};

use prelude_cli::clients;
use prelude_events::{ParseError, Received};
use serde_json::Value;

use crate::run::{prelude, text};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients")
}

#[test]
fn the_checked_in_clients_are_the_generated_ones() {
    for file in clients::files() {
        let checked_in = std::fs::read_to_string(folder().join(&file.path)).unwrap_or_default();
        assert!(checked_in == file.text, "{}: run `cargo prelude clients`", file.path);
    }
    assert_eq!(clients::leftovers(&folder()), [""; 0], "not generated any more");
}

#[test]
fn clients_check_names_files_that_differ() {
    let folder = std::env::temp_dir().join(format!("prelude-clients-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    assert_eq!(prelude(&["clients", "--out", out, "--check"]).status.code(), Some(1));
    assert!(prelude(&["clients", "--out", out]).status.success());
    assert!(prelude(&["clients", "--out", out, "--check"]).status.success());
    std::fs::write(folder.join("golden/keys.json"), "[]").unwrap();
    let output = prelude(&["clients", "--out", out, "--check"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "golden/keys.json is not up to date: run `cargo prelude clients`\n";
    assert!(text(&output.stderr).ends_with(expected), "{}", text(&output.stderr));
    assert!(prelude(&["clients", "--out", out]).status.success());
    std::fs::write(folder.join("golden/old.json"), "[]").unwrap();
    let output = prelude(&["clients", "--out", out, "--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("golden/old.json is not generated any more"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Reads the files as the other languages do.
#[test]
fn the_rust_crate_reads_the_golden_files() {
    let (mut events, mut errors) = (0, 0);
    for name in ["samples", "newer", "swaps", "absent", "broken", "envelopes"] {
        let cases = std::fs::read_to_string(folder().join(format!("golden/{name}.json"))).unwrap();
        for case in serde_json::from_str::<Vec<Value>>(&cases).unwrap() {
            let Some(body) = case["body"].as_str() else { continue };
            match Received::parse(body) {
                Ok(received) => {
                    assert_eq!(case["event"]["type"], received.envelope.event_type.as_str(), "{body}");
                    assert_eq!(case["event"]["id"].as_str(), received.envelope.id.as_deref(), "{body}");
                    events += 1;
                }
                Err(ParseError::Payload { event_type, member, found, .. }) => {
                    let expected = &case["error"];
                    assert_eq!(
                        (&expected["event_type"], &expected["path"], &expected["found"]),
                        (&event_type.as_str().into(), &member.into(), &found.into()),
                        "{body}"
                    );
                    errors += 1;
                }
                Err(error) => assert_ne!(case["error"]["problem"], "payload", "{body}: {error}"),
            }
        }
    }
    assert!(events > 300 && errors > 300, "{events} {errors}");
}
