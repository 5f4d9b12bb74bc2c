# The stream as lint-stream(5) describes it, and the Python reader and writer in it.
load ../support/helpers

setup() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    cd "$CLONE"
    page=$BATS_TEST_TMPDIR/lint-stream.5
    awk -f docs/man/page.awk /dev/null docs/man/lint-stream.5.in >"$page"
    # The programs as a reader of the page would copy them.
    sed -n '/^\.Bd -literal$/,/^\.Ed$/{/^\.[BE]d/!p}' "$page" | unroff >"$BATS_TEST_TMPDIR/all"
    sed -n '/^"""/,/join/p' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/lts.py"
    sed -n '/^import lts/,/lts.write/p' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/negative.py"
    cat >"$BATS_TEST_TMPDIR/copy.py" <<'PY'
import lts, os, sys
def copy(source, to):
    for frame in lts.read(source): lts.write(to, *frame)
for path in sys.argv[2:]: copy(open(path, "rb"), open(os.path.join(sys.argv[1], os.path.basename(path)), "wb"))
if len(sys.argv) == 1: copy(sys.stdin.buffer, sys.stdout.buffer)
PY
}

unroff() { sed 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\(ga/`/g; s/\\(ha/^/g; s/\\(ti/~/g; s/\\e/\\/g'; }

# What lint says of each stream, and what it says of the copy that the page's program makes of it.
same_after_copy() {
    local file copies=$BATS_TEST_TMPDIR/copies
    mkdir "$copies"
    run -0 python3 "$BATS_TEST_TMPDIR/copy.py" "$copies" "$@"
    for file in "$@"; do
        lint-show - <"$file" >"$copies/said" 2>&1 || fail "$file: $(<"$copies/said")"
        lint-show - <"$copies/${file##*/}" 2>&1 | cmp - "$copies/said"
    done
}

@test "the program in lint-stream(5) is docs/lts.py, and at most twenty lines" {
    run -0 diff docs/lts.py "$BATS_TEST_TMPDIR/lts.py"
    assert [ "$(wc -l <docs/lts.py)" -le 20 ]
}

@test "it reads and writes every good file of the tests" {
    same_after_copy tests/stream/good/* tests/answer/predictions/*
    rm -r "$BATS_TEST_TMPDIR/copies"
    same_after_copy tests/golden/*.safetensors
}

@test "it reads every stream that the tools make, and what it writes is the same to them" {
    cd "$BATS_TEST_TMPDIR"
    lint-synth -q --size 16x16 --train 8 --val 4 --test 4 -o drawn orca-leopard
    lint-split -q --size 16x16 drawn -o sets
    lint-augment -q --balance --shuffle --epochs 2 --frame 5 --flip h sets/train.lts >epochs.lts
    lint-train -q --net "$SUPPORT/tiny.net" --val sets/val.lts -o model.safetensors <epochs.lts
    lint-cam -q model.safetensors sets/test.lts >answers.lts
    "$SUPPORT/tiny-samples" mask=1 epochs=2 announce=2 >perl.lts
    local file
    same_after_copy sets/*.lts epochs.lts model.safetensors answers.lts perl.lts
    # lint-augment without options copies and writes canonically: what went through Python is the
    # same to the byte.
    for file in sets/*.lts epochs.lts answers.lts; do
        python3 copy.py <"$file" | lint-augment >copy
        lint-augment <"$file" | cmp - copy
    done
    python3 copy.py <model.safetensors >copy.safetensors
    lint-cam -q copy.safetensors sets/test.lts | cmp - answers.lts
}

@test "the filter in lint-stream(5) makes negatives" {
    cd "$BATS_TEST_TMPDIR"
    samples 3 0 1 >in.lts
    python3 negative.py <in.lts | lint-augment >out.lts
    run -0 tensor out.lts image
    assert_equal "$(sort -u <<<"$output" | xargs)" "251 252"
    run -0 names out.lts
    assert_output "s003
s004"
}

@test "a stream that was cut short is told by the reader" {
    cd "$BATS_TEST_TMPDIR"
    samples 1 0 1 | head -c -1 >cut.lts
    run -1 python3 copy.py <cut.lts
    assert_output --partial truncated
}

@test "the good and bad files are those that make-frames.py makes" {
    python3 tests/stream/make-frames.py "$BATS_TEST_TMPDIR"
    for folder in stream/bad stream/good answer/predictions; do
        run -0 diff -r "tests/$folder" "$BATS_TEST_TMPDIR/${folder#*/}"
    done
}

@test "the good and bad files of weights are those that make-torch-files.py makes" {
    python3 tests/stream/make-torch-files.py "$BATS_TEST_TMPDIR"
    run -0 diff -r tests/stream/bad-torch "$BATS_TEST_TMPDIR/bad-torch"
    run -0 diff -r tests/stream/good-torch "$BATS_TEST_TMPDIR/good-torch"
}
