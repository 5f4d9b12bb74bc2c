load ../support/helpers

# 20 samples, 5 of them orcas, in frames of 9 and 11.
setup_file() {
    {
        samples 0 0 0 1 0 0 0 1 0 0
        samples 9 0 1 0 0 0 1 0 0 0 1 0
    } >"$BATS_FILE_TMPDIR/set.lts"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR/set.lts" .
}

# count VALUE: how many lines of standard input are that.
count() { grep -cx -- "$1" || true; }

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "--flip x" "--rotate 181" "--rotate -1" "--rotate nan" "--crop 0" \
        "--crop 1.5" "--shift 2" "--brightness x" "--noise -0.1" "--epochs 0" "--epochs 1.5" \
        "--frame -1" "--seed -1" "--threads x" "a b" "--rotate" "--swap-background 2" "--swap-by center" \
        "--swap-by x --swap-background 1" "--swap-colour 0.5" "--hue 181" "--grey -1" "--scale 2"; do
        run -2 --separate-stderr lint-augment $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-augment: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-augment --help
    assert_line --regexp '^Usage: lint-augment '
    assert_line --partial 'lint-augment --balance data/train.lts'
    assert [ "${#lines[@]}" -le 50 ]
}

@test "an input that is missing, a directory, or no stream is named in one line" {
    echo 'this is not a stream of tensors' >text
    local input option
    for input in missing . text; do
        for option in "" --balance; do
            run -1 --separate-stderr lint-augment $option $input
            assert_equal "${#stderr_lines[@]}" 1
            assert_regex "$stderr" "^lint-augment: $input: "
            assert_output ''
        done
    done
}

@test "a full disk is an error" {
    run -1 bash -c 'lint-augment set.lts >/dev/full'
    assert_output 'lint-augment: standard output: No space left on device'
    run -1 lint-augment --shuffle set.lts -o /dev/full
    assert_output --partial 'No space left on device'
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-augment set.lts >&-'
    assert_output --partial 'lint-augment: standard output: '
}

@test "a reader that leaves early ends it quietly" {
    run -0 bash -c 'set -o pipefail; lint-augment --epochs 1000000 --shuffle --balance set.lts |
        head -c 1 | wc -c; test "${PIPESTATUS[*]}" = "141 0 0"'
    assert_output 1
}

@test "a stream cut anywhere is an error, and leaves no output file" {
    local size cut option
    size=$(stat -c %s set.lts)
    for cut in 1 8 9 200 500 $((size / 2)) $((size - 1)); do
        head -c "$cut" set.lts >cut.lts
        for option in "" --shuffle; do
            run -1 --separate-stderr lint-augment $option cut.lts -o out.lts
            assert_regex "$stderr" '^lint-augment: cut.lts: frame [12]: .*truncated'
            assert_file_not_exist out.lts
        done
    done
}

# --- the filter ----------------------------------------------------------------------------------

@test "without options a stream passes unchanged, but for the size of its frames" {
    lint-augment --frame 7 set.lts >seven.lts
    run -0 headers seven.lts
    assert_equal "${#lines[@]}" 3
    diff <(tensor set.lts image) <(tensor seven.lts image)
    diff <(names set.lts) <(names seven.lts)

    lint-augment --frame 0 <seven.lts >one.lts
    run -0 headers one.lts
    assert_equal "${#lines[@]}" 1
    samples 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 0 >whole.lts
    cmp one.lts whole.lts
    lint-augment whole.lts -o again.lts
    cmp again.lts whole.lts
}

@test "no samples are an error" {
    local option
    samples 0 >none.lts
    for option in "" "--epochs 3 --shuffle" --balance "--flip hv"; do
        run -1 lint-augment $option -o out </dev/null
        assert_output 'lint-augment: standard input: no samples'
        run -1 lint-augment $option none.lts -o out
        assert_output 'lint-augment: none.lts: no samples'
        assert_not_exist out
    done
}

@test "one sample is enough for every option" {
    samples 9 0 >one.lts
    lint-augment --epochs 2 --shuffle --flip hv --rotate 45 --crop 0.5 --shift 0.1 one.lts >out
    run -0 count 9 < <(tensor out image) # all of one colour, wherever it went
    assert_output 96
    lint-augment --brightness 0.5 --noise 0.5 --seed 1 one.lts >out
    run -1 cmp -s out one.lts
}

@test "tensors it does not know follow their samples, and the mask its picture" {
    lint-augment --shuffle --seed 4 set.lts >out
    names set.lts >before
    names out >after
    run -1 cmp -s before after
    diff before <(sort after)
    tensor out mask | uniq >masks # each sample's number, which its name has too
    tensor out image | uniq | diff masks -
    awk '{ printf "s%03d\n", $1 }' masks | diff after -
}

@test "frames of other metadata are not mixed" {
    {
        METADATA=',"epoch":"1"' samples 0 0 1 0
        METADATA=',"epoch":"2"' samples 0 0 1
        METADATA=',"epoch":"2"' samples 2 0
    } >epochs.lts
    lint-augment --noise 0.1 epochs.lts >out
    run -0 headers out
    assert_equal "${#lines[@]}" 2
    assert_line --index 0 --partial '"epoch":"1"'
    assert_line --index 1 --partial '"epoch":"2"'
}

@test "a flip is seen, and twice the same flip is none" {
    # One picture of 2x2: red, green, blue, white; 32 times, for both outcomes to be there.
    header '{"image":{"dtype":"U8","shape":[1,2,2,3],"data_offsets":[0,12]}}' >one.lts
    printf '\1\0\0\0\2\0\0\0\3\7\7\7' >>one.lts
    cat one.lts one.lts one.lts one.lts >four.lts
    cat four.lts four.lts four.lts four.lts four.lts four.lts four.lts four.lts | lint-augment >many.lts
    for how in h:0,2,0,1,0,0,7,7,7,0,0,3 v:0,0,3,7,7,7,1,0,0,0,2,0; do
        lint-augment --flip "${how%%:*}" many.lts >out
        tensor out image | awk '{ printf "%s%s", $1, NR % 12 ? "," : "\n" }' | sort |
            uniq -c >seen
        run -0 cat seen
        assert_line --regexp "^ +[12]?[0-9] ${how##*:}$"
        assert_line --regexp '^ +[12]?[0-9] 1,0,0,0,2,0,0,0,3,7,7,7$'
        assert_equal "${#lines[@]}" 2
        lint-augment --flip "${how%%:*}" out >back
        cmp many.lts back
    done
}

@test "maps and logits, which belong to the pictures as they are, stop a change and pass otherwise" {
    header '{"logits":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"image":{"dtype":"U8","shape":[1,1,1,3],"data_offsets":[8,11]}}' >pred.lts
    bytes 11 0 >>pred.lts
    run -1 lint-augment --flip h pred.lts
    assert_output "lint-augment: pred.lts: 'logits' was computed for the unchanged pictures: augment first, then predict"
    run -0 bash -c 'lint-augment --shuffle pred.lts | cmp - pred.lts'
}

# --- balance -------------------------------------------------------------------------------------

@test "--balance makes classes equal: originals first and unchanged, then copies under their names" {
    lint-augment --balance set.lts >out
    names set.lts >before
    names out >after
    run -0 tensor out label
    assert_equal "$(count 0 <<<"$output") $(count 1 <<<"$output")" '15 15'
    diff before <(head -20 after)
    cmp <(tensor set.lts image) <(tensor out image | head -960)
    # Five orcas, ten copies: each is copied twice, the second round after the first.
    sed -n '21,25p' after >first
    diff first <(sed -n '26,30p' after)
    diff <(sort first) <(sed -n '3p;7p;11p;15p;19p' before)
}

@test "--balance turns and flips copies, unless it is told not to" {
    # An orca in four colours, one to four rows each, and two leopards.
    header '{"label":{"dtype":"I32","shape":[3],"data_offsets":[0,12]},"image":{"dtype":"U8","shape":[3,4,4,3],"data_offsets":[12,156]}}' >set.lts
    {
        little 0 4
        little 0 4
        little 1 4
        bytes 96 0
        bytes 12 10
        bytes 12 20
        bytes 12 30
        bytes 12 40
    } >>set.lts
    lint-augment --balance set.lts >out
    run -0 bash -c "tail -c 48 out | cmp -s - <(tail -c 48 set.lts) && echo unchanged; true"
    assert_output ''
    run -0 cmp -n 144 <(tensor out image) <(tensor set.lts image)
    lint-augment --balance --flip none --rotate 0 set.lts >out
    run -0 cmp <(tail -c 48 out) <(tail -c 48 set.lts)
}

@test "--balance needs labels, and a sample of each class; unknown labels pass" {
    header '{"image":{"dtype":"U8","shape":[1,1,1,3],"data_offsets":[0,3]}}' >bare.lts
    bytes 3 0 >>bare.lts
    run -1 lint-augment --balance bare.lts
    assert_output 'lint-augment: bare.lts: cannot balance: no sample has a label'
    samples 0 0 0 0 >leopards.lts
    run -1 lint-augment --balance leopards.lts
    assert_output "lint-augment: leopards.lts: cannot balance: class 'orca' has no samples to copy"
    samples 0 0 -1 -1 0 1 -1 >unknown.lts
    lint-augment --balance unknown.lts >out
    run -0 tensor out label
    assert_output "$(printf '%s\n' 0 -1 -1 0 1 -1 1)"
}

@test "one class, where no other is named, needs no copy" {
    header '{"label":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"image":{"dtype":"U8","shape":[2,1,1,3],"data_offsets":[8,14]}}' >one.lts
    bytes 14 0 >>one.lts
    run -0 bash -c 'lint-augment --balance one.lts | cmp - one.lts'
}

# groups LABEL/PLACE...: a frame of 1x1 pictures, sample i of colour i.
groups() {
    local n=$# one i
    header "{\"__metadata__\":{\"places\":\"[\\\"land\\\",\\\"sea\\\"]\"},\"label\":{\"dtype\":\"I32\",\"shape\":[$n],\"data_offsets\":[0,$((4 * n))]},\"place\":{\"dtype\":\"I32\",\"shape\":[$n],\"data_offsets\":[$((4 * n)),$((8 * n))]},\"image\":{\"dtype\":\"U8\",\"shape\":[$n,1,1,3],\"data_offsets\":[$((8 * n)),$((11 * n))]}}"
    for one; do little "${one%/*}" 4; done
    for one; do little "${one#*/}" 4; done
    for ((i = 0; i < n; i++)); do bytes 3 "$i"; done
}

# who FILE: label, place and first byte of each sample.
who() { paste -d' ' <(tensor "$1" label) <(tensor "$1" place) <(tensor "$1" image | sed -n '1~3p'); }

@test "--balance-groups draws the same number of each group, as many samples as there are" {
    groups 0/0 0/0 0/0 1/1 0/0 0/0 0/1 0/0 1/1 0/0 0/0 1/1 >set.lts
    lint-augment --balance-groups --epochs 2 --frame 0 set.lts >out
    who out | split -l 12 - epoch-
    for one in aa ab; do
        run -0 bash -c "cut -d' ' -f1,2 epoch-$one | sort | uniq -c | xargs"
        assert_output '4 0 0 4 0 1 4 1 1'
        # None is drawn twice before all were drawn once.
        assert_equal "$(grep '^0 0' epoch-$one | sort -u | wc -l)" 4
        assert_equal "$(grep '^1 1' epoch-$one | sort -u | wc -l)" 3
        # What was drawn is what was there.
        run -1 grep -vxf <(who set.lts) epoch-$one
    done
    run -1 cmp -s <(sort epoch-aa) <(sort epoch-ab)
    lint-augment --balance-groups --epochs 2 --shuffle --frame 5 set.lts >shuffled
    diff <(sort epoch-aa) <(who shuffled | head -12 | sort)
}

@test "--balance-groups needs the group of every sample, and goes without --balance" {
    run -1 lint-augment --balance-groups set.lts
    assert_output 'lint-augment: set.lts: cannot balance groups: a sample has no place'
    groups 0/0 -1/0 >set.lts
    run -1 lint-augment --balance-groups set.lts
    assert_output 'lint-augment: set.lts: cannot balance groups: a sample has no label'
    run -2 lint-augment --balance --balance-groups set.lts
    assert_output --partial 'leave out --balance'
}

# --- the loader ----------------------------------------------------------------------------------

@test "--epochs --shuffle gives each epoch all samples in a new order, marked in its frames" {
    lint-augment --epochs 3 --shuffle --frame 8 set.lts >out
    run -0 bash -c "grep -o '\"epoch\":\"[0-9]*\"' | uniq -c" < <(headers out)
    assert_equal "${#lines[@]}" 3
    assert_line --index 0 --regexp '^ +3 "epoch":"1"$'
    assert_line --index 1 --regexp '^ +3 "epoch":"2"$'
    assert_line --index 2 --regexp '^ +3 "epoch":"3"$'
    run -0 bash -c "grep -o '\"epoch[^,]*s\":\"[0-9]*\"' | sort -u" < <(headers out)
    assert_output $'"epoch_samples":"20"\n"epochs":"3"'
    names set.lts >before
    names out | split -l 20 - order-
    for part in aa ab ac; do diff <(sort order-$part) before; done
    run -1 cmp -s order-aa order-ab
    run -1 cmp -s order-ab order-ac
    run -1 cmp -s order-aa before
}

@test "an epoch is changed afresh, and copies are too" {
    lint-augment --epochs 2 --balance --noise 0.2 --frame 0 set.lts >out
    run -0 headers out
    assert_equal "${#lines[@]}" 2
    tensor out image | split -l 1440 - epoch-
    run -1 cmp -s epoch-aa epoch-ab
    lint-augment --noise 0.2 set.lts >once
    run -0 cmp -n 960 <(head -960 epoch-aa) <(tensor once image)
}

@test "a pipe gives what a file gives" {
    lint-augment --epochs 2 --shuffle --balance set.lts >file.lts
    cat set.lts | lint-augment --epochs 2 --shuffle --balance - >pipe.lts
    cmp file.lts pipe.lts
}

@test "the same bytes for any number of threads and in every run, others for another seed" {
    local all="--balance --epochs 2 --shuffle --flip hv --rotate 20 --crop 0.6 --shift 0.1 --brightness 0.3 --noise 0.1 --hue 90 --saturation 0.5 --grey 0.2 --scale 0.3 --swap-background 0.5 --swap-colour 0.5"
    lint-augment $all --threads 1 set.lts >a
    lint-augment $all --threads 2 set.lts >b
    lint-augment $all --threads 5 --seed 0 set.lts >c
    lint-augment $all --seed 1 set.lts >d
    cmp a b
    cmp a c
    run -1 cmp -s a d
}

@test "a long stream needs memory for a frame" {
    # 28 frames of 7 MB under a limit of 100 MB for everything, code and stacks included.
    if grep -q __asan_init "$(command -v lint-augment)"; then skip 'the sanitizer reserves terabytes'; fi
    {
        header '{"image":{"dtype":"U8","shape":[64,192,192,3],"data_offsets":[0,7077888]}}'
        bytes 7077888 0
    } >frame.lts
    run -0 bash -c 'set -o pipefail; for i in {1..28}; do cat frame.lts; done |
        (ulimit -v 100000; lint-augment --threads 1 --flip h) | wc -c'
    assert [ "$output" -ge $((28 * 7077888)) ]
}

@test "more threads than there is memory for: the first that cannot start is told" {
    if grep -q __asan_init "$(command -v lint-augment)"; then skip 'the sanitizer reserves terabytes'; fi
    run -1 bash -c 'ulimit -s 8192; ulimit -v 2000000; lint-augment --threads 1024 set.lts'
    assert_output --regexp '^lint-augment: cannot start thread [0-9]{2,3} of 1024$'
}

# --- backgrounds ---------------------------------------------------------------------------------

@test "a swapped background is another sample's, from whatever frame, and its place is not known" {
    # Frames of one sample: a donor of the same frame would be the sample itself.
    "$SUPPORT/tiny-samples" n=12 frame=1 mask=1 places=sea,land >tiny.lts
    for by in center mask; do
        lint-augment --swap-background 1 --swap-by $by tiny.lts >out.lts
        run -0 tensor out.lts place
        assert_output "$(for i in {1..12}; do echo -1; done)"
        assert_equal "$(tensor out.lts label)" "$(tensor tiny.lts label)"
        run -1 cmp -s <(tensor tiny.lts image) <(tensor out.lts image)
        lint-augment --swap-background 1 --swap-by $by - <tiny.lts | cmp - out.lts
        for threads in 1 2 5; do
            lint-augment --swap-background 1 --swap-by $by --threads $threads tiny.lts | cmp - out.lts
        done
    done
    lint-augment --swap-background 0 tiny.lts | cmp - <(lint-augment tiny.lts)
}

@test "a swap by mask keeps the object, and needs masks" {
    "$SUPPORT/tiny-samples" n=4 mask=1 size=16 >tiny.lts
    lint-augment --swap-background 1 --swap-by mask tiny.lts >out.lts
    assert_equal "$(tensor out.lts mask)" "$(tensor tiny.lts mask)"
    # The pixel in the middle, of 16x16.
    middle() { tensor "$1" image | awk 'NR % 768 >= 409 && NR % 768 <= 411'; }
    assert_equal "$(middle out.lts)" "$(middle tiny.lts)"
    "$SUPPORT/tiny-samples" n=4 >bare.lts
    run -1 lint-augment --swap-background 1 --swap-by mask bare.lts
    assert_output "lint-augment: bare.lts: no 'mask' to swap backgrounds by"
}
