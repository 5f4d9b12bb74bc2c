load ../support/helpers

# A small resnet18 beside the real one's name, a model and its bare weights, samples with masks.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir models
    sed 's/224x224/32x32/' "$CLONE/models/resnet18.net" >models/resnet18.net
    cp "$CLONE"/models/{cnn,head,resnet50}.net models
    lint-synth orca-leopard --size 32x32 --train 12,7 --val 4 --test 4 --quiet -o photos
    lint-split --quiet --size 32x32 --frame 5 photos -o .
    lint-train --quiet --net resnet18 --train train.lts --epochs 1 --lr 0 --batch 8 --seed 7 -o model
    bare model >weights
    lint-features model train.lts -o features.lts
    lint-features model val.lts -o features-val.lts
    lint-train --quiet --net head --train features.lts --val features-val.lts --epochs 3 \
        --cam-loss energy --prior mask --optim adam -o linear
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    rm -f out
}

# bare MODEL: its tensors without metadata, as a state dict has them.
bare() {
    perl -e 'local $/; open my $in, "<:raw", $ARGV[0] or die; $_ = <$in>; my $n = unpack "Q<", $_;
        my $header = substr $_, 8, $n; $header =~ s/"__metadata__":\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\},?//;
        binmode STDOUT; print substr($_, 0, 8), $header . " " x ($n - length $header), substr $_, 8 + $n' "$1"
}

# close_to FILE FILE TOLERANCE [TENSOR]: whether the logits agree, relative to the largest.
close_to() {
    run -0 awk -v most="$3" '{ d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d
        a = $1 < 0 ? -$1 : $1; if (a > largest) largest = a }
        END { exit !(NR && largest > 0 && worst <= most * largest) }' \
        <(paste <(tensor "$1" "${4-logits}" | tr ' ' '\n') <(tensor "$2" "${4-logits}" | tr ' ' '\n'))
}

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "--nonsense" "--join linear --head model" "--which --net cnn weights" "--join linear model x" \
        "--head --drop image model" "--head --shift 0.1 model" "--shift 0.6 model train.lts" "a b c" "- train.lts"; do
        run -2 --separate-stderr lint-features $wrong </dev/null
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-features: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-features --help
    assert_line --regexp '^Usage: lint-features '
    assert_line --partial 'lint-features --join head.safetensors'
}

@test "every sample gets features; everything else stays, but for what --drop names" {
    local name
    run -0 headers features.lts
    assert_line --partial '"features":{"dtype":"F16","shape":[5,512,1,1]'
    assert_line --regexp '"backbone":"[0-9a-f]{16}"'
    for name in image label place name mask; do
        cmp <(tensor features.lts "$name") <(tensor train.lts "$name")
    done
    lint-features --drop image --drop mask model train.lts -o out
    run -0 names out
    refute_output --partial image
    refute_output --partial mask
    cmp <(tensor out features) <(tensor features.lts features)
}

@test "a model, its bare weights with --net, and without give the same bytes, with any threads" {
    lint-features --threads 1 weights train.lts | cmp - features.lts
    lint-features --threads 3 --net resnet18 weights train.lts | cmp - features.lts
}

@test "weights tell their network, or that none is theirs" {
    run -0 lint-features --which weights
    assert_output models/resnet18.net
    run -1 --separate-stderr lint-features --which train.lts
    assert_regex "$stderr" '^lint-features: train.lts: '
    cp models/resnet18.net models/twin.net
    run -1 --separate-stderr lint-features weights train.lts
    assert_equal "$stderr" \
        'lint-features: weights: fits both models/resnet18.net and models/twin.net: give --net'
    rm models/twin.net
    mv models/resnet18.net other
    run -1 --separate-stderr lint-features weights train.lts
    assert_equal "$stderr" \
        'lint-features: weights: its tensors are those of no network in models: give --net'
    mv other models/resnet18.net
}

@test "the joined model answers from pictures as the head does from features" {
    lint-features --join linear weights -o joined
    lint-cam -q joined val.lts -o from-pictures
    lint-cam -q linear features-val.lts -o from-features
    close_to from-pictures from-features 1e-3
    lint-eval -q from-pictures >table
    lint-cam -q joined features-val.lts | lint-eval -q - | cmp - table
    run -0 lint-predict joined photos/images/test-0001.png
    assert_regex "$output" $'^photos/images/test-0001.png\t(orca|leopard)\t'
}

@test "a head answers for moved pictures from their features as the joined model does" {
    lint-features --join linear weights -o joined
    lint-features --shift 0.25 --threads 1 model val.lts -o moved.lts
    lint-features --shift 0.25 --threads 3 model val.lts | cmp - moved.lts
    run -0 headers moved.lts
    assert_line --partial '"features_shifted":{"dtype":"F16","shape":[5,4,512,1,1]'
    assert_line --partial '"features_shift":"0.25"'
    cmp <(tensor moved.lts features) <(tensor features-val.lts features)
    lint-cam -q --shift 0.25 joined val.lts -o from-pictures
    lint-cam -q --shift 0.25 linear moved.lts -o from-features
    close_to from-pictures from-features 1e-3 logits_shifted
    run -0 headers from-features
    assert_line --partial '"shift":"0.25"'
    # What does not belong together, each by name; and what an earlier backbone said goes.
    run -1 --separate-stderr lint-cam --shift 0.25 linear features-val.lts -o out
    assert_equal "$stderr" "lint-cam: features-val.lts: frame 1: no 'features_shifted', which the model takes: \
it is a head (lint-features --shift 0.25 adds them)"
    run -1 --separate-stderr lint-cam --shift 0.1 linear moved.lts -o out
    assert_equal "$stderr" "lint-cam: moved.lts: frame 1: 'features_shifted' are of pictures moved by 0.25, not 0.1"
    lint-features model moved.lts | cmp - features-val.lts
}

@test "the joined network is the backbone's own, where the head is" {
    lint-features --head model -o own.net
    run -0 head -n 2 own.net
    assert_line --index 0 'input 1x1x512 features'
    assert_line --index 1 --regexp '^ *cam$'
    lint-train --quiet --net own.net --train features.lts --epochs 1 -o own
    lint-features --join own model -o joined
    lint-show joined >shown
    grep -q 'layer4.1' shown
    lint-features joined train.lts | cmp - features.lts
}

@test "a head of another backbone, or no head, is refused" {
    lint-train --quiet --net resnet18 --train train.lts --epochs 1 --lr 0 --batch 8 --seed 8 -o other
    run -1 --separate-stderr lint-features --join linear other -o out
    assert_equal "$stderr" 'lint-features: linear: was trained on features of another backbone'
    assert_not_exist out
    run -1 --separate-stderr lint-features --join model model -o out
    assert_equal "$stderr" "lint-features: model: the head's input is not features"
    lint-features other val.lts -o others.lts
    run -1 --separate-stderr lint-train --net head --train features.lts --val others.lts -o out
    assert_equal "$stderr" \
        'lint-train: others.lts: its features come from another backbone than those of features.lts'
}

@test "views take turns, for as many epochs as asked, from a file or a pipe" {
    lint-augment --balance --epochs 3 --flip h --swap-background 1 --swap-by mask train.lts |
        lint-features --drop image model -o views.lts
    lint-train --quiet --net head --train views.lts --val features-val.lts --epochs 7 --batch 4 \
        --cam-loss energy --prior mask -o a --log log.tsv
    assert_equal "$(grep -cv '^#' log.tsv)" 8
    assert_equal "$(grep '# train-samples' log.tsv)" $'# train-samples\t24'
    lint-train --quiet --net head --val features-val.lts --epochs 7 --batch 4 --threads 3 \
        --cam-loss energy --prior mask -o b <views.lts
    cmp a b
    cat views.lts | lint-train --quiet --net head --val features-val.lts --epochs 7 --batch 4 \
        --cam-loss energy --prior mask -o b
    cmp a b
}

@test "group DRO, class weights and checkpoints work on features" {
    lint-train --quiet --net head --train features.lts --objective dro --epochs 2 -o dro
    lint-train --quiet --net head --train features.lts --class-weights balanced --epochs 4 -o whole
    lint-train --quiet --net head --train features.lts --class-weights balanced --epochs 4 \
        --checkpoint state -o parts
    cmp whole parts
    lint-features --drop image other val.lts >others.lts 2>/dev/null ||
        lint-augment --shuffle features.lts >others.lts
    run -1 --separate-stderr lint-train --quiet --net head --train others.lts --class-weights balanced \
        --epochs 4 --checkpoint state -o parts
    assert_regex "$stderr" 'training samples'
}

@test "features are made of pictures that change no more" {
    run -1 --separate-stderr lint-augment --flip h features.lts -o out
    assert_regex "$stderr" "'features' was computed for the unchanged pictures: augment first"
    lint-augment --balance --flip none --rotate 0 features.lts -o /dev/null
}

@test "a head asks for features, a network for pictures, each by name" {
    run -1 --separate-stderr lint-train --net head --train train.lts -o out
    assert_equal "$stderr" \
        "lint-train: train.lts: no 'features', which the network takes (lint-features adds them)"
    lint-features --drop image model val.lts -o bare.lts
    run -1 --separate-stderr lint-train --net resnet18 --train bare.lts -o out
    assert_equal "$stderr" "lint-train: bare.lts: no 'image', which the network takes"
    run -1 --separate-stderr lint-cam linear val.lts -o out
    assert_equal "$stderr" "lint-cam: val.lts: frame 1: no 'features', which the model takes: it is a \
head, which lint-features --join joins to its backbone"
    run -1 --separate-stderr lint-predict linear photos/images/test-0001.png
    assert_regex "$stderr" 'takes features, not pictures'
    run -1 --separate-stderr lint-features linear bare.lts -o out
    assert_equal "$stderr" 'lint-features: linear: its network takes features, no pictures'
    run -1 --separate-stderr lint-features model bare.lts -o out
    assert_equal "$stderr" "lint-features: bare.lts: frame 1: no 'image'"
}

@test "pictures of another size are an error that names both" {
    lint-split --quiet --size 48x48 --split val photos -o large.lts
    run -1 --separate-stderr lint-features model large.lts -o out
    assert_equal "$stderr" 'lint-features: large.lts: frame 1: pictures are 48x48, but the network takes 32x32 (lint-split --size)'
    assert_not_exist out
}

@test "features in bf16 are near those in f32, and of the same backbone" {
    lint-features --precision f32 model val.lts | cmp - features-val.lts
    lint-features --precision bf16 --threads 1 model val.lts -o out
    lint-features --precision bf16 --threads 2 model val.lts | cmp - out
    run ! cmp -s out features-val.lts
    lint-cam -q linear features-val.lts >f32
    lint-cam -q linear out >bf16
    close_to f32 bf16 0.02
    lint-features --precision bf16 model train.lts -o bf16.lts
    lint-train --quiet --net head --train bf16.lts --val features-val.lts --epochs 1 -o head-bf16
    lint-features --join head-bf16 model -o joined
    lint-cam -q joined val.lts >/dev/null
    run -2 lint-features --precision bf16 --join linear model
    assert_output 'lint-features: --precision needs samples (see lint-features --help)'
    run -2 lint-train --net head --train bf16.lts --precision bf16 -o out
    assert_output "lint-train: --precision: the network has no convolution before its 'cam' line, so bf16 would change nothing (see lint-train --help)"
}
