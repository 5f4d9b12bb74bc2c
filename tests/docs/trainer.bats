# docs/trainer.c, the whole training in naive loops, against the engine.
#
# Tolerance: 1e-4 of a tensor's largest element after ten steps. The trainer counts in double, the
# engine in float, which costs 3e-6 here. Weights that hardly move would agree whatever moved them,
# so the way that a tensor has gone must agree within a hundredth of itself as well. A bias before a
# batch norm has no gradient but rounding; a way shorter than 1e-5 counts as none.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    # The standard network on smaller pictures and with fewer channels. 26 halves to 13, 6 and 3:
    # one pool has an odd row and column over.
    sed 's/192x192x3/26x26x3/; s/conv 64/conv 6/; s/conv 32/conv 5/; s/conv 16/conv 4/
        s/dense 128/dense 12/; s/dense 64/dense 9/; s/dense 32/dense 8/' \
        "$CLONE/models/standard.net" >small.net
    "$SUPPORT/tiny-samples" n=77 size=26 classes=red,blue,green >set.lts
    lint-train -q --net small.net -t set.lts --epochs 1 --lr 0 -o start.safetensors
    # Ten batches; the last one is smaller.
    lint-augment --epochs 1 --frame 8 set.lts >batches.lts
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# agree CAM-WEIGHT [OPTION...]: trains with both, and compares every tensor.
agree() {
    local weight=$1
    shift
    "$BUILD/trainer" start.safetensors "$weight" plain.safetensors <batches.lts >steps
    lint-train -q --net small.net --init start.safetensors -t batches.lts --batch 8 "$@" \
        -o engine.safetensors --log log.tsv
    local name
    for name in $(headers engine.safetensors | grep -oE '[a-z0-9]+\.[a-z_]+":\{' | tr -d '":{'); do
        paste <(tensor plain.safetensors "$name") <(tensor engine.safetensors "$name") \
            <(tensor start.safetensors "$name") | awk -v name="$name" '
            function abs(x) { return x < 0 ? -x : x }
            function max(a, b) { return a > b ? a : b }
            { off = max(off, abs($1 - $2)); size = max(size, abs($2)); way = max(way, abs($2 - $3)) }
            END { bad = !NR || !(off <= 1e-4 * size) || (way > 1e-5 && off > 1e-2 * way)
                print bad ? "BAD" : "ok", name, "off " off, "size " size, "way " way }'
    done >compared
    cat compared
    run -1 grep BAD compared
    # Four convolutions, three batch norms, five dense layers.
    run -0 grep -c ok compared
    assert_output 30
}

# mean COLUMN: of the epoch in log.tsv.
mean() {
    awk -F'\t' -v want="$1" '$1 == "epoch" { for (i = 1; i <= NF; i++) if ($i == want) at = i }
        $1 == 1 { print $at }' log.tsv
}

@test "ten steps of SGD leave the weights that the engine leaves" {
    agree 0
    run -0 grep -c '^step' steps
    assert_output 10
}

@test "ten steps with the energy loss leave the weights that the engine leaves" {
    agree 30 --cam-loss energy --cam-weight 30
    # The loss is the engine's too: mean over the pictures of all batches.
    run -0 awk -v want="$(mean train_cam)" '{ gsub(/[:,]/, ""); n = $10; sum += n * $7; all += n }
        END { d = sum / all - want; print (all == 77 && d < 1e-5 && d > -1e-5) }' steps
    assert_output 1
}

@test "it uses the stream and nothing else of the library, and is short" {
    run -0 grep '^#include "' "$CLONE/docs/trainer.c"
    refute_line --regexp '"(engine|load|train|picture|source|answer|synth|export)/'
    run -0 grep -c '' "$CLONE/docs/trainer.c"
    assert [ "$output" -le 600 ]
}

@test "a model or samples that do not fit end it with a sentence" {
    run -1 "$BUILD/trainer" start.safetensors 0 out.safetensors <<<x
    assert_line --regexp '^trainer: samples: standard input: frame 1: '
    lint-train -q --net "$SUPPORT/tiny.net" -t <("$SUPPORT/tiny-samples" n=8) --epochs 1 -o tiny.safetensors
    run -1 "$BUILD/trainer" tiny.safetensors 0 out.safetensors <batches.lts
    assert_line --regexp '^trainer: conv2.weight: not in the model'
    assert_not_exists out.safetensors
}
