use std::process::Command;

use crate::run::{Scratch, prelude, text};

#[test]
fn every_shell_gets_its_script() {
    for (shell, part, cargo) in [
        ("bash", "complete -F _prelude", "_prelude_cargo()"),
        ("zsh", "#compdef prelude", "_cargo-prelude()"),
        ("fish", "complete -c prelude", "complete -c cargo"),
        ("elvish", "edit:completion", ""),
        ("powershell", "Register-ArgumentCompleter", ""),
    ] {
        let output = prelude(&["completions", shell]);
        let script = text(&output.stdout);
        assert!(output.status.success() && script.contains(part) && script.contains(cargo), "{shell}");
        for name in ["trigger", "tamper"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(prelude(&["completions", "cmd"]).status.code(), Some(2));
}

/// Asks bash for the completions of a partial word, after it has read the script twice, as nested shells do.
#[test]
fn bash_completes_event_types_and_cargo_prelude() {
    let script = Scratch::new("completions.bash", prelude(&["completions", "bash"]).stdout);
    let before = "_before() { COMPREPLY=(build); }; complete -F _before cargo";
    for (before, function, words, expected) in [
        ("", "_prelude", "prelude trigger user.passkey.d", "user.passkey.deleted"),
        ("", "_prelude_cargo", "cargo prelude trigger user.passkey.d", "user.passkey.deleted"),
        ("", "_prelude_cargo", "cargo prelude trigger --tam", "--tamper"),
        ("", "_prelude_cargo", "cargo prelude redr", "redrive"),
        ("", "_prelude_cargo", "cargo prel", "prelude"),
        ("", "_prelude_cargo", "cargo build pre", ""),
        (before, "_prelude_cargo", "cargo prelude redr", "redrive"),
        (before, "_prelude_cargo", "cargo bui", "build"),
    ] {
        let ask = format!(
            "{before}\nsource {script}; source {script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             {function} \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             echo \"${{COMPREPLY[@]}}\"",
            script = script.path(),
        );
        let Ok(output) = Command::new("bash").args(["--norc", "-c", &ask]).output() else {
            prelude_local::coverage::skipped("the completions in a shell: bash is not installed");
            return;
        };
        assert_eq!(text(&output.stdout).trim(), expected, "{words}: {}", text(&output.stderr));
        assert!(output.stderr.is_empty(), "{words}: {}", text(&output.stderr));
    }
}
