
# `cargo prelude`: cargo's own completion calls the function of this name.
_cargo-prelude() {
    _prelude "$@"
}

# Without the completion that comes with cargo, nothing would call that function.
if [[ -z "$_comps[cargo]" ]]; then
    _prelude_cargo() {
        if [[ "$words[2]" == prelude ]] && (( CURRENT > 2 )); then
            shift words
            (( CURRENT -= 1 ))
            _prelude "$@"
        elif (( CURRENT == 2 )); then
            compadd prelude
        else
            _default
        fi
    }
    compdef _prelude_cargo cargo
fi
