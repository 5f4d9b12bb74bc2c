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

@test "the installed tools read HEIC" {
    mkdir -p "$BATS_TEST_TMPDIR/photos/a" "$BATS_TEST_TMPDIR/photos/b"
    cp tests/picture/formats/picture.heic "$BATS_TEST_TMPDIR/photos/a"
    cp tests/picture/formats/picture.avif "$BATS_TEST_TMPDIR/photos/b"
    run -0 "$P/bin/lint-split" -q --split train --ratio 1/0/0 -o "$BATS_TEST_TMPDIR/d" "$BATS_TEST_TMPDIR/photos"
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

# --- the library -----------------------------------------------------------------------------------

# A model of two classes, and pictures, in the folder of this file.
model() {
    cd "$BATS_FILE_TMPDIR"
    [ ! -e model ] || return 0
    "$BUILD/lint-synth" -q --size 40x20 --train 6,4 --val 3 --test 9 -o animals orca-leopard
    "$BUILD/lint-split" -q --size 16x16 animals -o sets
    "$BUILD/lint-train" -q --net "$SUPPORT/tiny.net" -t sets/train.lts --epochs 2 -o model
    "$BUILD/lint-predict" model animals/images/*.png >answers
    "$BUILD/lint-cam" -q model sets/test.lts -o predictions.lts
}

pc() { PKG_CONFIG_PATH=$P/lib/pkgconfig pkg-config --define-variable=prefix="$(realpath --relative-to=. "$P" | sed 's/ /\\ /g')" "$@"; }

# compile OUTPUT ARGUMENT...: docs/ask.c against what was installed, and against nothing of this folder.
compile() {
    local out=$1
    shift
    cp "$P/share/doc/lint/docs/ask.c" .
    (eval "${CC:-cc} -std=c11 -Wall -Wextra -Werror ask.c $* -o $out")
}

@test "a program compiles against the installed library, shared, and answers as lint-predict does" {
    model
    compile ask "$(pc --cflags --libs lint)"
    run -0 readelf -d ask
    assert_output --partial '[liblint.so.0]'
    LD_LIBRARY_PATH=$P/lib run -0 ./ask model animals/images/*.png
    assert_equal "$output" "$(<answers)"
    LD_LIBRARY_PATH=$P/lib run -1 --separate-stderr ./ask model nonesuch.png animals/images/test-0001.png
    assert_equal "$stderr" 'ask: nonesuch.png: cannot open: No such file or directory'
    assert_equal "$output" "$(grep test-0001 answers)"
    LD_LIBRARY_PATH=$P/lib run -1 ./ask answers
    assert_output --regexp '^ask: answers: '
}

@test "the same program compiles against the static library, and needs no liblint" {
    model
    compile ask-static "$(pc --cflags lint)" -Wl,-Bstatic "$(pc --libs lint)" -Wl,-Bdynamic "$(pc --static --libs lint)"
    run -0 readelf -d ask-static
    refute_output --partial liblint
    run -0 ./ask-static model animals/images/*.png
    assert_equal "$output" "$(<answers)"
}

@test "the library has the names of lint.h and no others" {
    local names
    names=$(grep -oE 'lint_[a-z_]+\(' "$P/include/lint.h" | tr -d '(' | sort -u | sed '/^lint_error$/d')
    run -0 bash -c 'nm -D --defined-only "$1" | sed "s/.* //" | sort' - "$P/lib/liblint.so.0"
    assert_equal "$output" "$(grep -oE '^LINT_API .*' "$P/include/lint.h" | grep -oE 'lint_[a-z_]+\(' | tr -d '(' | sort)"
    assert_equal "$output" "$names"
    run -0 bash -c 'nm -g --defined-only "$1" | sed -n "s/.* [A-Z] //p" | sort' - "$P/lib/liblint.a"
    assert_equal "$output" "$names"
    run -0 readelf -d "$P/lib/liblint.so"
    assert_output --partial 'Library soname: [liblint.so.0]'
    assert_equal "$(pc --modversion lint)" "$("$BUILD/lint-eval" --version | sed 's/.* //')"
}

@test "the header is C++ too" {
    command -v g++ >/dev/null || skip "g++ is not installed"
    run -0 g++ -fsyntax-only -Wall -Wextra -pedantic -Werror -x c++ "$P/include/lint.h"
}

@test "Python asks it by ctypes, and reads streams as arrays, as docs/library.md says" {
    /usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "python3-numpy is not installed"
    model
    cp "$P/share/doc/lint/docs/lint_ctypes.py" "$P/share/lint/lts.py" .
    cp animals/images/test-0001.png photo.jpg
    cp model model.safetensors
    cp predictions.lts test.lts
    sed -n '/^```python/,/^```$/{/^```/!p}' "$P/share/doc/lint/docs/library.md" >all.py
    LD_LIBRARY_PATH=$P/lib run -0 /usr/bin/python3 all.py
    assert_line --regexp '^(orca|leopard) \(1, 2, 8, 8\)$'
    assert_line --partial '(18, 16, 16, 3) ['
    # Its answers are those of lint-cam, for files and for pixels.
    cat >equal.py <<'END'
import glob, lint_ctypes, lts, numpy as np
model = lint_ctypes.Model("model", threads=2, batch=4)
info, t = next(lts.read(open("predictions.lts", "rb")))
read = lambda name, kind: np.frombuffer(t[name][2], kind).reshape(t[name][1])
logits, maps = model.ask(read("image", "u1"), maps=True)
assert np.abs(logits - read("logits", "<f4")).max() < 1e-5 and np.abs(maps - read("cam", "<f4")).max() < 1e-5
names = [bytes(n).rstrip(b"\0").decode() for n in read("name", "u1")]
again, none = model.ask(["animals/images/" + n.split("/")[-1] for n in names])
assert none is None and np.abs(again - logits).max() < 1e-5
for wrong in (lambda: model.ask(["nonesuch.png", "equal.py"]), lambda: lint_ctypes.Model("nonesuch")):
    try: wrong()
    except (OSError, RuntimeError) as e: print(e)
END
    LD_LIBRARY_PATH=$P/lib run -0 /usr/bin/python3 equal.py
    assert_line --index 0 --partial 'nonesuch.png: cannot open: No such file or directory; equal.py: '
    assert_line --index 1 'nonesuch: No such file or directory'
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
    for package in $(sed -n '/^LIBRARIES\|^OPTIONAL/,/[^\\]$/p' Makefile | grep -oE ':[a-z0-9-]+' | tr -d :); do
        run -0 grep -qw -e "$package" tools/packaging/debian/control
    done
}
