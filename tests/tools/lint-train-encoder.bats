#!/usr/bin/env bats
# Mask encoders as their users meet them: lint-train learns one from masks, and trains with it.
load ../support/helpers

tiny() { "$SUPPORT/tiny-samples" "$@"; }

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    tiny n=24 mask=1 >masks.lts
    tiny n=12 mask=1 seed=5 >val.lts
    printf 'input 8x8x1 mask\nflatten\nfc: dense 1\nsigmoid\n' >encoder.net
    lint-train --net encoder.net --train masks.lts --lr 0.05 --epochs 30 -o encoder.safetensors
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/* .
    cp "$SUPPORT/tiny.net" .
}

encoder() { lint-train --net encoder.net --train masks.lts "$@"; }
classifier() {
    lint-train --net tiny.net --train masks.lts --val val.lts --epochs 3 --batch 8 \
        --cam-loss embedding --encoder encoder.safetensors "$@"
}

column() {
    grep -v '^#' "$1" | awk -F'\t' -v want="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at }'
}

# float FILE TENSOR: its first number.
float() { tensor "$1" "$2" | head -n 1; }

@test "an encoder learns to tell masks from their inverses" {
    encoder --val val.lts -o m --log log.tsv --lr 0.05
    assert_equal "$(column log.tsv epoch | tail -n 1)" 100
    [ "$(column log.tsv val_accuracy | tail -n 1)" = 1 ]
    awk -v first="$(column log.tsv train_ce | head -n 1)" \
        -v last="$(column log.tsv train_ce | tail -n 1)" 'BEGIN { exit !(last < first / 4) }'
    awk -v o="$(float m code.object)" -v v="$(float m code.inverted)" \
        'BEGIN { exit !(o > 0.9 && v < 0.1) }'
    headers m | grep -F '"kind":"encoder"'
    grep -P '^# objective\tbinary$' log.tsv
    grep -P '^# optim\tadam$' log.tsv
    grep -P '^# batch\t128$' log.tsv
}

@test "triplets work too, with codes of any length" {
    printf 'input 4x4x1 mask\nflatten\na: dense 6\nrelu\nb: dense 3\n' >code.net
    lint-train --net code.net --train masks.lts --val val.lts --objective triplet --epochs 60 \
        --l1 0.001 --margin 2 --lr 0.05 -o m --log log.tsv
    [ "$(column log.tsv val_accuracy | tail -n 1)" = 1 ]
    awk -v last="$(column log.tsv val_ce | tail -n 1)" 'BEGIN { exit !(last < 0.1) }'
    headers m | grep -F '"code.object":{"dtype":"F32","shape":[3]'
    grep -P '^# l1\t0.001$' log.tsv
    grep -P '^# margin\t2$' log.tsv
}

@test "both objectives judge with their defaults; one that L1 holds down is warned of" {
    local objective
    for objective in binary triplet; do
        run -0 encoder --objective $objective --lr 0.05 -o m
        assert_output ''
        awk -v o="$(float m code.object)" -v v="$(float m code.inverted)" \
            'BEGIN { exit !(o - v > 0.7 || v - o > 0.7) }'
    done
    run -0 encoder --objective triplet --margin 20 --l1 0.5 -o m
    assert_output --regexp '^lint-train: the codes of masks and of inverted masks differ by only 0\.0[0-9]*, of 1 at most, so this encoder judges little; '
    run -0 encoder -q --objective triplet --margin 20 --l1 0.5 -o m
    assert_output ''
}

@test "the L1 term makes weights smaller" {
    encoder -o free.safetensors --l1 0 --lr 0.05
    encoder -o small.safetensors --l1 0.01 --lr 0.05
    sum() { tensor "$1" fc.weight | awk '{ s += $1 < 0 ? -$1 : $1 } END { print s }'; }
    awk -v a="$(sum free.safetensors)" -v b="$(sum small.safetensors)" 'BEGIN { exit !(b < a / 2) }'
}

@test "labels have no part in it" {
    tiny n=24 mask=1 label=none >unlabelled.lts
    tiny n=24 mask=1 label=0 >one.lts
    run -0 lint-train --net encoder.net --train unlabelled.lts --lr 0.05 -o a
    refute_output
    run -0 lint-train --net encoder.net --train one.lts --lr 0.05 -o b
    refute_output
    cmp <(tensor a fc.weight) <(tensor b fc.weight)
}

@test "a classifier learns with it: the loss of the maps goes down" {
    classifier --cam-weight 1 --epochs 8 -o m --log log.tsv
    awk -v first="$(column log.tsv train_cam | head -n 1)" \
        -v last="$(column log.tsv train_cam | tail -n 1)" 'BEGIN { exit !(last < first) }'
    grep -P '^# encoder\t[0-9a-f]{16}$' log.tsv
    headers m | grep -F '\"encoder\":\"'
}

@test "three classes are no different from two" {
    tiny n=24 mask=1 classes=red,blue,green >three.lts
    lint-train --net tiny.net --train three.lts --epochs 3 --batch 8 --cam-loss embedding \
        --encoder encoder.safetensors -o m --log log.tsv
    [ "$(column log.tsv train_cam | grep -c '^[0-9.]*$')" -eq 3 ]
}

@test "an encoder is known by its content, whatever it is called" {
    cp encoder.safetensors other.safetensors
    classifier -o a --log a.tsv
    lint-train --net tiny.net --train masks.lts --val val.lts --epochs 3 --batch 8 \
        --cam-loss embedding --encoder other.safetensors -o b --log b.tsv
    cmp a b
    cmp a.tsv b.tsv
}

@test "the same bytes with one thread and two, and in two runs" {
    encoder --epochs 5 --threads 1 -o a
    encoder --epochs 5 --threads 2 -o b
    encoder --epochs 5 --threads 2 -o c
    cmp a b
    cmp b c
    classifier --threads 1 -o d
    classifier --threads 2 -o e
    cmp d e
}

@test "an encoder that was interrupted goes on from its checkpoint" {
    encoder --epochs 6 -o whole --log whole.tsv
    encoder --epochs 6 -o part --checkpoint ck
    rm part
    run -0 --separate-stderr encoder --epochs 6 -o part --log part.tsv --checkpoint ck
    cmp whole part
    cmp whole.tsv part.tsv
}

@test "an encoder goes on from the weights of another" {
    run -0 encoder --init encoder.safetensors --lr 1e-30 --epochs 1 -o again
    assert_output ''
    local name
    for name in fc.weight fc.bias code.object code.inverted; do
        assert_equal "$(tensor again $name)" "$(tensor encoder.safetensors $name)"
    done
}

@test "an encoder of another size than the maps is refused in one sentence" {
    printf 'input 24x24x1 mask\nflatten\nfc: dense 1\nsigmoid\n' >large.net
    lint-train --net large.net --train masks.lts --epochs 2 -o large.safetensors
    run -1 lint-train --net tiny.net --train masks.lts --cam-loss embedding \
        --encoder large.safetensors -o m
    assert_output "lint-train: the encoder takes masks of 24x24, but the network's maps are 8x8: its input has to be 'input 8x8x1 mask'"
    assert_not_exist m
}

@test "what is no encoder is refused" {
    lint-train --net tiny.net --train masks.lts --epochs 1 -o model.safetensors
    run -1 lint-train --net tiny.net --train masks.lts --cam-loss embedding \
        --encoder model.safetensors -o m
    assert_output "lint-train: model.safetensors: not a mask encoder: its metadata is kind 'model', expected kind 'encoder'"
    run -1 lint-train --net tiny.net --train masks.lts --cam-loss embedding --encoder none -o m
    assert_output "lint-train: none: No such file or directory"
    head -c 300 encoder.safetensors >cut
    run -1 lint-train --net tiny.net --train masks.lts --cam-loss embedding --encoder cut -o m
    assert_output --partial "lint-train: cut: "
    run -1 lint-predict encoder.safetensors masks.lts
    assert_output --partial "encoder"
}

@test "samples that teach no encoder are refused" {
    tiny n=12 >bare.lts
    run -1 lint-train --net encoder.net --train bare.lts -o m
    assert_output "lint-train: bare.lts: no 'mask', which a mask encoder learns from"
    run -1 lint-train --net encoder.net --train masks.lts --val bare.lts -o m
    assert_output "lint-train: bare.lts: no 'mask', which a mask encoder learns from"
    perl -pe 'BEGIN { binmode $_ for *STDIN, *STDOUT; undef $/ } s/\xff/\0/g' <masks.lts >empty.lts
    run -1 lint-train --net encoder.net --train masks.lts --val empty.lts -o m
    assert_output "lint-train: empty.lts: no mask has an object in it"
    tiny n=12 mask=1 epochs=2 >marked.lts
    run -1 lint-train --net encoder.net --train marked.lts -o m
    assert_output --partial "lint-train: marked.lts: its epochs are marked by a loader"
    sed 's/sigmoid/relu/' encoder.net >open.net
    run -1 lint-train --net open.net --train masks.lts -o m
    assert_output --partial "the network ends in a 'relu': expected a 'sigmoid'"
    run -1 lint-train --net encoder.net --train - -o m </dev/null
    assert_output --partial "no samples"
    assert_not_exist m
}

@test "options of the other kind of network are wrong usage" {
    local wrong
    for wrong in "--objective erm" "--objective dro" "--cam-loss energy" "--class-weights balanced" \
        "--margin 3" "--best worst-group" "--best cam"; do
        run -2 lint-train --net encoder.net --train masks.lts -o m $wrong
        assert_line --partial "lint-train: "
    done
    for wrong in "--objective binary" "--l1 1" "--margin 1" "--encoder encoder.safetensors" \
        "--cam-loss embedding" \
        "--cam-loss embedding --encoder encoder.safetensors --prior mask"; do
        run -2 lint-train --net tiny.net --train masks.lts -o m $wrong
        assert_line --partial "lint-train: "
    done
    assert_not_exist m
}

@test "a mask without an object teaches nothing, and only such masks nothing at all" {
    perl -0777 -pe 's/\xff/\x00/g' masks.lts >empty.lts
    run -1 lint-train --net encoder.net --train empty.lts --epochs 2 -o m
    assert_output --partial "no sample with a mask of an object"
}
