//! `show --body --output`, and what a person at a terminal sees.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use super::deleting::{huge, ids_of, unknown};
use crate::support::{Folder, Ran, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn the_exact_bytes_of_a_body_are_written_to_a_new_private_file() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    let event = huge("big");
    let raw: &[u8] = b"\xff\x00 not UTF-8";
    stack.deliver(event.as_bytes()).await;
    stack.deliver(raw).await;
    for (reason, bytes) in [("oversize", event.as_bytes()), ("not_utf8", raw)] {
        let id = ids_of(&stack, reason).await.remove(0);
        let file = folder.path(reason);
        let arguments = ["parked", "show", &id, "--body", "--output", &file];
        let ran = stack.run(&arguments).await;
        ran.assert(0, &[&format!("{} bytes, in {file}", bytes.len()), "personal data"]);
        assert!(fs::read(&file).unwrap() == bytes);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "mine").unwrap();
        stack.run(&arguments).await.assert(1, &["cannot be written", "choose another file with --output"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        let again = folder.path("again");
        let (_, shown) = stack.json(&["parked", "show", &id, "--body", "--output", &again]).await;
        assert_eq!((&shown["body_file"], shown.get("body")), (&again.clone().into(), None));
        fs::remove_file(again).unwrap();
    }
    assert_eq!(stack.run(&["parked", "show", "a", "--output", "x"]).await.code, Some(2));

    // An unreadable body makes no file.
    stack.put("unrouted", "no base64", &[("encoding", "base64"), ("reason", "not_utf8")]).await;
    let id = ids_of(&stack, "not_utf8").await.pop().unwrap();
    let file = folder.path("unreadable");
    stack.run(&["parked", "show", &id, "--body", "--output", &file]).await.assert(1, &["cannot be read: "]);
    assert!(fs::metadata(file).is_err());
}

/// Runs the binary on a terminal of its own, where somebody types this at the question.
async fn on_a_terminal(stack: &Stack, arguments: &[&str], typed: &str) -> Option<Ran> {
    let line =
        [&[env!("CARGO_BIN_EXE_prelude")], arguments, &["--env-file", stack.env_file.to_str().unwrap()]];
    let mut script = Command::new("script");
    script
        .args(["-qec", &format!("exec {}", line.concat().join(" ")), "/dev/null"])
        .env_clear()
        .env("TERM", "dumb");
    script.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let piped = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut process) = piped else {
        prelude_local::coverage::skipped("the questions of `parked delete`: there is no `script`");
        return None;
    };
    let typed = typed.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let (mut shown, mut byte) = (Vec::new(), [0]);
        while process.stdout.as_mut().unwrap().read(&mut byte).unwrap() > 0 {
            shown.push(byte[0]);
            if shown.ends_with(b"[y/N] ") {
                process.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
            }
        }
        let stdout = String::from_utf8(shown).unwrap();
        Ran { code: process.wait().unwrap().code(), stdout, stderr: String::new() }
    });
    Some(ran.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_and_only_yes_deletes() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    stack.deliver(unknown(1).as_bytes()).await;
    let file = folder.path("saved.jsonl");
    let delete = ["parked", "delete", "--reason", "unknown_type", "--save", &file];
    for (typed, why) in
        [("n\n", "the answer was not yes"), ("\n", "the answer was not yes"), ("\u{3}", "Ctrl-C")]
    {
        let Some(ran) = on_a_terminal(&stack, &delete, typed).await else { return };
        assert_eq!(ran.code, Some(1), "{}", ran.stdout);
        for part in ["verify.invented", "Save to ", "[y/N]", why, "0 messages deleted, 1 stays"] {
            assert!(ran.stdout.contains(part), "{typed:?}: {part}: {}", ran.stdout);
        }
        assert!(fs::metadata(&file).is_err());
    }
    let ran = on_a_terminal(&stack, &delete, "y\n").await.unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("✓ 1 message deleted"), "{}", ran.stdout);
    assert!(stack.drain("unrouted").await.is_empty());
    assert!(fs::metadata(&file).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_no_body_that_could_control_it() {
    let stack = Stack::without(&[]).await;
    stack.deliver(b"\xff\x00 not UTF-8").await;
    stack.deliver("{ \u{1b}[2J no JSON".as_bytes()).await;
    stack.deliver(unknown(1).as_bytes()).await;
    for reason in ["not_utf8", "invalid_json"] {
        let id = ids_of(&stack, reason).await.remove(0);
        let Some(ran) = on_a_terminal(&stack, &["parked", "show", &id, "--body"], "").await else { return };
        assert!(
            ran.code == Some(1) && ran.stdout.contains("write it to a file with --output"),
            "{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("[2J"));
    }
    let id = ids_of(&stack, "unknown_type").await.remove(0);
    let ran = on_a_terminal(&stack, &["parked", "show", &id, "--body"], "").await.unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains(&unknown(1)), "{}", ran.stdout);
}
