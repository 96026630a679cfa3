use std::process::Command;

use crate::run::{Scratch, prelude, text};

#[test]
fn every_shell_gets_its_script() {
    for (shell, part) in [
        ("bash", "complete -F _prelude"),
        ("zsh", "#compdef prelude"),
        ("fish", "complete -c prelude"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let output = prelude(&["completions", shell]);
        let script = text(&output.stdout);
        assert!(output.status.success() && script.contains(part), "{shell}");
        for name in ["trigger", "tamper"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(prelude(&["completions", "cmd"]).status.code(), Some(2));
}

/// Asks bash for the completions of a partial word.
#[test]
fn bash_completes_event_types() {
    let script = Scratch::new("completions.bash", prelude(&["completions", "bash"]).stdout);
    let ask = format!(
        "source {}; COMP_WORDS=(prelude trigger user.passkey.d); COMP_CWORD=2; _prelude prelude user.passkey.d trigger; \
         echo \"${{COMPREPLY[@]}}\"",
        script.path()
    );
    let Ok(output) = Command::new("bash").args(["--norc", "-c", &ask]).output() else {
        prelude_local::coverage::skipped("the completions in a shell: bash is not installed");
        return;
    };
    assert_eq!(text(&output.stdout).trim(), "user.passkey.deleted", "{}", text(&output.stderr));
}
