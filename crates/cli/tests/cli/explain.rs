use prelude_events::{EventType, Source};
use serde_json::Value;

use crate::run::{Scratch, assert_refused, prelude, prelude_reading, repository, text};

fn env_file() -> String {
    repository("events/.env")
}

#[test]
fn an_accepted_request_is_explained_step_by_step() {
    let output = prelude(&["explain", &repository("events/session-batch.json"), "--env-file", &env_file()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    let events = EventType::ALL.iter().filter(|known| known.source() == Some(Source::Session)).count();
    for part in [
        "✓ event      HTTP API, payload 2.0",
        "✓ address    34.252.67.209 is on the allow-list",
        "✓ path       ends in /webhooks/<token>",
        "✓ method     POST: a delivery",
        "✓ signature  genuine; its key proves Session batches of the app demoapp1",
        &format!("✓ source     session, app demoapp1, signed; events: {events}"),
        "→ prelude-webhooks-user-passkey-assertion-failed",
        &format!("✓ answer     200 {{\"accepted\":{events}}} (in the log: accepted)"),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains('\u{1b}') && !page.contains("sample-path-token"), "{page}");
}

#[test]
fn every_refusal_is_explained_and_exits_with_1() {
    let folder = repository("events/rejected");
    let mut explained = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let event = std::fs::read(&path).unwrap();
        let output = prelude_reading(&["explain", "-", "--env-file", &env_file(), "--json"], &event);
        assert_eq!(output.status.code(), Some(1), "{code}: {}", text(&output.stderr));
        let explanation: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(explanation["code"], code, "{explanation:#}");
        assert!(
            explanation["advice"].as_str().is_some_and(|advice| advice.ends_with('.')),
            "{explanation:#}"
        );
        explained += 1;
    }
    assert_eq!(explained, 16);
    let wrong = repository("events/rejected/signature_wrong.json");
    let page = prelude(&["explain", &wrong, "--env-file", &env_file()]);
    let page = text(&page.stdout);
    for part in ["✗ signature", "does not verify", "· source     not reached", "✗ answer     401"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let documentation = std::fs::read_to_string(repository("docs/commands.md")).unwrap();
    assert!(documentation.contains(page), "docs/commands.md shows another page than:\n{page}");
}

#[test]
fn an_unreachable_key_server_has_its_cause() {
    let event = repository("events/session-batch.json");
    let apps =
        r#"[{"app_id":"demoapp1","verification_token":"t","jwks_url":"https://name.invalid/jwks.json"}]"#;
    let config = Scratch::new("unknown-host.json", format!(r#"{{"PRELUDE_APPS":{apps}}}"#));
    let settings = "PRELUDE_QUEUE_URL_PREFIX=https://sqs.eu-west-1.amazonaws.com/123456789012/p-\n\
                    PRELUDE_PATH_TOKEN=sample-path-token-0123456789abcdef\n";
    let settings = Scratch::new("unknown-host.env", settings);
    let output = prelude(&["explain", &event, "--env-file", settings.path(), "--config", config.path()]);
    let page = text(&output.stdout);
    assert!(page.contains("(unreachable: the host of https://name.invalid cannot be found"), "{page}");
}

#[test]
fn settings_also_come_from_a_file() {
    let event = repository("events/rejected/address_not_allowed.json");
    let config = Scratch::new("config.json", r#"{"PRELUDE_IP_CHECK":"report"}"#);
    let output = prelude(&["explain", &event, "--env-file", &env_file(), "--config", config.path()]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("PRELUDE_IP_CHECK=report admits it"));
}

#[test]
fn unusable_input_is_refused_in_one_line() {
    let event = repository("events/user.created.json");
    assert_refused(&prelude(&["explain", &event]), "name a file of settings with --env-file");
    assert_refused(&prelude(&["parked", "list"]), "name a file of settings with --env-file");
    assert_refused(&prelude(&["explain", "/nowhere", "--env-file", &env_file()]), "/nowhere cannot be read");
    assert_refused(&prelude(&["explain", &event, "--env-file", "/nowhere"]), "/nowhere cannot be read");
    let explain = |event: &[u8]| prelude_reading(&["explain", "-", "--env-file", &env_file()], event);
    assert_refused(&explain(b"POST / HTTP/1.1"), "the input is not JSON");
    assert_refused(&explain(br#"{"Records":[]}"#), "the input is not an API Gateway event");
    let config = Scratch::new("broken.json", r#"{"PRELUDE_APPS":"s3cret"}"#);
    let env = Scratch::new("broken.env", "PRELUDE_PATH_TOKEN='a b'\n");
    let output = prelude(&["explain", &event, "--env-file", env.path(), "--config", config.path()]);
    assert_refused(&output, "PRELUDE_APPS is not JSON");
    assert!(!text(&output.stderr).contains("s3cret") && !text(&output.stderr).contains("a b"));
}
