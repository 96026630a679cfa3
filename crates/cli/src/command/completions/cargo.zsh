
# `cargo prelude`: cargo's own completion calls the function of this name.
_cargo-prelude() {
    _prelude "$@"
}
