# The stream as lint-stream(5) describes it, and the Python reader and writer in it.
load ../support/helpers

setup() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    cd "$CLONE"
    page=$BATS_TEST_TMPDIR/lint-stream.5
    awk -f docs/man/page.awk /dev/null docs/man/lint-stream.5.in >"$page"
    # The programs as a reader of the page would copy them.
    sed -n '/^\.Bd -literal$/,/^\.Ed$/{/^\.[BE]d/!p}' "$page" | unroff >"$BATS_TEST_TMPDIR/all"
    sed -n '/^"""/,/a part$/p' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/lts.py"
    sed -n '/^import lts/,/lts.write_stream/p' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/negative.py"
    cat >"$BATS_TEST_TMPDIR/copy.py" <<'PY'
import lts, os, sys
def copy(source, to):
    lts.write_stream(to, lts.read(source))
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

@test "the program in lint-stream(5) is docs/lts.py, and at most thirty-five lines" {
    run -0 diff docs/lts.py "$BATS_TEST_TMPDIR/lts.py"
    assert [ "$(wc -l <docs/lts.py)" -le 35 ]
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

@test "the writer goes on where a write took only a part" {
    cd "$BATS_TEST_TMPDIR"
    samples 1 0 1 >in.lts
    cat >short.py <<'PY'
import io, lts, sys
class Short(io.RawIOBase):
    """As an unbuffered pipe is whose write was interrupted."""
    def write(self, data): return sys.stdout.buffer.write(bytes(data[:7]))
for frame in lts.read(sys.stdin.buffer): lts.write(Short(), *frame)
PY
    python3 short.py <in.lts | lint-augment >out.lts
    lint-augment in.lts | cmp - out.lts
}

# "4 more 1 last": how the frames of a file are marked.
marks_of() {
    grep -aoE '"__metadata__": ?\{[^}]*\}' "$1" | awk '{ print /"more": ?"1"/ ? "more" : "last" }' | uniq -c | xargs
}

@test "every tool that writes frames marks all but the last, whatever it does with them" {
    cd "$BATS_TEST_TMPDIR"
    lint-synth -q --size 16x16 --train 10 --val 4 --test 4 -o drawn orca-leopard
    lint-split -q --size 16x16 --frame 4 drawn -o sets
    lint-train -q --net "$SUPPORT/tiny.net" --epochs 1 -o model <sets/train.lts
    assert_equal "$(marks_of sets/train.lts)" "4 more 1 last"
    lint-split -q --size 16x16 --frame 0 --split train drawn -o one.lts
    assert_equal "$(marks_of one.lts)" "1 last"
    lint-split -q --size 16x16 --frame 20 --split train drawn | cmp - one.lts
    lint-augment --frame 7 sets/train.lts -o a
    assert_equal "$(marks_of a)" "2 more 1 last"
    lint-augment --frame 0 --shuffle --epochs 3 sets/train.lts -o a
    assert_equal "$(marks_of a)" "2 more 1 last"
    lint-augment --frame 7 --balance --epochs 2 sets/train.lts -o a
    assert_equal "$(marks_of a)" "5 more 1 last"
    lint-features -q model sets/train.lts -o a
    assert_equal "$(marks_of a)" "4 more 1 last"
    lint-cam -q --shift 0.1 --drop image model sets/train.lts -o a
    assert_equal "$(marks_of a)" "4 more 1 last"
    lint-weight -q a -o b
    assert_equal "$(marks_of b)" "4 more 1 last"
    lint-mask -q sets/train.lts -o a
    assert_equal "$(marks_of a)" "4 more 1 last"
    cat sets/train.lts sets/val.lts >both.lts
    assert_equal "$(marks_of both.lts)" "4 more 1 last 1 more 1 last"
    run -0 lint-show both.lts
    assert_line --regexp '28, in 7 frames'
    # A picture that turns out bad may have been the last.
    printf x >"$(find drawn/images -name 'train-*' | sort | tail -1)"
    run -0 lint-split -q --skip-bad --size 16x16 --frame 19 --split train drawn -o a
    assert_equal "$(marks_of a)" "1 last"
    run -0 lint-split -q --skip-bad --size 16x16 --frame 6 --split train drawn -o a
    assert_equal "$(marks_of a)" "3 more 1 last"
}

@test "every tool notices that its input was cut between two frames" {
    cd "$BATS_TEST_TMPDIR"
    local how tool
    "$SUPPORT/tiny-samples" n=24 mask=1 | lint-augment --frame 8 -o frames.lts
    lint-train -q --net "$SUPPORT/tiny.net" --epochs 1 -o model -t frames.lts
    lint-cam -q model frames.lts -o answers.lts
    for how in frames answers; do
        python3 -c 'import lts, sys
f = open(sys.argv[1], "rb"); frames = lts.read(f); next(frames); next(frames); end = f.tell()
f.seek(0); sys.stdout.buffer.write(f.read(end))' $how.lts >cut-$how
    done
    while read -r tool; do
        run -1 bash -c "$tool >out"
        assert_output --regexp "^${tool%% *}: [^:]*: frame 3: truncated: the input ends, but the frame before says that another follows\$"
        # A pipe cannot be looked at from its end.
        run -1 bash -c "cat ${tool##* } | ${tool% *} - >out"
        assert_output --regexp "^${tool%% *}: standard input: frame 3: truncated: the input ends"
    done <<TOOLS
lint-show cut-frames
lint-augment -q cut-frames
lint-augment -q --shuffle cut-frames
lint-train -q --net $SUPPORT/tiny.net --epochs 1 -o n -t cut-frames
lint-cam -q model cut-frames
lint-features -q model cut-frames
lint-mask -q cut-frames
lint-weight -q cut-answers
lint-eval -q cut-answers
TOOLS
    assert_not_exist n
    run -1 bash -c 'python3 copy.py <cut-frames >out'
    assert_output "truncated: the last frame says that another follows"
}

@test "a filter by lts.py marks the end, also where it drops, joins or splits frames" {
    cd "$BATS_TEST_TMPDIR"
    "$SUPPORT/tiny-samples" n=24 | lint-augment --frame 8 -o in.lts
    cat >filter.py <<'PY'
import lts, sys
def first(): yield next(lts.read(sys.stdin.buffer))
def none_of_the_last():
    frames = list(lts.read(sys.stdin.buffer))
    yield from frames[:-1]
def twice():
    for frame in lts.read(sys.stdin.buffer): yield from (frame, frame)
def dies():
    for n, frame in enumerate(lts.read(sys.stdin.buffer)):
        if n == 2: sys.exit("dies")
        yield frame
lts.write_stream(sys.stdout.buffer, globals()[sys.argv[1]]())
PY
    python3 filter.py first <in.lts >out
    assert_equal "$(marks_of out)" "1 last"
    python3 filter.py none_of_the_last <in.lts >out
    assert_equal "$(marks_of out)" "1 more 1 last"
    python3 filter.py twice <in.lts >out
    assert_equal "$(marks_of out)" "5 more 1 last"
    run -1 bash -c 'python3 filter.py dies <in.lts 2>/dev/null | lint-show'
    assert_output --partial 'truncated: the input ends'
    # Frames written one by one, and those of other programs, say nothing, and are read as ever.
    python3 -c 'import lts, sys
for frame in lts.read(sys.stdin.buffer): lts.write(sys.stdout.buffer, *frame)' <in.lts >out
    assert_equal "$(marks_of out)" "3 last"
    run -0 lint-show out
    assert_line --regexp '24, in 3 frames'
}
