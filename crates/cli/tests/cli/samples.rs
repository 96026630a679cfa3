use crate::run::{command, prelude, text};

#[test]
fn samples_check_names_outdated_files() {
    let folder = std::env::temp_dir().join(format!("prelude-samples-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    assert_eq!(prelude(&["samples", "--out", out, "--check"]).status.code(), Some(1));
    assert!(prelude(&["samples", "--out", out]).status.success());
    assert!(prelude(&["samples", "--out", out, "--check"]).status.success());
    std::fs::write(folder.join("challenge.json"), "{}").unwrap();
    let output = prelude(&["samples", "--out", out, "--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("challenge.json is not up to date"));
    std::fs::remove_dir_all(folder).unwrap();
    let output = prelude(&["samples", "--out", "/dev/null/x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("prelude: /dev/null/x"), "{}", text(&output.stderr));
}

#[test]
fn the_lists_of_event_types_are_checked_and_written_too() {
    let folder = std::env::temp_dir().join(format!("prelude-sections-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let readme = folder.join("README.md");
    std::fs::write(&readme, "<!-- event types: written by cargo prelude samples -->\n<!-- end -->\n")
        .unwrap();
    let run = |arguments: &[&str]| command(arguments).current_dir(&folder).output().unwrap();
    assert!(run(&["samples"]).status.code() == Some(0) && run(&["samples", "--check"]).status.success());
    let written = std::fs::read_to_string(&readme).unwrap();
    assert!(written.contains("| `session` | `user.created` | `user-created` |"), "{written}");
    std::fs::write(&readme, written.replace("user-created", "user-made")).unwrap();
    let output = run(&["samples", "--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "prelude: README.md is not up to date: run `cargo prelude samples`\n");
    std::fs::write(&readme, "<!-- types: written by cargo prelude samples -->\n").unwrap();
    let output = run(&["samples"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("prelude: README.md:1: unknown section `types`"));
    std::fs::remove_dir_all(folder).unwrap();
}
