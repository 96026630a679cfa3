//! `prelude verify`.
#![cfg(test)]

use std::process::Output;

use serde_json::Value;

use crate::run::{Scratch, assert_misused, assert_refused, prelude, prelude_reading, repository, text};

const BODY: &str = r#"{"app_id":"demoapp1","events":[]}"#;

fn signature() -> String {
    text(&prelude_reading(&["sign", "-"], BODY.as_bytes()).stdout).trim_end().to_owned()
}

fn verify(arguments: &[&str]) -> Output {
    prelude_reading(&[&["verify", "-"], arguments].concat(), BODY.as_bytes())
}

fn outcome(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_receivers_keys_verify_and_the_page_has_the_authenticated_source() {
    let (signature, env_file) = (signature(), repository("events/.env"));
    let output = verify(&["--signature", &signature, "--env-file", &env_file]);
    assert!(output.status.success());
    let page = text(&output.stdout);
    assert!(page.contains("✓ proves   Session batches of the app demoapp1"), "{page}");
    assert!(page.contains("app demoapp1") && page.contains("verifies"), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains(&signature));
    let documentation = std::fs::read_to_string(repository("docs/commands.md")).unwrap();
    assert!(documentation.contains(page), "docs/commands.md shows another page than:\n{page}");
}

#[test]
fn keys_also_come_from_the_environment() {
    let key = std::fs::read_to_string(repository("tests/keys/app-2048.pub.pem")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_prelude"))
        .args(["verify", &repository("events/README.md"), "--signature", &signature(), "--json"])
        .env("PRELUDE_PUBLIC_KEYS", key)
        .output()
        .unwrap();
    assert_eq!(outcome(&output)["keys"][0]["owner"], "account", "{}", text(&output.stderr));
    assert_eq!((output.status.code(), &outcome(&output)["keys"][0]["result"]), (Some(1), &"failed".into()));
}

#[test]
fn keys_and_key_sets_can_be_named() {
    let signature = signature();
    let key = |name: &str| repository(&format!("tests/keys/{name}.pub.pem"));
    let (wrong, long, right) = (key("account-2048"), key("account-3072"), key("app-2048"));
    let keys = ["--public-key", &wrong, "--public-key", &long, "--public-key", &right];
    let output = verify(&[&["--signature", &signature, "--json"], &keys[..]].concat());
    let results: Vec<_> =
        outcome(&output)["keys"].as_array().unwrap().iter().map(|key| key["result"].clone()).collect();
    assert_eq!(results, ["failed", "other_length", "verified"]);
    let account = outcome(&prelude_reading(&["sign", "-", "--json"], b"{}"))["key_id"].clone();
    assert_eq!(outcome(&output)["keys"][0]["key_id"], account);

    let jwk = prelude_local::prelude::samples::Keys::read().unwrap().app.jwk();
    let set = Scratch::new("jwks.json", serde_json::json!({"keys": [jwk]}).to_string());
    let output = verify(&["--signature", &signature, "--jwks", set.path(), "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(outcome(&output)["keys"][0]["key_id"], "app", "the set's own kid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_is_fetched_from_its_server() {
    let server = prelude_local::prelude::jwks_server::JwksServer::start().await.unwrap();
    let jwk = prelude_local::prelude::samples::Keys::read().unwrap().app.jwk();
    server.publish("app", &serde_json::json!({"keys": [jwk]}));
    let url = server.url("app");
    let run = move |arguments: &'static [&'static str]| {
        let signature = signature();
        verify(&[&["--signature", &signature, "--jwks", &url, "--json"], arguments].concat())
    };
    let (online, offline) =
        tokio::task::spawn_blocking(move || (run(&[]), run(&["--offline"]))).await.unwrap();
    assert!(online.status.success(), "{}", text(&online.stdout));
    assert_eq!(outcome(&online)["key_sets"][0]["result"], "fetched");
    assert_eq!(offline.status.code(), Some(1));
    assert_eq!(outcome(&offline)["key_sets"][0]["result"], "not_fetched");
    drop(server);
}

#[test]
fn an_unreachable_key_server_has_its_cause() {
    let signature = signature();
    for (url, cause) in [
        ("http://127.0.0.1:1/s3cret.json", "nothing answers at http://127.0.0.1:1: is it running"),
        ("https://name.invalid/s3cret.json", "the host of https://name.invalid cannot be found"),
    ] {
        let output = verify(&["--signature", &signature, "--jwks", url]);
        let page = text(&output.stdout);
        let expected = format!("key set of {url}: could not be fetched (unreachable: {cause}");
        assert!(output.status.code() == Some(1) && page.contains(&expected), "{page}");
        let fetch =
            outcome(&verify(&["--signature", &signature, "--jwks", url, "--json"]))["key_sets"][0].clone();
        assert_eq!(fetch["result"], "unreachable", "{fetch}");
        assert!(fetch["cause"].as_str().is_some_and(|text| text.starts_with(cause)), "{fetch}");
        let offline = outcome(&verify(&["--signature", &signature, "--jwks", url, "--json", "--offline"]));
        assert_eq!(offline["key_sets"][0].get("cause"), None, "{offline}");
    }
}

#[test]
fn the_step_that_fails_is_named() {
    let genuine = signature();
    let env_file = repository("events/.env");
    let base64 = genuine.split_once('=').unwrap().1;
    for (value, step, finding) in [
        (base64.to_owned(), "header", "it is not <scheme>=<base64>"),
        (format!("sha256={base64}"), "scheme", "its scheme is not rsassa-pss-sha256"),
        (genuine.replace("256=", "256=!"), "base64", "is not base64"),
        ("rsassa-pss-sha256=AAAA".to_owned(), "length", "shorter than the 256 bytes"),
        (genuine.replace("256=", "256=AAAA"), "keys", "no configured key verifies"),
    ] {
        let output = verify(&["--env-file", &env_file, "--json", "--signature", &value]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(outcome(&output)["step"], step);
        assert!(outcome(&output)["finding"].as_str().unwrap().contains(finding), "{}", text(&output.stdout));
        let page = verify(&["--env-file", &env_file, "--signature", &value]);
        assert!(text(&page.stdout).contains(&format!("✗ {step}")), "{}", text(&page.stdout));
    }
}

#[test]
fn unusable_keys_are_refused_in_one_line() {
    let with = |arguments: &[&str]| verify(&[&["--signature", "x=y"], arguments].concat());
    assert_refused(&with(&["--public-key", "/nowhere.pem"]), "/nowhere.pem cannot be read");
    let private = repository("tests/keys/account-2048.pem");
    assert_refused(
        &with(&["--public-key", &private]),
        "holds a private key; only the public key belongs here",
    );
    let readme = repository("README.md");
    assert_refused(&with(&["--jwks", &readme]), "holds no usable RSA key");
    for url in ["http://keys.example/jwks.json", "ftp://x", "https://"] {
        assert_misused(
            &with(&["--jwks", url]),
            &[&format!("'{url}' for '--jwks <FILE|URL>'"), "https:// URL"],
        );
    }
    assert_refused(&with(&["--env-file", "/nowhere/.env"]), "/nowhere/.env cannot be read");
    for part in ["name a file of settings with --env-file", "--public-key or --jwks"] {
        assert_refused(&with(&[]), part);
    }
    let no_keys = Scratch::new(
        "no-keys.env",
        "PRELUDE_ACCEPT_UNSIGNED=verify_v1\nPRELUDE_PATH_TOKEN=sample-path-token-0123456789abcdef\n",
    );
    assert_refused(&with(&["--env-file", no_keys.path()]), "PRELUDE_PUBLIC_KEYS");
    assert_refused(&prelude(&["verify", "/nowhere", "--signature", "x=y"]), "/nowhere cannot be read");
    assert_misused(&prelude(&["verify", "/nowhere"]), &["--signature <VALUE>"]);
    assert_eq!(with(&["--env-file", "x", "--jwks", "y"]).status.code(), Some(2));
}
