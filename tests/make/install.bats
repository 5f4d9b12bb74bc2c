# What `make install` leaves on a machine: tools, networks, man pages, completions.
load ../support/helpers

setup_file() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED OUT
    cd "$CLONE"
    export ROOT="$BATS_FILE_TMPDIR/a root" P="$BATS_FILE_TMPDIR/a root/opt/lint"
    make BUILD="$BUILD" DESTDIR="$ROOT" PREFIX=/opt/lint install
}

setup() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED OUT
    cd "$CLONE"
}

tools() { (cd tools && ls lint-*.c | sed 's/\.c$//'); }

# "-o, --out FILE" of each option, as --help=all shows it, and as a man page's source has it.
options_of_help() { "$BUILD/$1" --help=all | sed '/^Example:/,$d' | grep -oE '^  (-., |    )--[a-z0-9-]+( [^ ]+)?( |$)' | sed 's/^ *//; s/ *$//' | sort; }
options_of_page() {
    sed -n 's/^\.It \(Fl.*\)/\1/p' "$P/share/man/man1/$1.1" |
        sed -E 's/\\-/-/g; s/\\&//g; s/Fl /-/g; s/ , /, /; s/ Ar / /' | sort
}

@test "every tool is installed, and runs there" {
    local tool
    for tool in $(tools); do
        run -0 "$P/bin/$tool" --version
        assert_output --partial "$tool (lint) "
    done
    assert_exists "$P/share/lint/standard.net"
}

@test "every tool has a man page whose options are those of --help" {
    local tool
    for tool in $(tools); do
        assert [ "$(options_of_help "$tool" | wc -l)" -ge 4 ]
        assert_equal "$(options_of_page "$tool")" "$(options_of_help "$tool")"
        run -0 sed -n '/^\.Nd /p' "$P/share/man/man1/$tool.1"
        assert_output --regexp '^\.Nd [a-z]'
    done
}

@test "man pages name no option that their tool has not" {
    local tool option
    for tool in $(tools); do
        run -0 "$BUILD/$tool" --help=all
        for option in $(grep -oE 'Fl -[a-z0-9-]+' "docs/man/$tool.1.in" | sed 's/Fl -/--/'); do
            assert_output --regexp "(^|[[:space:]])$option([[:space:]]|$)"
        done
    done
}

@test "man pages that are referred to are there" {
    local page
    for page in $(grep -hoE '^\.Xr lint[a-z-]* [1-8]' "$P"/share/man/man*/* | sed -E 's/^\.Xr ([^ ]+) (.)/man\2\/\1.\2/' | sort -u); do
        assert_exists "$P/share/man/$page"
    done
}

@test "man pages are correct mdoc" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    for page in "$P"/share/man/man*/*; do
        run -0 mandoc -Tlint -W warning "$page"
        assert_output ''
    done
}

@test "every relative link in the installed documents leads to a file" {
    local file link n=0
    while read -r file; do
        for link in $(grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | grep -v :); do
            [ -e "$(dirname "$file")/$link" ] || fail "$file: $link"
            n=$((n + 1))
        done
    done < <(find "$P/share/doc" -name '*.md')
    assert [ "$n" -ge 30 ]
}

@test "lint-net(5) describes every layer that lint-train knows" {
    local word words
    printf 'input 16x16x3\nnonsense\n' >"$BATS_TEST_TMPDIR/x.net"
    tests/support/tiny-samples n=4 >"$BATS_TEST_TMPDIR/x.lts"
    run -1 lint-train --net "$BATS_TEST_TMPDIR/x.net" -t "$BATS_TEST_TMPDIR/x.lts" -o /dev/null
    words=$(sed 's/.*expected//; s/[,.]/ /g; s/ or / /g' <<<"$output")
    assert [ "$(wc -w <<<"$words")" -ge 9 ]
    for word in $words; do
        grep -qE "^\.It .*\b$word\b" docs/man/lint-net.5.in || fail "$word"
    done
}

@test "man shows them without a warning" {
    command -v man >/dev/null || skip "man is not installed"
    for page in "$P"/share/man/man*/*; do
        MANWIDTH=80 LC_ALL=C.UTF-8 run -0 man --warnings -l "$page"
        assert_output --partial NAME
        refute_output --partial warning:
    done
}

# complete_bash TOOL WORD...: what bash offers for the last word.
complete_bash() {
    bash --norc -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); compopt() { :; }
        "_${1//-/_}"; printf "%s\n" "${COMPREPLY[@]}"' "$P/share/bash-completion/completions/$1" "$@"
}

@test "bash completes every option, and the words that an option takes" {
    local tool option
    for tool in $(tools); do
        run -0 complete_bash "$tool" -
        for option in $("$BUILD/$tool" --help=all | grep -oE '^  (-., |    )--[a-z0-9-]+' | sed 's/.* //'); do
            assert_line -- "$option"
        done
    done
    run -0 complete_bash lint-train --cam-loss ""
    assert_line energy
    run -0 complete_bash lint-split --fit c
    assert_output crop
    # Names of networks: of those installed, of those in models/, and files.
    mkdir -p "$BATS_TEST_TMPDIR/mine/models"
    touch "$BATS_TEST_TMPDIR/mine/models/sta-my-own.net" "$BATS_TEST_TMPDIR/mine/stairs.net"
    cd "$BATS_TEST_TMPDIR/mine"
    PATH="$P/bin:$PATH" run -0 complete_bash lint-train --net sta
    assert_equal "$(sort <<<"$output" | xargs)" 'sta-my-own stairs.net standard'
    cd "$CLONE"
    run -0 complete_bash lint-split photos
    assert_output ''
}

@test "zsh's completions know every option" {
    local tool option
    local text
    for tool in $(tools); do
        text=$(<"$P/share/zsh/site-functions/_$tool")
        for option in $("$BUILD/$tool" --help=all | grep -oE '^  (-., |    )--[a-z0-9-]+' | sed 's/.* //'); do
            [[ $text =~ $option(=|\[|\}|,) ]] || fail "$tool $option"
        done
    done
    command -v zsh >/dev/null || skip "zsh is not installed"
    for tool in $(tools); do
        run -0 zsh -n "$P/share/zsh/site-functions/_$tool"
    done
    run -0 zsh -fc "fpath=('$P/share/zsh/site-functions' \$fpath)
        autoload -Uz compinit && compinit -D -u && print -l \$_comps | grep _lint-"
    for tool in $(tools); do assert_line "_$tool"; done
}

@test "in an empty folder, with what was installed alone, the pipes of README.md run" {
    # The network is a tiny one and the pictures are small, so that it is quick.
    local small=$BATS_TEST_TMPDIR/small readme=$PWD/README.md
    mkdir "$small" "$BATS_TEST_TMPDIR/empty"
    cp -r "$ROOT" "$BATS_TEST_TMPDIR/root"
    cp tests/support/tiny.net "$BATS_TEST_TMPDIR/root/opt/lint/share/lint/cnn.net"
    local bin=$BATS_TEST_TMPDIR/root/opt/lint/bin
    printf '#!/bin/sh\nexec "%s/lint-synth" --size 16x16 --train 24,16 --val 6 --test 9 "$@"\n' "$bin" >"$small/lint-synth"
    printf '#!/bin/sh\nexec "%s/lint-split" "$@" --size 16x16\n' "$bin" >"$small/lint-split"
    chmod +x "$small"/*
    sed -n '/^## Pipes/,/^## [^P]/p' "$readme" | sed -n 's/^    //p' >"$BATS_TEST_TMPDIR/all.sh"
    run -0 grep -c . "$BATS_TEST_TMPDIR/all.sh"
    assert [ "$output" -ge 7 ]
    cd "$BATS_TEST_TMPDIR/empty"
    run -0 env -i PATH="$small:$bin:/usr/bin:/bin" HOME=/nonexistent bash -e -o pipefail "$BATS_TEST_TMPDIR/all.sh"
    assert_exists camloss.safetensors
    assert_exists sheet.png
}

@test "a network is found by its name: here, in models/, or where lint is installed" {
    cd "$BATS_TEST_TMPDIR"
    mkdir models
    "$SUPPORT/tiny-samples" n=8 >train.lts
    local train=("$P/bin/lint-train" -q --epochs 1 --train train.lts -o model.safetensors --net)
    run -1 "${train[@]}" nonesuch
    assert_output --partial "no network 'nonesuch'"
    assert_output --partial "models/nonesuch.net"
    assert_output --partial "share/lint/nonesuch.net"
    run -1 "${train[@]}" standard # of 192x192
    assert_output --partial 192
    cp "$SUPPORT/tiny.net" models/standard.net
    run -0 "${train[@]}" standard
    echo "no network" >standard
    run -1 "${train[@]}" standard
    run -0 "${train[@]}" models/standard.net
}

@test "make uninstall takes away what make install has put there, and nothing else" {
    local there="$BATS_TEST_TMPDIR/there"
    make BUILD="$BUILD" DESTDIR="$there" PREFIX=/usr install
    touch "$there/usr/bin/lint" "$there/usr/share/lint/mine.net"
    run -0 make BUILD="$BUILD" DESTDIR="$there" PREFIX=/usr uninstall
    run -0 find "$there" -type f -printf '%P\n'
    assert_equal "$(sort <<<"$output" | xargs)" "usr/bin/lint usr/share/lint/mine.net"
    rm "$there/usr/share/lint/mine.net"
    run -0 make BUILD="$BUILD" DESTDIR="$there" PREFIX=/usr uninstall
    assert_not_exists "$there/usr/share/lint"
}

@test "the Debian package is of this version, and asks for the libraries that the Makefile does" {
    local package
    run -0 sed -n '1s/.*(\(.*\)).*/\1/p' tools/packaging/debian/changelog
    assert_equal "lint-eval (lint) $output" "$("$BUILD/lint-eval" --version)"
    for package in $(sed -n '/^LIBRARIES/,/[^\\]$/p' Makefile | grep -oE ':[a-z0-9-]+' | tr -d :); do
        run -0 grep -qw -e "$package" tools/packaging/debian/control
    done
}
