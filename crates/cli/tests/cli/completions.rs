use std::process::Command;

use crate::{
    help::COMMANDS,
    run::{Scratch, prelude, text},
};

/// Partial lines, each with its only completion.
const LINES: &[(&str, &str)] = &[
    ("prelude trigger user.passkey.d", "user.passkey.deleted"),
    ("prelude events show user.passkey.d", "user.passkey.deleted"),
    ("prelude redr", "redrive"),
    ("prelude parked del", "delete"),
    ("prelude trigger --tamper sig", "signature"),
    ("cargo prelude trigger user.passkey.d", "user.passkey.deleted"),
    ("cargo prelude trigger --unsig", "--unsigned"),
    ("cargo prelude redr", "redrive"),
];

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
        for name in COMMANDS.iter().copied().chain(["tamper", "dry-run", "replay"]) {
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

#[test]
fn fish_completes_the_same_lines() {
    let script = Scratch::new("completions.fish", prelude(&["completions", "fish"]).stdout);
    for (line, expected) in LINES {
        let ask = format!("source {}; complete --do-complete '{line}'", script.path());
        let Ok(output) = Command::new("fish").args(["--no-config", "-c", &ask]).output() else {
            prelude_local::coverage::skipped("the completions in fish: fish is not installed");
            return;
        };
        let page = text(&output.stdout);
        let words: Vec<_> = page.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [*expected], "{line}: {}", text(&output.stderr));
    }
}

/// Types lines and a tab into zsh on a terminal of its own, with and without the completion that comes with cargo.
///
/// Without `KEYTIMEOUT`, zsh waits 0.4 s for the rest of a key that begins with `^X`.
#[test]
fn zsh_completes_the_same_lines() {
    const ASK: &str = r#"
        zmodload zsh/zpty
        zpty terminal zsh -f -i
        zpty -w terminal "PS1= RPS1= PROMPT_EOL_MARK= KEYTIMEOUT=1; fpath+=($2); autoload -Uz compinit; compinit -u -D; source $1
            show() { print -r -- \"<line>\$BUFFER</line>\"; BUFFER=; zle accept-line }
            zle -N show; bindkey '^X' show; print READ''Y"
        zpty -r terminal output '*READY*'
        shift 2
        for line; do
            zpty -w -n terminal "$line"$'\t\x18'
            zpty -r terminal output '*<line>*</line>*'
            print -r -- "${${output##*<line>}%%</line>*}"
        done
        zpty -d terminal"#;
    let script = Scratch::new("completions.zsh", prelude(&["completions", "zsh"]).stdout);
    let rust = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let of_cargo = format!("{}/share/zsh/site-functions", text(&rust.stdout).trim());
    for folder in ["/nowhere", &of_cargo] {
        let mut zsh = Command::new("zsh");
        zsh.args(["-f", "-c", ASK, "zsh", script.path(), folder]);
        let Ok(output) = zsh.args(LINES.iter().map(|(line, _)| line)).output() else {
            prelude_local::coverage::skipped("the completions in zsh: zsh is not installed");
            return;
        };
        let lines: Vec<_> = text(&output.stdout).lines().map(str::trim_end).collect();
        let expected: Vec<_> = LINES
            .iter()
            .map(|(line, word)| {
                let (before, _) = line.rsplit_once(' ').unwrap();
                format!("{before} {word}")
            })
            .collect();
        assert_eq!(lines, expected, "{}", text(&output.stderr));
    }
}
