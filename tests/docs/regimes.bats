# docs/regimes.md: every command on the page is run as it stands there, with few and tiny pictures,
# and a small network in place of resnet50 that has parameters of the same names.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir models
    cp "$CLONE/models/"{standard,small,mask-encoder}.net models
    cat >models/resnet50.net <<'END'
input 224x224x3 mean 0.485 0.456 0.406 std 0.229 0.224 0.225
conv1:  conv 4 2x2 stride 2
bn1:    batchnorm
        relu
        maxpool 2
        maxpool 2
        maxpool 2
layer4: conv 4 2x2 stride 2
        relu
        cam
        flatten
fc:     dense classes
END
    "$SUPPORT/tiny-samples" n=6 size=224 places=sea,land >big.lts
    "$SUPPORT/tiny-samples" n=6 size=192 places=sea,land >middle.lts
    "$SUPPORT/tiny-samples" n=6 size=224 mask=1 >masks.lts
    # A state dict of other classes: its head does not fit.
    "$SUPPORT/tiny-samples" n=3 size=224 classes=red,blue,green >three.lts
    lint-train -q --net models/resnet50.net --train three.lts --epochs 1 -o resnet50-imagenet.safetensors
}

setup() { cd "$BATS_FILE_TMPDIR"; }

# commands HEADING: the indented lines of that section.
commands() {
    awk -v want="## $1" '/^## /{ on = index($0, want) == 1 } on && /^    /{ print substr($0, 5) }' \
        "$CLONE/docs/regimes.md"
}

# follows HEADING PICTURES: runs the commands of a section.
follows() {
    ln -sf "$2" train.lts
    ln -sf "$2" val.lts
    commands "$1" >commands.sh
    assert_file_not_empty commands.sh
    run -0 bash -e -o pipefail commands.sh
}

column() {
    grep -v '^#' "$1" | awk -F'\t' -v want="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at }' | xargs
}

@test "era 1: losses change places at epoch 5 and back at 10, with a tenth of the rate" {
    follows 'Era 1' middle.lts
    assert_equal "$(column era1-camloss.tsv ce_weight)" '1 1 1 1 1 0 0 0 0 0 1 1 1 1 1'
    assert_equal "$(column era1-camloss.tsv cam_weight)" '0 0 0 0 0 1 1 1 1 1 0 0 0 0 0'
    assert_equal "$(column era1-camloss.tsv lr)" "$(column era1-default.tsv lr)"
    assert_equal "$(column era1-default.tsv lr | tr ' ' '\n' | uniq -c | xargs)" '10 0.01 5 0.001'
}

@test "era 2: three phases at 20 and 80 percent, from given weights with a new head" {
    follows 'Era 2' big.lts
    assert_output "lint-train: resnet50-imagenet.safetensors: 'fc.weight' is [3,196], not [2,196], so the head 'fc' begins anew"
    assert_equal "$(column era2.tsv lr | tr ' ' '\n' | uniq -c | xargs)" '6 0.001 18 0.0001 6 1e-06'
    assert_equal "$(column era2.tsv ce_weight | tr ' ' '\n' | uniq -c | xargs)" '6 0.7 18 0.8 6 1'
    assert_equal "$(column era2.tsv cam_weight | tr ' ' '\n' | uniq -c | xargs)" '6 1 18 500 6 0'
}

@test "era 3: a capped term of any weight trains" {
    follows 'Era 3' big.lts
    assert_equal "$(column era3-small.tsv epoch | wc -w)" 20
    assert_equal "$(column era3-resnet50.tsv epoch | wc -w)" 20
    run -0 grep -c 'class-weights	balanced' era3-small.tsv
}

@test "masks: an encoder, and a network whose maps it judges" {
    follows Masks masks.lts
    assert_equal "$(column encoder.tsv epoch | wc -w)" 100
    assert_equal "$(column era3-embedding.tsv epoch | wc -w)" 20
    run -0 grep -c 'cam-loss	embedding' era3-embedding.tsv
}

@test "group DRO and JTT: the second run of JTT learns otherwise than one without weights" {
    follows Baselines big.lts
    local wrong
    wrong=$(tensor weighted.lts weight | grep -c '^20$' || true)
    assert_equal "$(tensor weighted.lts weight | grep -cv '^20$' || true)" $((6 - wrong))
    lint-cam -q first.safetensors train.lts >predictions
    assert_equal "$wrong" "$(paste <(tensor predictions label) <(tensor predictions logits | paste - -) |
        awk '{ n += ($3 > $2) != $1 } END { print n }')"
    assert [ "$wrong" -gt 0 ]
    lint-train -q --net models/small.net --train train.lts --val val.lts --epochs 2 --lr 1e-3 \
        --schedule constant --best worst-group -o plain.safetensors
    run -1 cmp -s plain.safetensors jtt.safetensors
    assert_file_not_empty dro.safetensors
}

@test "fine-tuning: frozen layers stay to the byte, others move" {
    follows Fine-tuning big.lts
    local name
    for name in conv1.weight conv1.bias bn1.weight bn1.bias bn1.running_mean bn1.running_var; do
        assert_equal "$(tensor tuned.safetensors $name)" "$(tensor resnet50-imagenet.safetensors $name)"
    done
    assert_not_equal "$(tensor tuned.safetensors layer4.weight)" \
        "$(tensor resnet50-imagenet.safetensors layer4.weight)"
}

@test "a run with a checkpoint, twice" {
    rm -f run.checkpoint
    follows Long big.lts
    cp long.safetensors before
    follows Long big.lts
    cmp before long.safetensors
}
