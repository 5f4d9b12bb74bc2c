# The examples in the comments of lib's headers compile, each with its header first, so that headers
# are complete too. What examples take as given stands in examples.given.
load ../support/helpers

setup() {
    cd "$CLONE"
    command -v "${CC:-cc}" >/dev/null || skip "no C compiler"
    pkg-config --exists cairo 2>/dev/null || skip "cairo is not installed"
}

# compile HEADER: 0 if its examples compile, 3 if it has none.
compile() {
    awk -f tests/docs/examples.awk tests/docs/examples.given "$1" >"$BATS_TEST_TMPDIR/example.c" || return
    # shellcheck disable=SC2046
    "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -fsyntax-only -Wall -Wno-unused -Werror -Ilib \
        $(pkg-config --cflags cairo) "$BATS_TEST_TMPDIR/example.c"
}

@test "every header's examples compile" {
    local header bad=
    for header in lib/*.h lib/*/*.h lib/*/*/*.h; do
        compile "$header" || [ $? -eq 3 ] || bad+=" $header"
    done
    [ -z "$bad" ] || fail "mend the example, or say in tests/docs/examples.given what it takes:$bad"
}

@test "every header begins with an example, but for those internal to a folder" {
    local header
    for header in lib/*.h lib/*/*.h lib/*/*/*.h; do
        awk -f tests/docs/examples.awk tests/docs/examples.given "$header" >/dev/null ||
            echo "$header"
    done | grep -vE '_parts\.h$|^lib/engine/(net_file|layers/(conv|layer))\.h$' >"$BATS_TEST_TMPDIR/none" || true
    run -0 cat "$BATS_TEST_TMPDIR/none"
    assert_output ''
}

@test "an example that calls a function wrongly does not compile, nor one of a function that is gone" {
    local wrong
    mkdir -p "$BATS_TEST_TMPDIR/lib/base"
    for wrong in 's/lint_text_clean(shown, /&1, /' 's/lint_text_clean(shown/lint_text_cleaned(shown/'; do
        sed "/^ \*     /$wrong" lib/base/text.h >"$BATS_TEST_TMPDIR/lib/base/text.h"
        run -1 cmp -s "$BATS_TEST_TMPDIR/lib/base/text.h" lib/base/text.h
        run -1 compile "$BATS_TEST_TMPDIR/lib/base/text.h"
        assert_line --regexp "text.h:7:.*(too many arguments|implicit declaration|undeclared)"
    done
}

@test "nothing is given that no example takes" {
    local header name
    # Of the lines for one header alone.
    sed -n 's/^\([a-z_/]*\.h\): \(.*\);[^;]*$/\1 \2/p' tests/docs/examples.given |
        while read -r header name; do
            name=$(sed 's/[[(].*//; s/.*[ *]//' <<<"$name")
            grep '^ \*     ' "lib/$header" | grep -qw -- "$name" || echo "$header: $name"
        done >"$BATS_TEST_TMPDIR/idle"
    run -0 cat "$BATS_TEST_TMPDIR/idle"
    assert_output ''
}
