load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard --size 96x96 --train 8,8 --val 2 --test 9 --jitter 0.2 --quiet -o photos
    lint-split --quiet --size 96x96 --frame 5 photos -o .
    without mask test.lts >plain.lts
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# without NAME FILE: the stream with that tensor under another name, for the tools one they do not know.
without() {
    perl -e 'my ($name, $file) = @ARGV; local $/; open my $in, "<:raw", $file or die; $_ = <$in>;
        my $to = "x" . substr $name, 1; s/"$name":\{"dtype"/"$to":{"dtype"/g; binmode STDOUT; print' "$@"
}

# agreement TEXT NAME: a number of the line about the agreement.
agreement() {
    sed -nE "s/.*$2 ([0-9.]+).*/\1/p" <<<"$1"
}

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "--method" "--method em" "--threads -1" "a b"; do
        run -2 --separate-stderr lint-mask $wrong </dev/null
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-mask: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-mask --help
    assert_line --regexp '^Usage: lint-mask '
    assert_line --partial 'lint-mask data/train.lts -o data/masked.lts'
}

@test "every sample gets a mask of 0 and 255; everything else stays" {
    local name
    lint-mask -q plain.lts -o out
    run -0 headers out
    assert_line --partial '"mask":{"dtype":"U8","shape":[5,96,96]'
    assert_equal "$(tensor out mask | sort -u | xargs)" '0 255'
    for name in image label place name xask; do
        cmp <(tensor out "$name") <(tensor plain.lts "$name")
    done
}

@test "drawn animals off-centre are found: a mean IoU of 0.7, more than by saliency alone" {
    run -0 --separate-stderr lint-mask test.lts -o /dev/null
    assert_regex "$stderr" '^lint-mask: test.lts: mean IoU 0\.[789][0-9]+ with the masks of 18 pictures \(recall'
    local cut
    cut=$(agreement "$stderr" IoU)
    run -0 --separate-stderr lint-mask --method rbd test.lts -o /dev/null
    run -0 awk "BEGIN { print ($cut > $(agreement "$stderr" IoU)) }"
    assert_output 1
}

@test "masks of the input are kept, and said to be; --replace puts the found ones in their place" {
    run -0 --separate-stderr lint-mask test.lts -o kept
    assert_regex "$stderr" 'masks of the input kept, see --replace$'
    cmp <(tensor kept mask) <(tensor test.lts mask)
    run -0 --separate-stderr lint-mask --replace test.lts -o replaced
    assert_regex "$stderr" 'IoU below 0.2 in 0\.[0-9]+\)$'
    lint-mask -q plain.lts -o found
    cmp <(tensor replaced mask) <(tensor found mask)
    run -0 --separate-stderr lint-mask replaced -o /dev/null
    assert_regex "$stderr" 'mean IoU 1.000 .*recall 1.000, precision 1.000; IoU below 0.2 in 0.000'
}

@test "the same bytes for any number of threads, and from a pipe" {
    local threads
    lint-mask -q --threads 1 plain.lts -o one
    for threads in 2 3 8; do
        lint-mask -q --threads "$threads" plain.lts -o many
        cmp one many
    done
    lint-mask -q - <plain.lts >pipe
    cmp one pipe
}

@test "a picture without an object has an empty mask, which is said" {
    samples 7 0 1 | without mask /dev/stdin >grey.lts
    run -0 --separate-stderr lint-mask grey.lts -o out
    assert_equal "$stderr" 'lint-mask: grey.lts: no object found in 2 of 2 pictures; their masks are empty'
    assert_equal "$(tensor out mask | sort -u | xargs)" 0
    run -0 --separate-stderr lint-mask -q grey.lts -o out
    assert_equal "$stderr" ''
}

@test "--cam needs maps and labels, and uses them up" {
    local set
    for set in train val test; do
        lint-split --quiet --size 16x16 --split "$set" photos -o small-$set.lts
    done
    lint-train --net "$SUPPORT/tiny.net" --train small-train.lts --epochs 1 --quiet -o model
    lint-cam --quiet model small-test.lts -o cam.lts
    lint-mask -q --cam --replace cam.lts -o out
    run -0 headers out
    assert_output --partial '"kind":"samples"'
    refute_output --regexp '"(cam|logits)"'
    run -1 lint-mask --cam small-test.lts -o out.lts
    assert_output "lint-mask: small-test.lts: frame 1: no 'cam' (lint-cam adds a model's maps)"
    without label cam.lts >unlabelled.lts
    run -1 lint-mask --cam unlabelled.lts -o out.lts
    assert_output "lint-mask: unlabelled.lts: frame 1: no 'label', so no map is the label's"
}

@test "docs/outline.py draws the outlines of masks into the pictures, and nothing else" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    lint-mask -q plain.lts -o found
    python3 "$CLONE/docs/outline.py" <found | lint-augment -q >drawn
    cmp <(tensor drawn mask) <(tensor found mask)
    run -0 bash -c "paste -d ' ' <($STREAM tensor found image) <($STREAM tensor drawn image) |
        awk '\$1 != \$2 { n++; if (\$2 != 255 && \$2 != 0) wrong++ } END { print (n > 2000 && n < 100000), wrong + 0 }'"
    assert_output '1 0'
}

@test "a stream without samples or pictures, and what is cut short, end with status 1 and one line" {
    run -1 --separate-stderr lint-mask </dev/null
    assert_equal "$stderr" 'lint-mask: standard input: no samples'
    without image plain.lts >blind.lts
    run -1 lint-mask blind.lts -o out.lts
    assert_output "lint-mask: blind.lts: frame 1: no 'image'"
    head -c 5000 plain.lts >cut.lts
    run -1 lint-mask cut.lts -o out.lts
    assert_output --regexp '^lint-mask: cut.lts: frame 1: truncated'
    run -1 lint-mask missing -o out.lts
    assert_output 'lint-mask: missing: No such file or directory'
    assert_not_exist out.lts
}
