
# `cargo prelude`: the completion of `prelude` for the words that follow.
function __fish_cargo_prelude
    set -l words (commandline -opc)
    set -e words[1..2]
    complete --do-complete "prelude "(string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c cargo -n '__fish_seen_subcommand_from prelude' -f -a '(__fish_cargo_prelude)'
