# Stages replaced by the programs in docs/swap.md, as they stand there.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    awk '/^```(python|perl)$/ { getline first; getline name; split(name, w, /[ :]/); file = w[2]
            print first "\n" name >file; next }
        /^```$/ { file = "" }
        file != "" { print >file }' "$CLONE/docs/swap.md"
    chmod +x ./*.py ./*.pl
    "$SUPPORT/tiny-samples" n=24 mask=1 >train.lts
    "$SUPPORT/tiny-samples" n=13 mask=1 seed=5 >test.lts
    lint-train -q --net "$SUPPORT/tiny.net" -t train.lts --epochs 30 -o model.safetensors
}

setup() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    export PYTHONPATH=$CLONE/docs PYTHONDONTWRITEBYTECODE=1
    cd "$BATS_FILE_TMPDIR"
}

@test "the programs of the page are there, and are short" {
    run -0 bash -c 'ls *.py *.pl | xargs'
    assert_output "colour.py count.pl grey.py occlude.py"
    local program
    for program in *.py *.pl; do
        assert [ "$(grep -cvE '^(#|$)' "$program")" -le 20 ]
    done
}

@test "an augmenter of one's own: another half of the pictures is grey in each epoch" {
    lint-augment --epochs 2 train.lts | ./grey.py | lint-augment >grey.lts
    tensor grey.lts image >"$BATS_TEST_TMPDIR/values"
    run -0 awk 'NR % 3 == 1 { r = $1 } NR % 3 == 2 { g = $1 }
        NR % 3 == 0 { if (r != g || g != $1) colour[int((NR - 1) / 768)] = 1 }
        END { for (i = 0; i < 48; i++) { n += colour[i]; both += i < 24 && colour[i] != colour[i + 24] }
            print (n > 12 && n < 36), (both > 4) }' "$BATS_TEST_TMPDIR/values"
    assert_output '1 1'
    lint-augment --epochs 2 train.lts | ./grey.py | lint-augment | cmp - grey.lts
    run -0 lint-train -q --net "$SUPPORT/tiny.net" -t grey.lts -o /dev/null
}

@test "make pipeline AUGMENT=./mine trains with it, and says so in its command" {
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED
    local mine=$BATS_TEST_TMPDIR/mine out=$BATS_TEST_TMPDIR/out
    cp "$BATS_FILE_TMPDIR/grey.py" "$mine"
    pipeline() {
        make BUILD="$BUILD" OUT="$out" SIZE=16x16 NET=tests/support/tiny.net EPOCHS=2 \
            PICTURES='--train 12,8 --val 4 --test 6' AUGMENT="$mine" pipeline
    }
    run -0 pipeline
    head -30 <<<"$output"
    assert_line --regexp "lint-augment --balance --epochs 2 .*\| +$mine +\|"
    assert_exists "$out/models/orca-leopard/s0/camloss/test.json"
    cp "$out/models/orca-leopard/s0/camloss/log.tsv" "$BATS_TEST_TMPDIR/log.tsv"
    # Another program of that name trains again; the same one does not.
    run -0 pipeline
    refute_output --partial 'lint-train'
    sed -i 's/< 0.5/< 0.9/' "$mine"
    run -0 pipeline
    assert_output --partial 'lint-train'
    run -1 cmp -s "$out/models/orca-leopard/s0/camloss/log.tsv" "$BATS_TEST_TMPDIR/log.tsv"
}

@test "maps of one's own: what occlusion says is scored by lint-eval" {
    lint-cam -q model.safetensors test.lts | ./occlude.py model.safetensors >maps.lts
    run -0 lint-show maps.lts
    assert_output --regexp 'cam +F32 +\[?n, ?2, ?4, ?4'
    run -0 lint-eval maps.lts
    assert_line --regexp '^evidence_in_mask'
    # The only thing that tells the classes is the square in the middle.
    run -0 bash -c "lint-eval maps.lts | awk -F'\t' '\$1 == \"evidence_in_mask\" && \$2 == \"*\" { print (\$4 > 0.5) }'"
    assert_output 1
}

@test "a classifier of one's own: lint-eval scores its logits" {
    ./colour.py train.lts <test.lts >said.lts
    run -0 lint-eval said.lts
    assert_line --regexp $'^accuracy\t\\*\t\\*\t1(\\.0*)?\t'
}

@test "a reader in Perl counts as the page says" {
    perl -MJSON::PP -e 1 2>/dev/null || skip "JSON::PP is not installed"
    run -0 ./count.pl <test.lts
    assert_output $'0\t7\n1\t6'
}
