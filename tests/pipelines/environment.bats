# Computers as people have them: their language, their folders, who they are, and what is missing there.
# Nothing needs a mount or a container, so that every test runs everywhere.
load ../support/helpers

SMALL=(SIZE=16x16 NET=tests/support/tiny.net EPOCHS=1 'MODELS=default camloss' 'PICTURES=--train 12,8 --val 4 --test 6')

pipelines() { make BUILD="$BUILD" OUT="$OUT" "${SMALL[@]}" "$@"; }

setup_file() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA
    cd "$CLONE"
    OUT=$BATS_FILE_TMPDIR/plain pipelines pipeline >"$BATS_FILE_TMPDIR/said"
}

setup() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA
    cd "$CLONE"
    OUT=$BATS_TEST_TMPDIR/out
    PLAIN=$BATS_FILE_TMPDIR/plain
}

# What make says, without the programs' order.
results() { sed -n '/^On validation/,$p' "$1" | sed "s|$2|OUT|g"; }
same_results() {
    run -0 diff -r "$PLAIN/models" "$OUT/models"
    run -0 diff <(results "$BATS_FILE_TMPDIR/said" "$PLAIN") <(results said "$OUT")
}

# Where 1/2 is 0,5: glibc's file of German numbers, since no machine has to have the language.
comma() {
    mkdir -p "$BATS_TEST_TMPDIR/locale/comma"
    perl -e 'print pack("L<*", 0x20031114, 6, 32, 34, 36, 40, 44, 48), ",\0.\0\3\3\0\0", pack("L<*", 44, 46), "UTF-8\0"' \
        >"$BATS_TEST_TMPDIR/locale/comma/LC_NUMERIC"
    env -u LC_ALL LANG=C.UTF-8 LC_NUMERIC=comma LOCPATH="$BATS_TEST_TMPDIR/locale" "$@"
}

@test "numbers are the same where a comma stands before their decimals" {
    run -0 comma bash -c 'printf %.1f 0,5'
    assert_output 0,5 # the language is there
    comma make BUILD="$BUILD" OUT="$OUT" "${SMALL[@]}" pipeline >"$BATS_TEST_TMPDIR/said"
    cd "$BATS_TEST_TMPDIR"
    same_results
    comma lint-eval "$PLAIN"/models/*/s0/default/test.json --compare "$PLAIN"/models/*/s0/camloss/test.json >a
    lint-eval "$PLAIN"/models/*/s0/default/test.json --compare "$PLAIN"/models/*/s0/camloss/test.json >b
    cmp a b
}

@test "without a home, and where nobody else may read, the results are the same and nobody else's" {
    (umask 077 && env -u HOME make BUILD="$BUILD" OUT="$OUT" "${SMALL[@]}" pipeline >"$BATS_TEST_TMPDIR/said")
    run -0 find "$OUT" ! -type l -perm /077
    assert_output ''
    cd "$BATS_TEST_TMPDIR"
    same_results
}

@test "a clone that may not be written to, in a folder with blanks and quotes, makes everything in OUT" {
    local away clone
    away=$(mktemp -d)
    clone="$away/Ann's \"new\" clone"
    mkdir "$clone" "$clone/build" "$clone/tests" "$clone/models" "$away/home" "$away/out"
    cp -r Makefile pipelines bench "$clone"
    cp models/*.net "$clone/models"
    rm -r "$clone/pipelines/stage" # is built, as the tools are
    cp -r tests/support "$clone/tests"
    cp "$BUILD"/stage $(find "$BUILD" -maxdepth 1 -name 'lint-*' ! -name '*.d') "$clone/build"
    local as=()
    if [ "$(id -u)" -eq 0 ]; then
        chown -R 65534 "$away/home" "$away/out"
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    chmod 755 "$away"
    chmod -R a+rX,a-w "$clone"
    touch "$away/before"
    run "${as[@]}" env HOME="$away/home" PATH="$clone/build:$PATH" \
        make -C "$clone" BUILD=build OUT="$away/out" "${SMALL[@]}" pipeline
    local ended=$status said=$output left
    left=$(find "$clone" -newer "$away/before" | head -3)
    diff -r "$PLAIN/models" "$away/out/models" >"$BATS_TEST_TMPDIR/differ" || true
    chmod -R u+w "$away"
    rm -rf "$away"
    [ "$ended" -eq 0 ] || fail "$said"
    assert_equal "$left" ''
    run -0 cat "$BATS_TEST_TMPDIR/differ"
    assert_output ''
}

@test "TMPDIR: one that is missing or full is named; blanks and quotes in its name do no harm" {
    local none=/none/there odd="$BATS_TEST_TMPDIR/a 'b' c" train
    train=$(echo "$PLAIN"/data/*/s0/train.lts)
    mkdir "$odd"
    OUT=$PLAIN
    TMPDIR=$none run -2 pipelines status
    assert_output --regexp "^[^ ]*: \*\*\* TMPDIR: no file can be made in the folder '$none'\.  Stop\.$"
    TMPDIR=$none run -0 pipelines pipeline
    TMPDIR=$odd run -0 pipelines status
    assert_line --regexp 'compare +done'
    TMPDIR=$odd run -0 pipelines dag
    assert_equal "$(ls "$odd")" ''
    run -1 bash -c "cat '$train' | TMPDIR=$none lint-augment --shuffle"
    assert_output "lint-augment: standard input: cannot make a file in $none (TMPDIR chooses another place): No such file or directory"
    TMPDIR=$odd run -1 bash -c "trap '' XFSZ; ulimit -f 2; cat '$train' | lint-augment --shuffle >/dev/null"
    assert_output "lint-augment: standard input: cannot keep a copy in $odd (TMPDIR chooses another place): File too large"
    TMPDIR=$odd lint-augment --shuffle < <(cat "$train") | cmp - <(lint-augment --shuffle "$train")
}

@test "a clock that steps back: what was made in its future is not made again, and what changed is" {
    cd "$BATS_TEST_TMPDIR"
    one() { stage run 'stage s' 'run cat read >out' 'in read' 'out out'; }
    echo 1 >read
    touch -d '+2 days' read
    run -0 one
    find . -exec touch -h -d '+1 day' {} +
    run -0 one
    assert_output ''
    echo 2 >read # of the same size, and older than all that was made
    run -0 one
    assert_equal "$(<out)" 2
    echo 3 >read
    touch -d '-1 day' read
    run -0 one
    assert_equal "$(<out)" 3
    cp -r "$PLAIN" out-of-time
    find out-of-time -exec touch -h -d '+1 day' {} +
    cd "$CLONE"
    OUT=$BATS_TEST_TMPDIR/out-of-time
    run -0 pipelines pipeline
    refute_output --partial 'lint-train '
}

@test "nothing needs shared memory, and no clock tells a duration but those that only go forward" {
    run -0 bash -c 'for f in "$BUILD"/lint-* "$BUILD"/stage; do [ ! -x "$f" ] || nm -D "$f"; done | grep -cE "printf"'
    run -1 bash -c 'for f in "$BUILD"/lint-* "$BUILD"/stage; do [ ! -x "$f" ] || nm -D "$f"; done | grep -E "shm_open|sem_open|shmget"'
    run -0 bash -c 'grep -rhoE "CLOCK_[A-Z]+" lib tools | sort -u'
    assert_output $'CLOCK_MONOTONIC\nCLOCK_PROCESS'
}
