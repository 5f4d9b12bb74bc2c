# Weights trained on ImageNet, from another project's package (make pretrained), in models/mobilenet_v2_140.net.
load ../../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    pretrained=$CLONE/data/pretrained
    weights=$pretrained/mobilenet_v2_140.safetensors
    stamps=/usr/share/tuxpaint/stamps/animals
    [ -e "$weights" ] || skip "needs 'make pretrained'"
    [ -d "$stamps" ] || skip 'needs the Debian package tuxpaint-stamps-default'
}

# Trains what is behind the features alone.
head_alone() { lint-train --net "$CLONE/models/mobilenet_v2_140.net" --init "$weights" --freeze features "$@"; }

# The package has a layer for five classes, so five classes take it over too.
@test "its logits are those of the package's own graph, followed operation by operation" {
    local bird classes=(a b c d e)
    for bird in crow hen ostrich owl peacock; do
        mkdir -p "five/${classes[0]}"
        cp "$stamps/birds/$bird.png" "five/${classes[0]}"
        classes=("${classes[@]:1}")
    done
    lint-split -q --size 224x224 --split train --ratio 100/0/0 five -o five.lts
    run -0 head_alone --train five.lts --epochs 1 --lr 0 -o model
    assert_output 'lint-train: the learning rate is 0 in epoch 1, so no weight changes there'
    lint-cam -q model five.lts -o seen
    tensor seen logits | paste -d ' ' - - - - - | head -n 2 >is
    "$BATS_TEST_DIRNAME/forward" "$pretrained/package/dist/models/mobilenet_v2_mid" five.lts 2 >want
    cat is want
    # F32 against F64: 1e-4 of the largest.
    run -0 awk 'NR == FNR { for (i = 1; i <= NF; i++) v[FNR, i] = $i; next }
        { for (i = 1; i <= NF; i++) { d = v[FNR, i] - $i; if (d < 0) d = -d; if (d > off) off = d
              a = $i < 0 ? -$i : $i; if (a > most) most = a } }
        END { print FNR, NF, (most > 1 && off < 1e-4 * most ? "the same" : off) }' is want
    assert_output '2 5 the same'
}

@test "a linear layer on its features tells photographs of birds from mammals" {
    mkdir -p two/bird two/mammal
    cp "$stamps"/birds/*.png two/bird
    find "$stamps/mammals" -name '*.png' -not -path '*cartoon*' -exec cp {} two/mammal \;
    lint-split -q --size 224x224 --ratio 60/0/40 two -o sets
    run -0 head_alone --train sets/train.lts --epochs 6 --batch 8 --lr 0.02 -o model
    assert_output --partial "so the head 'classifier.1' begins anew"
    lint-cam -q model sets/test.lts | lint-eval - >scores
    # Two thirds are mammals; 0.80 was measured.
    run -0 awk '$1 == "accuracy" && $2 == "*" { print ($4 >= 0.75 ? "told apart" : $4) }' scores
    assert_output 'told apart'
}
