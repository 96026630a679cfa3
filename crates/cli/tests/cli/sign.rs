use std::process::{Command, Output};

use serde_json::Value;

use crate::run::{Scratch, assert_misused, assert_refused, prelude, prelude_reading, repository, text};

fn signed(arguments: &[&str], body: &[u8]) -> String {
    let output = prelude_reading(&[&["sign", "-"], arguments].concat(), body);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).trim_end().to_owned()
}

#[track_caller]
fn assert_verifies(body: &[u8], signature: &str, key: &str) {
    let key = repository(&format!("tests/keys/{key}.pub.pem"));
    let output = prelude_reading(&["verify", "-", "--signature", signature, "--public-key", &key], body);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn a_body_is_signed_with_the_key_of_its_source() {
    let batch = br#"{"app_id":"demoapp1","events":[]}"#;
    assert_verifies(b"{}", &signed(&[], b"{}"), "account-2048");
    assert_verifies(batch, &signed(&[], batch), "app-2048");
    assert_verifies(b"{}", &signed(&["--app"], b"{}"), "app-2048");
    assert_verifies(b"\xff\0", &signed(&[], b"\xff\0"), "account-2048");
    let own = repository("tests/keys/account-3072.pem");
    for salt in ["digest", "max", "0", "20"] {
        assert_verifies(b"", &signed(&["--key", &own, "--salt-length", salt], b""), "account-3072");
    }
}

/// Verifies a signature with OpenSSL, an independent implementation.
#[test]
fn openssl_verifies_the_signature() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    let header = signed(&[], b"{}");
    let signature = URL_SAFE_NO_PAD.decode(header.strip_prefix("rsassa-pss-sha256=").unwrap()).unwrap();
    let (body, signature) = (Scratch::new("sign.body", "{}"), Scratch::new("sign.signature", signature));
    let key = repository("tests/keys/account-2048.pub.pem");
    let options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    let command = ["dgst", "-sha256", "-verify", &key, "-signature", signature.path()];
    let Ok(output) = Command::new("openssl").args(command).args(options).arg(body.path()).output() else {
        prelude_local::coverage::skipped(
            "a signature verified by another implementation: openssl is not installed",
        );
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn json_and_curl_carry_the_same_header() {
    let body = Scratch::new("it's a body.json", "{}");
    let output = prelude(&["sign", body.path(), "--json"]);
    let named: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(named["header"], "X-Webhook-Signature");
    assert_eq!(named["key_id"].as_str().unwrap().len(), 43);
    assert_verifies(b"{}", named["value"].as_str().unwrap(), "account-2048");
    let output = prelude(&["sign", body.path(), "--curl", "http://127.0.0.1:9/x?a&b"]);
    let command = text(&output.stdout);
    let rest = command.split_once("X-Webhook-Signature: ").unwrap().1;
    assert_verifies(b"{}", rest.split_once('\'').unwrap().0, "account-2048");
    assert!(command.starts_with("curl ") && command.contains(r"it'\''s a body.json"), "{command}");
    assert!(command.trim_end().ends_with("'http://127.0.0.1:9/x?a&b'"), "{command}");
}

#[test]
fn unusable_input_is_refused_in_one_line() {
    assert_refused(&prelude(&["sign", "/nowhere/body.json"]), "/nowhere/body.json cannot be read");
    let key = |path: &str| prelude_reading(&["sign", "-", "--key", path], b"{}");
    assert_refused(&key("/nowhere/key.pem"), "/nowhere/key.pem cannot be read");
    let public = repository("tests/keys/account-2048.pub.pem");
    assert_refused(&key(&public), "is not an RSA private key: expected PEM form");
    let salt = prelude_reading(&["sign", "-", "--salt-length", "223"], b"{}");
    assert_misused(
        &salt,
        &["--salt-length 223: the salt is too long for this key: expected 222 bytes or fewer"],
    );
    let curl = prelude_reading(&["sign", "-", "--curl", "http://127.0.0.1/"], b"\xff");
    assert_refused(&curl, "write it to a file");
    assert_eq!(prelude(&["sign", "-", "--salt-length", "long"]).status.code(), Some(2));
    assert_misused(&prelude(&["sign", "-", "--curl", "ftp://x"]), &["'ftp://x' for '--curl <URL>'"]);
}

#[test]
fn the_sample_of_a_session_event_is_a_batch_for_the_apps_key() {
    let sample = prelude(&["events", "show", "user.created", "--sample"]).stdout;
    let signed = prelude_reading(&["sign", "-", "--json"], &sample);
    let by_app = prelude_reading(&["sign", "-", "--json", "--app"], &sample);
    let key = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).unwrap()["key_id"].clone();
    assert!(signed.stderr.is_empty() && key(&signed) == key(&by_app));
    let alone = prelude_reading(&["sign", "-"], br#"{"type":"user.created"}"#);
    let warning = text(&alone.stderr);
    assert!(
        alone.status.success() && warning.contains("without its batch, signed with the account's test key"),
        "{warning}"
    );
}
