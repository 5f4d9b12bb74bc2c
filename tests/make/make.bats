# What a user of the Makefile sees before anything is trained: building, installing, being told.
load ../support/helpers

setup() {
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES V SANITIZE CFLAGS LDFLAGS DATA OUT EXPERIMENT
    B=$BATS_TEST_TMPDIR/build
    fakes=$BATS_TEST_TMPDIR/fakes
    mkdir "$fakes"
}

# fake NAME BODY: a command that does that instead, and notes that it was called.
fake() {
    printf '#!/bin/bash\necho "%s $*" >>"%s/called"\n%s\n' "$1" "$fakes" "$2" >"$fakes/$1"
    chmod +x "$fakes/$1"
}

# --- building ------------------------------------------------------------------------------------

@test "make twice does nothing the second time" {
    run -0 make BUILD="$B" "$B/lib/base/err.o"
    assert_output --partial 'lib/base/err.c'
    run -0 make BUILD="$B" "$B/lib/base/err.o"
    refute_output --partial 'lib/base/err.c'
}

@test "other flags or another compiler rebuild; the same again do not" {
    make BUILD="$B" "$B/lib/base/err.o"
    run -0 make BUILD="$B" CFLAGS=-O1 "$B/lib/base/err.o"
    assert_output --partial 'lib/base/err.c'
    run -0 make BUILD="$B" CFLAGS=-O1 "$B/lib/base/err.o"
    refute_output --partial 'lib/base/err.c'
    run -0 make BUILD="$B" CFLAGS=-O1 CC='cc -pipe' "$B/lib/base/err.o"
    assert_output --partial 'lib/base/err.c'
}

@test "the same sources give the same bytes in any folder" {
    local dir
    for dir in one two/deeper; do
        mkdir -p "$BATS_TEST_TMPDIR/$dir"
        cp -r "$CLONE"/{Makefile,lib,tools,pipelines,bench} "$BATS_TEST_TMPDIR/$dir"
        make -s -C "$BATS_TEST_TMPDIR/$dir" BUILD=build build/lib/base/names.o
    done
    run -0 cmp "$BATS_TEST_TMPDIR"/{one,two/deeper}/build/lib/base/names.o
}

@test "a clone may lie in a folder with a space, a quote or a dollar sign in its name" {
    local name
    for name in 'a b' "q'uote" 'a$b' 'x$(touch GONE)' 'x"y'; do
        mkdir "$BATS_TEST_TMPDIR/$name"
        cp -r "$CLONE"/{Makefile,lib,tools,pipelines,bench} "$BATS_TEST_TMPDIR/$name"
        # As make is called from elsewhere, and as it is called there.
        cd "$BATS_TEST_TMPDIR"
        make -s -C "$name" BUILD=build build/lib/base/names.o
        cd "$name"
        make -s BUILD=build build/lib/base/err.o
        run ! grep -qa "$BATS_TEST_TMPDIR" build/lib/base/{names,err}.o
        run -0 find "$BATS_TEST_TMPDIR" -name GONE
        assert_output ''
    done
}

@test "a changed header rebuilds what includes it" {
    make BUILD="$B" "$B/lib/base/err.o"
    run -0 make BUILD="$B" -W lib/base/err.h "$B/lib/base/err.o"
    assert_output --partial 'lib/base/err.c'
    run -0 make BUILD="$B" -W lib/base/rng.h "$B/lib/base/err.o"
    refute_output --partial 'lib/base/err.c'
}

@test "missing libraries and a missing compiler are one message that says what installs them" {
    run -2 env PKG_CONFIG_LIBDIR=/nonexistent make -j2 BUILD="$B" CC=no-such-cc pipeline
    assert_output --partial 'no-such-cc'
    assert_output --partial 'libpng-dev'
    assert_output --partial 'libjansson-dev'
    assert_output --partial "'make deps' installs them"
    assert [ "${#lines[@]}" -le 4 ]
}

@test "only the library that is missing is named" {
    run -2 make BUILD="$B" LIBRARIES='zlib:zlib1g-dev no-such-lib:libnosuch-dev' all
    assert_output --partial 'libnosuch-dev'
    refute_output --partial 'zlib1g-dev'
}

@test "a missing test library is told before a test is compiled" {
    run -2 env PKG_CONFIG_LIBDIR=/nonexistent make BUILD="$B" test-needs
    assert_output --partial 'libcmocka-dev'
    assert_output --partial "'make deps test' installs them"
}

@test "make clean deletes what was built, and no data" {
    mkdir -p "$BATS_TEST_TMPDIR/data"
    make BUILD="$B" "$B/lib/base/err.o"
    run -0 make BUILD="$B" OUT="$BATS_TEST_TMPDIR" clean
    assert_not_exists "$B"
    assert_exists "$BATS_TEST_TMPDIR/data"
}

@test "make clean spares the Debian that the bench runs PyTorch in" {
    mkdir -p "$B/trixie/usr"
    make BUILD="$B" "$B/lib/base/err.o"
    run -0 make BUILD="$B" TRIXIE="$B/trixie" clean
    assert_exists "$B/trixie/usr"
    assert_not_exists "$B/lib"
}

# --- the bench's Debian ----------------------------------------------------------------------------

# A machine on which everything is there: root, debootstrap, apt with a mirror.
tree_maker() {
    fake id 'echo 0'
    fake apt-get 'echo "$(. /etc/os-release; echo "$VERSION_CODENAME") http://mirror.example/debian"'
    fake apt-config ''
    fake debootstrap 'mkdir "$4/usr"'
    PATH=$fakes:$PATH run "$@" bench/make-tree "$BATS_TEST_TMPDIR/tree" one two
}

@test "the bench's Debian is made from apt's mirror, with the packages named, once" {
    tree_maker -0
    run -0 grep debootstrap "$fakes/called"
    assert_output --regexp '^debootstrap --variant=minbase --include=one,two trixie .* http://mirror.example/debian$'
    assert_exists "$BATS_TEST_TMPDIR/tree/usr"
    tree_maker -0
    assert_output ''
}

@test "where the bench's Debian cannot be made, a sentence says why, and that is no error" {
    fake id 'echo 1000'
    PATH=$fakes:$PATH run -0 bench/make-tree "$BATS_TEST_TMPDIR/tree" one
    assert_output --partial 'only root can make one'
    tree_maker() {
        fake id 'echo 0'
        fake apt-config ''
        fake debootstrap 'exit 1'
        PATH=$fakes:$PATH run -0 bench/make-tree "$BATS_TEST_TMPDIR/tree" one
    }
    fake apt-get ''
    tree_maker
    assert_output --partial 'name no mirror'
    fake apt-get 'echo "$(. /etc/os-release; echo "$VERSION_CODENAME") http://mirror.example/debian"'
    tree_maker
    assert_output --partial 'debootstrap could not make it from http://mirror.example/debian'
    run -0 find "$BATS_TEST_TMPDIR" -name 'tree*'
    assert_output ''
}

@test "make help lists every target and every setting with its value now" {
    run -0 make help CFLAGS="-O1 -DX='y'"
    local target
    for target in all test test-library test-torch test-slurm test-deb check format lint debug coverage deps \
        pipeline sweep status metrics experiments library diff dag lock verify gc pages install uninstall deb clean help; do
        assert_line --regexp "^  $target +[a-z]"
    done
    # of NAME: the value, which stands in the line below its text.
    of() { grep -A1 "^  $1 " <<<"$output" | sed -n '2s/^ *= //p'; }
    assert_equal "$(of CFLAGS)" "-O1 -DX='y'"
    assert_equal "$(of EXPERIMENT)" orca-leopard
    assert_equal "$(of NET)" models/cnn.net
    # All texts begin in one column.
    assert_equal "$(grep -oE '^  [A-Za-z_-]+ +' <<<"$output" | awk '{ print length }' | sort -u | wc -l)" 1
    run -0 make help DATA='/some/my pets'
    assert_equal "$(of DATA)" '/some/my pets'
}

# --- deps ----------------------------------------------------------------------------------------

@test "packages that are there are not installed again, and apt is not asked" {
    fake dpkg-query 'echo installed'
    fake apt-get 'exit 1'
    PATH=$fakes:$PATH run -0 pipelines/install-packages one two
    assert_output ''
    run -1 grep apt-get "$fakes/called"
}

@test "only what is missing is installed, without a question and without fetching lists" {
    fake dpkg-query 'case $* in *one*) echo installed ;; esac'
    fake apt-get '[ "$DEBIAN_FRONTEND" = noninteractive ]'
    fake sudo 'shift; exec "$@"'
    PATH=$fakes:$PATH run -0 pipelines/install-packages one two three </dev/null
    assert_output 'installing two three'
    run -0 grep apt-get "$fakes/called"
    assert_line --regexp '^apt-get install .*-y .* two three$'
    refute_line --regexp ' update| one'
}

@test "the package lists are fetched where apt cannot do without" {
    fake dpkg-query ''
    fake apt-get "case \$* in *update*) touch $fakes/lists ;; *) [ -e $fakes/lists ] ;; esac"
    fake sudo 'shift; exec "$@"'
    PATH=$fakes:$PATH run -0 pipelines/install-packages one </dev/null
    assert_equal "$(grep -c update "$fakes/called")" 1
}

@test "an installation that fails says so, with apt's own words" {
    fake dpkg-query ''
    fake apt-get 'echo "E: the disk is full"; exit 100'
    fake sudo 'shift; exec "$@"'
    PATH=$fakes:$PATH run -1 pipelines/install-packages one </dev/null
    assert_output --partial 'E: the disk is full'
    assert_line 'Missing: one'
}

@test "without root and sudo it says what root should type" {
    fake dpkg-query ''
    fake id 'echo 1000'
    fake sudo 'exit 1'
    PATH=$fakes:$PATH run -1 pipelines/install-packages one two </dev/null
    assert_output --partial 'As root: apt-get install one two'
}

@test "without apt it says what is missing" {
    local c
    fake dpkg-query ''
    for c in bash env cat; do ln -s "$(command -v $c)" "$fakes/$c"; done
    PATH=$fakes run -1 pipelines/install-packages one
    assert_output --partial 'There is no apt-get here'
    assert_line 'Missing: one'
}

@test "make deps installs what the targets beside it need, and alone everything" {
    deps() { make -n BUILD="$B" "$@" | awk '/install-packages/ { on = 1 } on; !/\\$/ { on = 0 }' | tr -d '\n\\'; }
    run -0 deps deps pipeline
    assert_output --partial libpng-dev
    refute_output --partial bats
    refute_output --partial chromium
    refute_output --partial gnuplot
    run -0 deps deps report
    assert_output --partial gnuplot
    refute_output --partial bats
    run -0 deps deps lint
    assert_output --partial clang-tidy
    refute_output --partial chromium
    run -0 deps deps all CC=clang
    assert_output --partial 'clang libc6-dev'
    # What is heavy is only for those who name it.
    for goals in 'deps test' deps; do
        run -0 deps $goals
        refute_output --partial torch
        refute_output --partial slurm
        refute_output --partial nodejs
    done
    run -0 deps deps test-torch
    assert_output --partial python3-torchvision
    run -0 deps deps test-pretrained
    assert_output --partial tuxpaint-stamps-default
    for goals in 'deps test' deps; do
        run -0 deps $goals
        assert_output --partial libpng-dev
        assert_output --partial bats
        assert_output --partial chromium
        assert_output --partial gnuplot
    done
}

@test "deps come first, with -j too" {
    fake dpkg-query ''
    fake apt-get "touch $fakes/installed"
    fake sudo 'shift; exec "$@"'
    fake pkg-config "[ -e $fakes/installed ] || exit 1; exec $(command -v pkg-config) \"\$@\""
    PATH=$fakes:$PATH run -0 make -j4 BUILD="$B" "$B/lib/base/err.o" deps </dev/null
    assert_line --index 0 --partial 'installing'
    assert_line '  lib/base/err.c'
}

# --- the sources ---------------------------------------------------------------------------------

@test "includes in lib/ point down only" {
    run -0 tests/make/include-order lib/*.[ch] lib/*/*.[ch] lib/*/*/*.[ch]
    mkdir -p "$BATS_TEST_TMPDIR/lib/base"
    echo '#include "stream/frame.h"' >"$BATS_TEST_TMPDIR/lib/base/err.h"
    cd "$BATS_TEST_TMPDIR"
    run -1 "$CLONE/tests/make/include-order" lib/base/err.h
    assert_output 'lib/base/err.h:1: includes stream/frame.h'
}

@test "lib/README.md names every header, and nothing that is not there" {
    # A table's heading names the folder, its rows name files in it.
    named=$(awk '/^\| `[a-z]*\/` / { split($0, w, "`"); dir = w[2] }
        /^\|/ { n = split($0, w, "`"); for (i = 2; i < n; i += 2) if (w[i] ~ /\.[ch]$/) print dir w[i] }' \
        lib/README.md | LC_ALL=C sort -u)
    for f in $named; do
        # Rows of engine/ name sources of its folders by their names alone.
        compgen -G "lib/$f" >/dev/null || compgen -G "lib/${f%/*}/*/${f##*/}" >/dev/null || fail "there is no lib/$f"
    done
    headers=$(cd lib && ls -- */*.h */*/*.h | LC_ALL=C sort)
    assert_equal "$(grep '\.h$' <<<"$named")" "$headers"
    run -0 grep -c '^`lint\.h` ' lib/README.md
}

# --- CI ------------------------------------------------------------------------------------------

@test "CI adds up what its parts count; one that breaks without a count has failed" {
    fake make "[ \"\$CI\" = true ] || exit 9
        case \$* in
        *' deps test') echo '50 passed, 0 failed' ;;
        *' deps all test-programs' | *CC=clang*) ;;
        *'deps format-check') exit 2 ;;
        *test-deb) echo '3 passed, 1 failed'; exit 2 ;;
        *) echo '4 passed, 0 failed' ;;
        esac"
    PATH=$fakes:$PATH run -1 .ci/run
    assert_equal "${lines[-1]}" '81 passed, 2 failed'
    PATH=$fakes:$PATH run -0 .ci/run torch test
    assert_equal "${lines[-1]}" '54 passed, 0 failed'
}

@test "a test that is skipped has failed in CI, and nowhere else" {
    mkdir -p "$BATS_TEST_TMPDIR/clone/tests/x" "$BATS_TEST_TMPDIR/clone/build"
    cp tests/run "$BATS_TEST_TMPDIR/clone/tests"
    printf '@test "one" { true; }\n@test "two" { skip "no such thing"; }\n' >"$BATS_TEST_TMPDIR/clone/tests/x/some.bats"
    cd "$BATS_TEST_TMPDIR/clone"
    CI= run -0 tests/run build
    assert_line '1 passed, 0 failed, 1 skipped'
    CI=true run -1 tests/run build
    assert_line '1 passed, 1 failed'
    assert_line 'not ok - some.bats skipped 1 of its tests, which CI allows of none'
}
