load ../support/helpers

tiny() { "$SUPPORT/tiny-samples" "$@"; }

# m: a model of red and blue squares, 16x16. small: one of 4x4 pictures, for streams with names.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    tiny n=48 >train.lts
    tiny n=20 seed=9 frame=7 mask=1 >test.lts
    lint-train -q --net "$SUPPORT/tiny.net" --train train.lts --val test.lts --epochs 8 \
        --batch 8 -o m
    sed 's/16x16x3/4x4x3/' "$SUPPORT/tiny.net" >small.net
    samples 10 0 1 0 1 >named.lts
    lint-train -q --net small.net --train named.lts --epochs 1 -o small
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/{*.lts,m,small} .
}

@test "a network without maps gives its logits where the maps are not asked for" {
    grep -v cam "$SUPPORT/tiny.net" >blind.net
    lint-train -q --net blind.net --train train.lts --epochs 1 -o blind
    run -1 lint-cam blind test.lts
    assert_output "lint-cam: blind: its network has no 'cam' line, so no maps; --drop cam writes logits only"
    run -1 lint-cam --drop cam --grid g.png blind test.lts
    assert_output "lint-cam: blind: its network has no 'cam' line, so no maps"
    lint-cam -q --drop cam blind test.lts >p
    refute_regex "$(headers p)" '"cam"'
    run -0 lint-eval --json - p
    assert_output --partial '"accuracy"'
    # The same logits with maps and without.
    lint-cam -q m test.lts >with
    lint-cam -q --drop cam m test.lts >without
    assert_equal "$(tensor without logits)" "$(tensor with logits)"
    lint-cam -q --drop cam --grid g.png m test.lts | cmp - without
    png_size g.png
}

# --- moved pictures, pictures with cells removed ---

python() { command -v python3 >/dev/null || skip "python3 is not installed"; }

@test "--shift adds what the model says of each picture moved by that share, edges mirrored" {
    python
    local i
    lint-cam --drop cam --shift 0.25 m test.lts >shifted
    run -0 headers shifted
    assert_output --partial '"shift":"0.25"'
    assert_output --partial '"logits_shifted":{"dtype":"F32","shape":[7,4,2]'
    # 4 of 16 pixels; as a stream of its own for each move.
    PYTHONPATH=$CLONE/docs python3 - test.lts <<-'END'
	import lts, sys
	mirror = lambda i: -1 - i if i < 0 else 31 - i if i > 15 else i
	for k, (dx, dy) in enumerate([(4, 0), (-4, 0), (0, 4), (0, -4)]):
	    with open(f"move{k}", "wb") as out:
	        for info, t in lts.read(open(sys.argv[1], "rb")):
	            n, old, new = t["image"][1][0], t["image"][2], bytearray()
	            for i in range(n):
	                for y in range(16):
	                    for x in range(16):
	                        at = ((i * 16 + mirror(y + dy)) * 16 + mirror(x + dx)) * 3
	                        new += old[at : at + 3]
	            t["image"][2] = bytes(new)
	            lts.write(out, info, t)
	END
    for i in 0 1 2 3; do
        lint-cam -q --drop cam m move$i -o said$i
    done
    PYTHONPATH=$CLONE/docs python3 - <<-'END'
	import lts, struct
	floats = lambda b: struct.unpack(f"<{len(b) // 4}f", b)
	got = [floats(t["logits_shifted"][2]) for _, t in lts.read(open("shifted", "rb"))]
	for k in range(4):
	    for frame, (_, t) in zip(got, lts.read(open(f"said{k}", "rb"))):
	        want = floats(t["logits"][2])
	        for i in range(len(want) // 2):
	            for c in range(2):
	                # sums are cut by the size of a batch
	                assert abs(frame[(i * 4 + k) * 2 + c] - want[i * 2 + c]) < 1e-4, (k, i, c)
	END
}

@test "lint-eval scores moved pictures where there are such answers" {
    lint-cam --shift 0.2 m test.lts | lint-eval -q >t
    grep -qP '^accuracy_shifted\t\*\t\*\t' t
    grep -qP '^worst_group_shifted\t(red|blue)\t' t
    grep -qP '^shift\t\*\t\*\t0.2\t-\t-\t20$' t
    lint-cam m test.lts | lint-eval -q >t
    run -1 grep shift t
}

@test "--deletion adds areas that the map's order decides" {
    python
    lint-cam --deletion 4 m test.lts >a
    run -0 headers a
    assert_output --partial '"deletion":{"dtype":"F32","shape":[7]'
    lint-eval -q a | grep -P '^(deletion|insertion)\t\*\t\*\t(0|1|0\.[0-9]+)\t'
    # One step has no order: both areas are the line between the picture and the blurred one.
    lint-cam --deletion 1 m test.lts >one
    assert_equal "$(tensor one deletion)" "$(tensor one insertion)"
    # Maps are needed, but need not be written.
    lint-cam --deletion 4 --drop cam m test.lts >without
    refute_regex "$(headers without)" '"cam"'
    assert_equal "$(tensor without deletion)" "$(tensor a deletion)"
    grep -v cam "$SUPPORT/tiny.net" >blind.net
    lint-train -q --net blind.net --train train.lts --epochs 1 -o blind
    run -1 lint-cam --deletion 4 --drop cam blind test.lts
    assert_output "lint-cam: blind: its network has no 'cam' line, so no maps"
}

@test "--shift and --deletion give the same bytes for any number of threads" {
    local t
    lint-cam --shift 0.1667 --deletion 5 --threads 1 m test.lts >one
    for t in 2 3 8; do
        lint-cam --shift 0.1667 --deletion 5 --threads $t m test.lts | cmp - one
    done
}

@test "what an earlier model said of moved and erased pictures does not stay" {
    lint-cam --shift 0.25 --deletion 2 m test.lts | lint-cam m - >again
    lint-cam m test.lts >plain
    refute_regex "$(headers again)" 'shift|deletion|insertion'
    cmp again plain
}

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "--nonsense" "m a b" "m --png" "m --threads x" "m test.lts --pick first" \
        "m test.lts --grid-seed 1" "m test.lts --title x" "--grid g --pick x m" \
        "--grid g --grid-seed -1 m" "--grid g --pick first --grid-seed 1 m" "-" "- -" \
        "m test.lts --shift 0" "m test.lts --shift 0.6" "m test.lts --deletion 0" \
        "m test.lts --deletion 101" "m test.lts -o g --grid g"; do
        run -2 --separate-stderr lint-cam $wrong </dev/null
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-cam: '
        assert_output ''
        assert_not_exist g
    done
}

@test "--help is a screen with an example, and says what the pictures show" {
    run -0 lint-cam --help
    assert_line --regexp '^Usage: lint-cam '
    assert_line --partial 'lint-cam --grid sheet.png'
    assert_output --partial 'the predicted class exceeds the mean of'
    assert [ "${#lines[@]}" -le 40 ]
}

# --- the filter ----------------------------------------------------------------------------------

@test "logits and maps are added, frame by frame, and all else passes" {
    lint-cam m test.lts >out
    run -0 headers out
    assert_equal "${#lines[@]}" 3
    local i
    for i in 0 1; do
        assert_regex "${lines[i]}" '"logits":\{"dtype":"F32","shape":\[7,2\]'
        assert_regex "${lines[i]}" '"cam":\{"dtype":"F32","shape":\[7,2,8,8\]'
        assert_regex "${lines[i]}" '"kind":"predictions"'
    done
    assert_regex "${lines[2]}" '"cam":\{"dtype":"F32","shape":\[6,2,8,8\]'
    local name
    for name in image label mask; do
        diff <(tensor test.lts $name) <(tensor out $name)
    done
}

@test "a model that has learned its task answers right" {
    lint-cam m test.lts >out
    paste - - < <(tensor out logits) | awk '{ print ($2 > $1) ? 1 : 0 }' | diff <(tensor test.lts label) -
}

@test "its answers are not those of another model, nor doubled, if there are some already" {
    lint-cam m test.lts >once
    lint-cam m once | cmp once -
}

@test "an unknown tensor passes, and --drop leaves out what it names" {
    lint-cam --drop image --drop mask m test.lts >out
    run -0 headers out
    refute_output --partial '"image"'
    refute_output --partial '"mask"'
    assert_output --partial '"label"'
    run -0 --separate-stderr lint-cam --drop mask --drop nothing -o out small named.lts
    assert_equal "$stderr" 'lint-cam: --drop nothing: there is no tensor of this name'
    diff <(names named.lts) <(names out)
    lint-eval out >/dev/null
}

@test "the same bytes come from a file and a pipe, from one thread and two" {
    lint-cam --threads 1 --grid a.png m test.lts -o a
    lint-cam --threads 2 --grid b.png m <test.lts >b
    cmp a b
    cmp a.png b.png
}

@test "no samples are an error" {
    run -1 lint-cam m -o out </dev/null
    assert_output 'lint-cam: standard input: no samples'
    samples 0 >none.lts
    run -1 lint-cam --grid g.png small none.lts -o out
    assert_output 'lint-cam: none.lts: no samples'
    assert_not_exist out
    assert_not_exist g.png
}

@test "one sample is enough" {
    tiny n=1 | lint-cam --grid g.png m >out
    run -0 tensor out logits
    assert_equal "${#lines[@]}" 2
    run -0 png_size g.png
    assert_regex "$output" '^[34].. 264$' # as wide as the legend
}

@test "a model of one class is fine" {
    tiny classes=red n=8 >one.lts
    lint-train -q --net "$SUPPORT/tiny.net" --train one.lts --epochs 1 -o one
    lint-cam --grid g.png one one.lts >out
    run -0 tensor out logits
    assert_equal "${#lines[@]}" 8
    assert_file_exist g.png
}

# --- errors --------------------------------------------------------------------------------------

@test "an input that is missing, a directory, or no stream is named in one line" {
    echo 'this is not a stream of tensors' >text
    local input
    for input in missing . text; do
        run -1 --separate-stderr lint-cam m $input -o out
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" "^lint-cam: $input: "
        assert_not_exist out
        run -1 --separate-stderr lint-cam $input test.lts -o out
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" "^lint-cam: $input: "
        assert_not_exist out
    done
}

@test "samples are no model, and a model is no samples" {
    tiny n=4 >one-frame.lts
    run -1 lint-cam one-frame.lts test.lts
    assert_output --regexp "^lint-cam: one-frame.lts: not a model of lint: "
    run -1 lint-cam m m
    assert_output --regexp "^lint-cam: m: frame 1: no 'image'"
}

@test "pictures of another size are refused, with both sizes" {
    run -1 lint-cam m named.lts
    assert_output "lint-cam: named.lts: frame 1: pictures are 4x4, but the model takes 16x16 (lint-split --size)"
}

@test "samples of other classes are refused, with both lists" {
    tiny n=4 classes=cat,dog >pets.lts
    cat test.lts pets.lts >mixed.lts
    run -1 --separate-stderr lint-cam m mixed.lts
    assert_equal "$stderr" "lint-cam: mixed.lts: frame 4: the samples' classes are cat, dog, but the model was trained on red, blue"
}

@test "a stream without class names gets the model's, but no label beyond them" {
    tiny n=4 classes= label=1 >nameless.lts
    lint-cam m nameless.lts >out
    run -0 headers out
    assert_output --partial '"classes":"[\"red\",\"blue\"]"'
    tiny n=4 classes= label=2 >nameless.lts
    run -1 --separate-stderr lint-cam m nameless.lts
    assert_regex "$stderr" '^lint-cam: nameless.lts: frame 1: '
}

@test "a stream cut anywhere is an error, and leaves neither output nor sheet" {
    local size cut
    size=$(stat -c %s test.lts)
    for cut in 1 8 9 200 500 $((size / 2)) $((size - 1)); do
        head -c "$cut" test.lts >cut.lts
        run -1 --separate-stderr lint-cam --grid g.png m cut.lts -o out
        assert_regex "$stderr" '^lint-cam: cut.lts: frame [123]: .*truncated'
        assert_not_exist out
        assert_not_exist g.png
    done
}

@test "a full disk is an error, for the stream and for pictures" {
    run -1 bash -c 'lint-cam m test.lts >/dev/full'
    assert_output --regexp '^lint-cam: standard output: .*No space left on device$'
    run -1 lint-cam m test.lts -o /dev/full
    assert_output --partial 'No space left on device'
    run -1 --separate-stderr lint-cam --grid /dev/full m test.lts -o out
    assert_regex "$stderr" '^lint-cam: /dev/full: .*No space left on device$'
    assert_not_exist out
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-cam m test.lts >&-'
    assert_output --partial 'lint-cam: standard output: '
}

@test "a reader that leaves early ends it quietly" {
    tiny n=400 >many.lts
    run -0 bash -c 'set -o pipefail; lint-cam m many.lts | head -c 1 | wc -c
        test "${PIPESTATUS[*]}" = "141 0 0"'
    assert_output 1
}

# --- pictures ------------------------------------------------------------------------------------

@test "--grid draws sixteen samples, four abreast" {
    lint-cam --grid g.png m test.lts >/dev/null
    run -0 png_size g.png
    local w h
    read -r w h <<<"$output"
    assert_equal "$w" $((4 * 128 + 3 * 14 + 2 * 16))
    assert [ "$h" -gt $((4 * 128 + 4 * 34)) ] # with words under each
    lint-cam --grid other.png --title 'another title' m test.lts >/dev/null
    run -1 cmp -s g.png other.png
}

@test "--grid shows both classes of a stream in order of class" {
    { tiny n=30 label=0; tiny n=2 label=1 seed=5; } >sorted.lts
    { tiny n=15 label=0; tiny n=2 label=1 seed=5; } >shorter.lts
    lint-cam --grid a.png m sorted.lts >/dev/null
    lint-cam --grid b.png m shorter.lts >/dev/null
    cmp a.png b.png # 14 and 2 of each
    lint-cam --grid first.png --pick first m sorted.lts >/dev/null
    tiny n=16 label=0 | lint-cam --grid c.png m >/dev/null
    cmp first.png c.png
}

@test "--grid --pick worst draws the mistakes of the model, as lint-show does of its answers" {
    lint-train -q --net "$SUPPORT/tiny.net" --train train.lts --epochs 1 --lr 0.000001 -o raw
    lint-cam --grid cam.png --pick worst --title t raw test.lts >said.lts
    assert [ "$(lint-eval said.lts | awk -F'\t' '$1 == "accuracy" {print $4; exit}')" != 1 ]
    lint-show -o show.png --pick worst --max 16 --columns 4 --title t said.lts
    cmp cam.png show.png
}

@test "--grid-seed draws other samples, the same for the same seed" {
    lint-cam --grid a.png --grid-seed 1 m test.lts >/dev/null
    lint-cam --grid b.png --grid-seed 1 --pick random m test.lts >/dev/null
    lint-cam --grid c.png --grid-seed 2 m test.lts >/dev/null
    cmp a.png b.png
    run -1 cmp -s a.png c.png
}


@test "--png writes a picture for each sample, named by number and name" {
    lint-cam --png why small named.lts >/dev/null
    run -0 ls why
    assert_output "$(printf '%s\n' 00001-s010.png 00002-s011.png 00003-s012.png 00004-s013.png)"
    run -0 png_size why/00001-s010.png
    assert_output --regexp "^$((128 + 32)) "
    assert [ "${output#* }" -gt $((128 + 32 + 3 * 17)) ] # three lines of words
    lint-cam --png why m test.lts >/dev/null # into the same folder, over several frames
    assert_file_exist why/00020.png
}

@test "names cannot lead out of the folder" {
    samples 10 0 1 0 1 | sed 's|s010|../x|; s|s011|/a/b|' >evil.lts
    mkdir -p deep/er
    lint-cam --png deep/er small evil.lts >/dev/null
    assert_equal "$(find . -name '*.png' | wc -l)" 4
    assert_equal "$(find deep/er -name '*.png' | wc -l)" 4
    assert_file_exist deep/er/00001-.._x.png
    assert_file_exist deep/er/00002-_a_b.png
}

@test "a folder that cannot be made is named" {
    touch file
    run -1 lint-cam --png file m test.lts
    assert_output 'lint-cam: file: Not a directory'
    run -1 lint-cam --png missing/why m test.lts
    assert_output 'lint-cam: missing/why: No such file or directory'
}

@test "on a terminal pictures alone are drawn, and a stream alone is refused" {
    run -0 script -qec 'lint-cam -q --grid g.png m test.lts' /dev/null
    refute_output --partial 'lint-cam:'
    assert_file_exist g.png
    run -2 script -qec 'lint-cam m test.lts' /dev/null
    assert_output --partial 'lint-cam: not writing a binary stream to a terminal'
}

@test "--precision is the command's, not the model's; it is near f32, and behind cam it changes nothing" {
    printf '%s\n' 'input 16x16x3' 'a: conv 32 3x3 stride 2 pad 1' relu 'b: conv 32 3x3 pad 1' relu \
        cam globalpool flatten 'fc: dense classes' >wide.net
    lint-train -q --net wide.net --train train.lts --epochs 3 --precision bf16 -o wide
    lint-cam -q wide test.lts >unsaid
    lint-cam -q --precision f32 wide test.lts | cmp - unsaid
    lint-cam -q --precision bf16 --threads 1 wide test.lts >bf16
    lint-cam -q --precision bf16 --threads 2 wide test.lts | cmp - bf16
    near() {
        run -0 awk '{ d = $1 - $2; off += d * d; all += $1 * $1 } END { exit !(off > 0 && off < 4e-4 * all) }' \
            <(paste <(tensor unsaid "$1" | tr ' ' '\n') <(tensor bf16 "$1" | tr ' ' '\n'))
    }
    near logits
    near cam
    run -2 lint-cam --precision half wide test.lts
    assert_output 'lint-cam: --precision half: expected f32|bf16 (see lint-cam --help)'
    printf '%s\n' 'input 16x16x3' relu cam flatten 'fc: dense classes' >dense.net
    lint-train -q --net dense.net --train train.lts --epochs 1 -o dense
    run -2 lint-cam --precision bf16 dense test.lts
    assert_output "lint-cam: --precision: the network has no convolution before its 'cam' line, so bf16 would change nothing (see lint-cam --help)"
}
