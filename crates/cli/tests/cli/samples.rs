use crate::run::{prelude, text};

#[test]
fn samples_check_tells_what_differs() {
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
