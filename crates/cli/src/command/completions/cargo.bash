
# `cargo prelude`: the completion of `prelude`. Every other subcommand keeps the completion that cargo had before.
_prelude_cargo() {
    if [[ "${COMP_WORDS[1]}" == prelude && COMP_CWORD -gt 1 ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _prelude prelude "$2" "$3"
    elif [[ -n "$_prelude_cargo_before" ]]; then
        "$_prelude_cargo_before" "$@"
    elif [[ COMP_CWORD -eq 1 ]]; then
        COMPREPLY=( $(compgen -W prelude -- "$2") )
    fi
}

if [[ "$(complete -p cargo 2>/dev/null)" != *_prelude_cargo* ]]; then
    # bash-completion loads cargo's completion on first use, which would replace this one.
    if declare -F _comp_load >/dev/null; then
        _comp_load cargo >/dev/null 2>&1
    elif declare -F _completion_loader >/dev/null; then
        _completion_loader cargo >/dev/null 2>&1
    fi
    _prelude_cargo_before=$(complete -p cargo 2>/dev/null | sed -n 's/.*-F \([^ ]*\) .*/\1/p')
    complete -F _prelude_cargo -o bashdefault -o default cargo
fi
