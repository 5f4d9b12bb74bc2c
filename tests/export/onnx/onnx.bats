# ONNX files of lint-export in an independent runtime, onnxruntime-web, and the JavaScript of its pages,
# against lint-cam.
load ../../support/helpers

export ONNXRUNTIME=$CLONE/data/onnxruntime/package/dist

setup_file() {
    [ -e "$ONNXRUNTIME/ort.wasm.bundle.min.mjs" ] || skip "needs 'make test-onnx'"
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard --size 96x96 --train 6,6 --val 2 --test 2 --quiet -o drawn
    local kind i=0 file
    for file in drawn/images/*.png; do
        kind=$((i++ % 3))
        mkdir -p "photos/$kind"
        cp "$file" "photos/$kind"
    done
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    photos=$BATS_FILE_TMPDIR/photos
}

# trained NAME NET [option...]: NAME.model, with weights that nothing has taught; NAME.seen, its answers
# to 5 pictures; NAME.onnx.
trained() {
    local name=$1 net=$2 size
    shift 2
    size=$(sed -n 's/^input \([0-9]*x[0-9]*\)x3.*/\1/p' "$net")
    if [ ! -d "$size" ]; then
        lint-split --quiet --size "$size" --ratio 80/0/20 "$photos" -o "$size"
        # Drawn grounds are flat: cells of equal values, of which a maximum takes any.
        lint-augment --quiet --noise 0.5 "$size/test.lts" -o "$size/noisy.lts"
    fi
    lint-train --quiet --net "$net" --train "$size/train.lts" --epochs 1 --batch 8 --lr 0 --seed 3 -o "$name.model" "$@"
    lint-cam --quiet "$name.model" "$size/noisy.lts" -o "$name.seen"
    lint-export --maps "$name.model" -o "$name.onnx"
    lint-export --html "$name.model" -o "$name.html"
}

agree() { "$BATS_TEST_DIRNAME/agree" "$@"; }
page() { "$BATS_TEST_DIRNAME/page" "$@"; }

@test "logits and maps of every network of models are those of lint-cam" {
    local net name names=() want=
    for net in "$CLONE"/models/*.net; do
        name=$(basename "$net" .net)
        grep -qE '^input [0-9]+x[0-9]+x3' "$net" || continue
        # Smaller pictures and, in VGG, shorter rows: the layers are the same.
        sed -E 's/^input 224x224x3/input 64x64x3/; s/dense 4096/dense 96/' "$net" >"$name.net"
        trained "$name" "$name.net"
        names+=("$name")
        want+="$name: 5: logits cam"$'\n'
    done
    run -0 agree "${names[@]}"
    assert_output "${want%$'\n'}"
    run -0 page "${names[@]}"
    want=${want//5: logits cam/logits cam logits cam}
    assert_output "${want%$'\n'}"
}

@test "so are those of a model that has learned, with and without maps" {
    lint-split --quiet --size 96x96 --ratio 80/0/20 "$photos" -o sets
    lint-train --quiet --net "$CLONE/models/cnn.net" --train sets/train.lts --epochs 12 --batch 4 --optim adam \
        --lr 0.002 -o model
    lint-cam --quiet model sets/test.lts -o with.seen
    cp with.seen without.seen
    lint-export --maps model -o with.onnx
    lint-export model -o without.onnx
    run -0 agree with without
    assert_output "with: 5: logits cam
without: 5: logits"
}

@test "maps are read through every layer that may stand behind the cam line" {
    local name
    cp "$BATS_TEST_DIRNAME/heads.net" "$CLONE"/tests/golden/{odd,branches,blocks,mobile}.net .
    for name in heads odd branches blocks mobile; do
        trained $name $name.net
    done
    run -0 agree heads odd branches blocks mobile
    assert_output "heads: 5: logits cam
odd: 5: logits cam
branches: 5: logits cam
blocks: 5: logits cam
mobile: 5: logits cam"
    run -0 page heads odd branches blocks mobile
    refute_output --regexp ': .*(off|zeros|Error)'
}

@test "a head takes features, a mask encoder masks" {
    trained cnn "$CLONE/models/cnn.net"
    lint-features --drop image cnn.model 96x96/noisy.lts -o features
    local head
    for head in head head-conv; do
        lint-train --quiet --net "$CLONE/models/$head.net" --train features --epochs 2 -o model
        lint-cam --quiet model features -o $head.seen
        lint-export --maps model -o $head.onnx
    done
    lint-mask --quiet 96x96/train.lts -o masked
    lint-train --quiet --net "$CLONE/models/mask-encoder.net" --train masked --epochs 3 -o encoder.seen
    lint-export encoder.seen -o encoder.onnx
    run -0 agree head head-conv encoder
    assert_output "head: 5: logits cam
head-conv: 5: logits cam
encoder: 3: code"
}
