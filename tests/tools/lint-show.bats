load ../support/helpers

tiny() { "$SUPPORT/tiny-samples" "$@"; }

# 20 samples in frames of 9 and 11; a model and what it says of drawn pictures at places.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    {
        samples 0 0 0 1 0 0 0 1 0 0
        samples 9 0 1 0 0 0 1 0 0 -1 1 0
    } >set.lts
    lint-synth orca-leopard --size 16x16 --train 20,10 --val 5 --test 6 --quiet -o drawn
    lint-split --quiet --size 16x16 drawn -o .
    lint-train --net "$SUPPORT/tiny.net" --train train.lts --val val.lts --epochs 2 \
        --quiet -o model
    lint-cam model test.lts -o said.lts
    rm -r drawn
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/{*.lts,model} .
}

# The sides of a PNG, as "W H", after its signature was seen.
sides() {
    perl -e 'local $/; open F, "<:raw", shift; $_ = <F>; /^\x89PNG\r\n/ or die "no PNG\n";
        printf "%d %d", unpack "x16 NN"' "$1"
}

# A listing with runs of spaces as one.
show() { lint-show "$@" | tr -s ' '; }

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "--max 3 set.lts" "--columns 2 set.lts" "--pick first set.lts" \
        "--seed 1 set.lts" "--title x set.lts" "-o x --max 0 set.lts" "-o x --columns 0 set.lts" \
        "-o x --pick best set.lts" "-o x --pick first --seed 1 set.lts" "- -" \
        "-o x --title a --title b set.lts" "-o" "-o x tiny.net" "-o x set.lts tiny.net" \
        "--classes 7 set.lts" "--classes 2 set.lts" "-o x --classes 7 set.lts"; do
        run -2 --separate-stderr lint-show $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-show: '
        assert_output ''
        assert_file_not_exist x
    done
}

@test "--help is a screen with an example" {
    run -0 lint-show --help
    assert_line --regexp '^Usage: lint-show '
    assert_line --partial 'lint-show data/train.lts'
    assert [ "${#lines[@]}" -le 40 ]
}

# --- words: streams ------------------------------------------------------------------------------

@test "a stream is told: kind, samples, frames, size of pictures, tensors, classes" {
    run -0 show set.lts
    assert_line --index 0 set.lts
    assert_line ' kind samples'
    assert_line ' samples 20, in 2 frames of up to 11'
    assert_line ' pictures 4x4'
    assert_line --regexp ' image U8 \[n,4,4,3\]$'
    assert_line --regexp ' label I32 \[n\]$'
    assert_line --regexp ' name U8 \[n,4\]$'
    assert_line ' classes leopard 14'
    assert_line ' orca 5'
    assert_line ' unknown 1'
}

@test "a place has a column, and everything adds up" {
    run -0 show test.lts
    assert_line ' kind samples, split test'
    assert_line ' classes green blue odd all'
    assert_line ' leopard 2 2 2 6'
    assert_line ' orca 2 2 2 6'
    assert_line ' all 4 4 4 12'
}

@test "predictions are told as such, with their maps" {
    run -0 show said.lts
    assert_line ' kind predictions, split test'
    assert_line --regexp ' cam F32 \[n,2,8,8\]$'
    assert_line --regexp ' logits F32 \[n,2\]$'
}

@test "the passes of a loader are told" {
    lint-augment --epochs 3 --shuffle set.lts -o marked.lts
    run -0 show marked.lts
    assert_line ' samples 60, in 3 frames of up to 20'
    assert_line ' epochs 1 to 3: 20 samples each'
}

@test "a stream of many places has a line for each class and place" {
    perl -e '$n = 20; $places = join ",", map { "\\\"p$_\\\"" } 0 .. 19;
        $t = qq({"__metadata__":{"classes":"[\\"a\\",\\"b\\"]","kind":"samples","lint":"1",)
          . qq("places":"[$places]"},"label":{"dtype":"I32","shape":[$n],"data_offsets":[0,80]},)
          . qq("place":{"dtype":"I32","shape":[$n],"data_offsets":[80,160]},)
          . qq("image":{"dtype":"U8","shape":[$n,1,1,3],"data_offsets":[160,220]}});
        print pack("Q<", length $t), $t, pack("l<*", map { $_ % 2 } 0..19), pack("l<*", 0..19), "x" x 60' \
        >many.lts
    run -0 show many.lts
    assert_line ' classes a 1 p0'
    assert_line ' b 1 p19'
}

@test "streams from a pipe and several files, one after the other" {
    run -0 bash -c 'cat set.lts | lint-show'
    assert_line --index 0 'standard input'
    run -0 bash -c 'cat set.lts | lint-show test.lts - model'
    assert_line test.lts
    assert_line 'standard input'
    assert_line model
}

@test "no frames, no samples and one sample are told" {
    : >empty
    run -0 show empty
    assert_output $'empty\n empty: no frames'
    samples 0 >none.lts
    run -0 show none.lts
    assert_line ' samples 0, in 1 frame'
    assert_line ' classes leopard 0'
    samples 0 1 >one.lts
    run -0 show one.lts
    assert_line ' samples 1, in 1 frame'
    assert_line ' orca 1'
}

@test "names that would command a terminal are shown as question marks" {
    METADATA=',"split":"\u001b[31mred\u0007"' samples 0 1 >bad.lts
    run -0 lint-show bad.lts
    assert_line --partial 'split ?[31mred?'
    refute_output --partial $'\e'
}

@test "nor do settings of a training, or the name of a network's file" {
    header '{"__metadata__":{"kind":"model","lint":"1","train":"{\"x\":[\"\\u009b31m\u202e\u00c4\"]}"}}' >bad.lts
    run -0 lint-show bad.lts
    assert_line --partial '["\u009b31m\u202eÄ"]'
    cp "$SUPPORT/tiny.net" $'a\e[31m\xc2\x9bm\xe2\x80\xae.net'
    run -0 lint-show a*.net
    assert_line 'a?[31m??m???.net'
}

# --- words: models and others --------------------------------------------------------------------

@test "a model is told: network, parameters and their number, classes, training" {
    run -0 show model
    assert_line ' kind model'
    assert_line ' classes leopard, orca'
    assert_line ' conv1: conv 4 2x2 same'
    assert_line --regexp ' conv1.weight F32 \[4,3,2,2\] 48$'
    assert_line --regexp ' fc2.bias F32 \[2\] 2$'
    assert_line --regexp ' cam-loss none$'
    # conv 4·3·2·2 + 4; batch norm 4·4; dense 8·256 + 8; 2·8 + 2
    assert_line " total $((48 + 4 + 16 + 8 * 256 + 8 + 18))"
}

@test "any other safetensors file is told" {
    header '{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}' >other
    bytes 8 0 >>other
    run -0 show other
    assert_line " kind not one of lint's (a safetensors file)"
    assert_line ' tensors w F32 [2,1] 2'
}

# --- pictures ------------------------------------------------------------------------------------

@test "-o draws samples, in columns, and says nothing" {
    run -0 lint-show -o two.png --columns 2 test.lts
    assert_output ''
    run -0 lint-show -o six.png --columns 6 test.lts
    read -r w2 h2 <<<"$(sides two.png)"
    read -r w6 h6 <<<"$(sides six.png)"
    assert [ "$w6" -gt "$w2" ]
    assert [ "$h6" -lt "$h2" ]
}

@test "--max bounds the samples drawn" {
    lint-show -o all.png --columns 1 test.lts
    lint-show -o three.png --columns 1 --max 3 test.lts
    read -r _ all <<<"$(sides all.png)"
    read -r _ three <<<"$(sides three.png)"
    assert [ $((3 * three)) -lt $((all + 3 * 60)) ]
    assert [ "$three" -gt $((all / 5)) ]
}

@test "maps of predictions are drawn over the pictures" {
    lint-show -o plain.png test.lts
    lint-show -o maps.png said.lts
    run -1 cmp -s plain.png maps.png
    # The same words without the maps: another picture.
    lint-cam --drop cam model test.lts -o answers.lts
    lint-show -o answers.png --title same answers.lts
    lint-show -o maps.png --title same said.lts
    run -1 cmp -s answers.png maps.png
}

@test "the same samples make the same bytes; another seed, another choice" {
    lint-show -o a.png --max 4 --seed 1 --title t test.lts
    lint-show -o b.png --max 4 --seed 1 --title t test.lts
    lint-show -o c.png --max 4 --seed 2 --title t test.lts
    cmp a.png b.png
    run -1 cmp -s a.png c.png
    cat test.lts | lint-show -o d.png --max 4 --seed 1 --title t
    cmp a.png d.png
}

@test "the first are the first, and spread shows every class" {
    lint-show -o first.png --max 2 --pick first --title t train.lts
    lint-show -o spread.png --max 2 --title t train.lts
    run -1 cmp -s first.png spread.png # the first two are both leopards
}

@test "worst shows the wrong answers, and says how many there are" {
    local wrong=$(lint-eval said.lts | awk -F'\t' '$1 == "accuracy" && $2 == "*" {print $7 - $4 * $7}')
    assert [ "$wrong" -gt 1 ]
    lint-show -o all.png --pick worst --columns 1 --max 100 --title t said.lts
    lint-show -o as-many.png --pick first --columns 1 --max "$wrong" --title t said.lts
    assert_equal "$(sides all.png)" "$(sides as-many.png)"
    lint-show -o two.png --pick worst --columns 1 --max 2 --title t said.lts
    lint-show -o again.png --pick worst --columns 1 --max 2 --title t - <said.lts
    cmp two.png again.png
    run -1 cmp -s two.png <(lint-show -o /dev/stdout --pick first --columns 1 --max 2 --title t said.lts)
}

@test "without answers or without mistakes there is no worst" {
    run -1 lint-show -o x.png --pick worst test.lts
    assert_output "lint-show: test.lts: frame 1: no 'logits' to find mistakes in (lint-cam MODEL adds them)"
    run -1 lint-show -o x.png --pick worst "$CLONE/tests/answer/predictions/better.safetensors"
    assert_output 'lint-show: x.png: no mistakes in 12: no pictures for a sheet'
    assert_file_not_exist x.png
}

@test "several streams are blocks of one sheet" {
    lint-show -o one.png --max 4 test.lts
    lint-show -o two.png --max 4 --title a --title b test.lts said.lts
    read -r w1 h1 <<<"$(sides one.png)"
    read -r w2 h2 <<<"$(sides two.png)"
    assert [ "$h2" -gt $((h1 * 3 / 2)) ]
}

@test "names of any length and script stay within the sheet" {
    local long
    long=$(printf 'ё%.0s' {1..300})
    perl -e 'print qq("classes":"[\\"$ARGV[0]\\",\\"\xe7\x8c\xab\\"]")' "$long" >classes
    perl -e '$c = shift; $t = qq({"__metadata__":{$c,"kind":"samples","lint":"1"},)
        . qq("label":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},)
        . qq("image":{"dtype":"U8","shape":[2,1,1,3],"data_offsets":[8,14]},)
        . qq("name":{"dtype":"U8","shape":[2,4],"data_offsets":[14,22]}});
        print pack("Q<", length $t), $t, pack("l<*", 0, 1), "abcdef", "\xff\xfe\x01\x1b", "ok\0\0"' \
        "$(cat classes)" >names.lts
    lint-show -o names.png names.lts
    lint-show -o plain.png set.lts
    read -r w h <<<"$(sides names.png)"
    assert [ "$w" -lt 600 ]
}

# --- what goes wrong -----------------------------------------------------------------------------

@test "the words are in DejaVu Sans, found by its name in the folders of fonts" {
    run -0 lint-show -o plain.png set.lts
    export XDG_DATA_HOME=$PWD/own XDG_DATA_DIRS=relative::$PWD/none
    mkdir -p own/fonts/a/b
    ln -s .. own/fonts/a/round
    touch own/fonts/a/DejaVuSans.otf
    run -0 lint-show -o found.png set.lts
    cmp found.png plain.png

    echo 'not a font' >own/fonts/a/b/DejaVuSans-Bold.ttf
    run -1 --separate-stderr lint-show -o none.png set.lts
    assert_regex "$stderr" "^lint-show: .*own/fonts/a/b/DejaVuSans-Bold.ttf: FreeType cannot read this font"
    assert_equal "${#stderr_lines[@]}" 1
    assert_file_not_exist none.png
    unset XDG_DATA_HOME
    run -0 env HOME="$PWD" XDG_DATA_DIRS="$PWD/none" lint-show -o home.png set.lts
    cmp home.png plain.png
    mkdir -p .local/share && mv own/fonts .local/share
    run -1 env HOME="$PWD" lint-show -o none.png set.lts
    assert_output --partial .local/share/fonts/a/
}

@test "an input that is missing, a directory, or no stream is named in one line" {
    echo 'this is not a stream of tensors' >text
    local input option
    for input in missing . text; do
        for option in "" "-o x.png"; do
            run -1 --separate-stderr lint-show $option $input
            assert_equal "${#stderr_lines[@]}" 1
            assert_regex "$stderr" "^lint-show: $input: "
            assert_output ''
            assert_file_not_exist x.png
        done
    done
}

@test "a stream cut anywhere is an error, and leaves no picture" {
    local size cut
    size=$(stat -c %s set.lts)
    for cut in 1 8 9 200 500 $((size / 2)) $((size - 1)); do
        head -c "$cut" set.lts >cut.lts
        run -1 --separate-stderr lint-show cut.lts
        assert_regex "$stderr" '^lint-show: cut.lts: frame [12]: .*truncated'
        assert_output ''
        run -1 lint-show cut.lts -o cut.png
        assert_file_not_exist cut.png
    done
}

@test "frames that contradict each other are refused" {
    perl -pe 's/orca/ocra/' set.lts >other.lts
    run -1 bash -c 'cat set.lts other.lts | lint-show'
    assert_output "lint-show: standard input: frame 3: 'classes' differs from the first frame"
}

@test "what has no pictures cannot be drawn" {
    run -1 lint-show -o x.png model
    assert_equal "${#lines[@]}" 1
    lint-cam --drop image model test.lts -o answers.lts
    run -1 lint-show -o x.png answers.lts
    assert_output --partial "no 'image'"
    : >empty
    run -1 lint-show -o x.png empty
    assert_file_not_exist x.png
}

@test "a network is listed layer by layer, with what each costs and sees" {
    run -0 lint-show "$CLONE/models/standard.net"
    assert_line --regexp '^  conv3 +conv 64 2x2 same +96x96x64 +4,160 +37,748,736 +6x6$'
    assert_line --regexp '^  fc1 +dense 128 +1x1x128 +2,359,424 +2,359,296$'
    assert_line --regexp '^  total +2,400,194 +103,835,712$'
    assert_output --partial 'Maps are 24x24 of 32 features; one cell sees 16x16 of the 192x192'
    run -0 lint-show --classes 10 "$CLONE/models/standard.net"
    assert_line --regexp '^  fc5 +dense classes +1x1x10 +330 +320$'
}

@test "a block's layers carry its name, and its sum sees what the wider way sees" {
    printf '%s\n' 'input 8x8x3' 'a: conv 4 1x1' 'r: residual' 'a: conv 4 3x3 pad 1' shortcut \
        'b: conv 4 1x1 nobias' add cam globalpool 'fc: dense classes' >r.net
    run -0 lint-show r.net
    assert_line --regexp '^  r.a +conv 4 3x3 pad 1 +8x8x4 +148 +9,216 +3x3$'
    assert_line --regexp '^  r.b +conv 4 1x1 nobias +8x8x4 +16 +1,024 +1x1$'
    assert_line --regexp '^ +add +8x8x4 +3x3$'
}

@test "a mistake in a network is named with its line" {
    printf '%s\n' 'input 8x8x3' 'conv 4 1x1' >bad.net
    run -1 --separate-stderr lint-show bad.net
    assert_equal "$output" ''
    assert_regex "$stderr" '^lint-show: bad.net:2: .*expected .NAME: conv OUT.classes KxK'
}

@test "a full disk is an error" {
    run -1 bash -c 'lint-show set.lts >/dev/full'
    assert_output 'lint-show: standard output: No space left on device'
    run -1 lint-show set.lts -o /dev/full
    assert_output --partial 'No space left on device'
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-show set.lts >&-'
    assert_output --partial 'lint-show: standard output: '
}

@test "a reader that leaves early ends it quietly" {
    run -0 bash -c 'lint-show $(yes model | head -n 2000) | head -c 1
        test "${PIPESTATUS[*]}" = "141 0"'
    assert_output m
}

# tensors N FRAMES: frames of no samples, each of N tensors that nobody knows.
tensors() {
    perl -e 'my ($n, $frames) = @ARGV;
        my $h = join ",", map { qq("$_":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}) }
            (map { "t$_" } 1 .. $n);
        $h = qq({"image":{"dtype":"U8","shape":[0,1,1,3],"data_offsets":[0,0]},$h});
        print pack("Q<", length $h), $h for 1 .. $frames' "$@"
}

@test "what takes a moment for a few tensors, labels or keys takes no minutes for many" {
    tensors 100000 1 >many.lts
    run -0 timeout 30 bash -c 'lint-show many.lts | grep -c "U8 "'
    assert_output 100001
    tensors 40000 3 >frames.lts
    run -0 timeout 30 bash -c 'lint-augment frames.lts 2>said | lint-show | grep -c "U8 "'
    assert_output 40001
    # Labels and places without names, the largest label first.
    perl -e 'my $n = 300000;
        my $h = sprintf q({"__metadata__":{"kind":"samples"},"label":{"dtype":"I32","shape":[%d],"data_offsets":[0,%d]},) .
            q("place":{"dtype":"I32","shape":[%d],"data_offsets":[%d,%d]}}), $n, 4 * $n, $n, 4 * $n, 8 * $n;
        print pack("Q<", length $h), $h, pack("l<*", reverse(0 .. $n - 1), map { $_ % 3 } 1 .. $n)' >labels.lts
    run -0 timeout 30 bash -c 'lint-show labels.lts | tail -3 | tr -s " "'
    assert_output ' class 299998 0 0 1 1
 class 299999 0 1 0 1
 all 100000 100000 100000 300000'
    perl -e 'my $h = q({"__metadata__":{) . join(",", map { qq("k$_":"v") } 1 .. 100000) .
            q(},"label":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}});
        print pack("Q<", length $h), $h, "\0" x 4 for 1 .. 2' >keys.lts
    run -0 timeout 30 bash -c 'lint-augment keys.lts | lint-show | grep -c ": v"'
    assert_output 100000
}
