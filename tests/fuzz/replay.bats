# Everything that a reader once broke on, and every seed: each target runs over them without libFuzzer.
load ../support/helpers

# replay TARGET FILE...
replay() {
    [ -x "$BUILD/tests/fuzz/$1" ] || fail "there is no target '$1' for $2"
    run "$BUILD/tests/fuzz/$1" "${@:2}"
    [ "$status" -eq 0 ] || fail "$1 ended with status $status: ${lines[*]: -3}"
}

@test "what once broke a reader breaks it no more" {
    local folder
    for folder in "$CLONE"/tests/fuzz/found/*/; do
        replay "$(basename "$folder")" "$folder"*
    done
}

@test "every target reads its seeds within its bounds" {
    local folder
    for folder in "$CLONE"/tests/fuzz/seeds/*/; do
        replay "$(basename "$folder")" "$folder"*
    done
}

@test "a target reads standard input, as AFL++ has it" {
    local source
    for source in "$CLONE"/tests/fuzz/*.c; do
        "$BUILD/tests/fuzz/$(basename "$source" .c)" </dev/null
    done
}
