# `make pipeline` and its relatives. The rules are tested with stand-ins for the tools, that note
# what they were asked to do; the experiments themselves with the tools, on small pictures.
load helpers

setup() {
    cd "$BATS_TEST_DIRNAME/.."
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED
    export OUT=$BATS_TEST_TMPDIR/out
}

# --- the rules, with stand-ins -------------------------------------------------------------------

# A folder with the rules and no sources, and programs that write a word to each of their outputs
# and their command line to `log`.
stand_ins() {
    mkdir "$BATS_TEST_TMPDIR/rules" "$BATS_TEST_TMPDIR/programs"
    cp -r Makefile pipelines models "$BATS_TEST_TMPDIR/rules"
    cd "$BATS_TEST_TMPDIR/rules"
    export BUILD=$BATS_TEST_TMPDIR/programs
    cat >"$BUILD/lint-any" <<'END'
#!/bin/bash
me=$(basename "$0")
echo "$me $*" >>"$(dirname "$0")/log"
out=
for a; do
    [ ! -p "$a" ] || cat "$a" # and so wait for who writes into it
    case $out in
    -o | --log | --grid)
        case $me in
        lint-synth) mkdir -p "$a" && echo made >"$a/metadata.csv" ;;
        lint-split) mkdir -p "$a" && touch "$a/train.lts" "$a/val.lts" "$a/test.lts" ;;
        lint-eval) . "$(dirname "$0")/accuracy" "$a" >"$a" ;;
        *) echo made >"$a" ;;
        esac ;;
    esac
    out=$a
done
[ ! -e "$(dirname "$0")/break-$me" ]
END
    chmod +x "$BUILD/lint-any"
    : >"$BUILD/accuracy"
    local t
    for t in synth split augment train cam eval show; do cp "$BUILD/lint-any" "$BUILD/lint-$t"; done
}

# made COMMAND...: what the stand-ins were asked to do meanwhile, a line each.
made() {
    local status=0
    : >"$BUILD/log"
    "$@" >/dev/null || status=$?
    cat "$BUILD/log"
    return "$status"
}

@test "an experiment is done once; again, only the table is printed" {
    stand_ins
    run -0 made make pipeline
    assert_line --regexp '^lint-synth .*--seed 0 .*orca-leopard$'
    assert_line --regexp '^lint-split .*--seed 0 '
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
    run -0 made make pipeline
    assert_line --regexp '^lint-eval --compare '
    refute_line --regexp '^lint-(synth|split|augment|train|cam)'
}

@test "another CAM weight trains camloss again, and nothing else" {
    stand_ins
    make pipeline
    run -0 made make pipeline CAM_WEIGHT=5.5
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 1
    assert_line --regexp '^lint-train .*--cam-weight 5.5.*/camloss/'
    refute_line --regexp '--model default'
    refute_line --regexp '^lint-(synth|split)'
}

@test "other training options train both; another seed makes everything" {
    stand_ins
    make pipeline
    run -0 made make pipeline TRAIN='--lr 0.02'
    assert_equal "$(grep -c '^lint-train.*--lr 0.02' "$BUILD/log")" 2
    refute_line --regexp '^lint-(synth|split)'
    run -0 made make pipeline TRAIN='--lr 0.02' SEED=3
    assert_line --regexp '^lint-synth .*--seed 3 '
    assert_line --regexp '^lint-augment .*--seed 3 '
    assert_equal "$(grep -c '^lint-train.*--seed 3' "$BUILD/log")" 2
    run -0 made make pipeline TRAIN='--lr 0.02'
    refute_line --regexp '^lint-train'
}

@test "a tool that changed does its stage again, and so does another network" {
    stand_ins
    make pipeline
    echo '# changed' >>"$BUILD/lint-cam"
    run -0 made make pipeline
    assert_equal "$(grep -c '^lint-cam' "$BUILD/log")" 6
    refute_line --regexp '^lint-train'
    echo '# changed' >>models/standard.net
    run -0 made make pipeline
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
    refute_line --regexp '^lint-(synth|split)'
}

@test "a stage that fails leaves none of its outputs, and is done again" {
    stand_ins
    touch "$BUILD/break-lint-train"
    run -2 made make pipeline
    assert_not_exists "$OUT/models/orca-leopard/s0/default/model.safetensors"
    assert_exists "$OUT/data/orca-leopard/s0/train.lts"
    rm "$BUILD/break-lint-train"
    touch "$BUILD/break-lint-cam"
    run -2 made make pipeline
    assert_exists "$OUT/models/orca-leopard/s0/default/model.safetensors"
    assert_not_exists "$OUT/models/orca-leopard/s0/default/val.json"
    rm "$BUILD/break-lint-cam"
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split)'
}

@test "a sweep makes both models for every seed, and reuses what exists" {
    stand_ins
    make pipeline SEED=1
    run -0 made make -j2 sweep SEEDS=3
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 4
    assert_line --regexp '^lint-eval --pairs [^ ]*s0/default/test.json [^ ]*s0/camloss/test.json .*s2/camloss/test.json'
    refute_line --regexp '^lint-train .*--seed 1 '
}

@test "tune names the largest weight within the slack, and looks at no test data" {
    stand_ins
    cat >"$BUILD/accuracy" <<'END'
w=$(grep -o 'camloss-w[0-9]*' <<<"$1" | tr -dc 0-9)
printf '{\n "scores": [\n  {\n   "metric": "accuracy",\n   "value": 0.1\n  }\n ],\n "summary": {\n  "accuracy": 0.%d,\n  "adjusted_mean": 0.5\n }\n}\n' $((97 - ${w:-0}))
END
    run -0 make tune WEIGHTS='1 2 3 4' TUNE_SEEDS='200 201'
    assert_line --regexp '^camloss-w4 +93.00 +93.00 +93.00$'
    assert_line 'CAM_WEIGHT=2 is the largest that stays within 2 points of default'
    run -1 grep -E 'test.lts|test.json|--seed [0-9]( |$)' "$BUILD/log"
    run -0 made make tune WEIGHTS='1 2 3 4' TUNE_SEEDS='200 201' TUNE_SLACK=3.5
    assert_output ''
    run -0 make tune WEIGHTS='3 4' TUNE_SEEDS=200
    assert_line 'no weight stays within 2 points of default'
}

@test "DATA may be any folder: spaces, quotes, and files that come and go" {
    stand_ins
    local pets="$BATS_TEST_TMPDIR/Ann's pets (2)"
    mkdir -p "$pets/cat" "$pets/dog"
    touch "$pets/cat/1.png" "$pets/dog/1.png"
    run -0 made make pipeline DATA="$pets"
    assert_line --partial "/s0 $pets"
    assert_exists "$OUT/models/folders-Ann-s-pets--2-/s0/camloss/test.json"
    run -0 made make pipeline DATA="$pets"
    refute_line --regexp '^lint-(split|train)'
    touch "$pets/dog/2.png"
    run -0 made make pipeline DATA="$pets"
    assert_line --regexp '^lint-split '
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
}

@test "birds installs the packages that its pictures come from, first" {
    stand_ins
    printf '#!/bin/bash\necho "install $*" >>"%s/log"\n' "$BUILD" >pipelines/install-packages
    run -0 made make pipeline EXPERIMENT=birds
    assert_line --index 0 'install tuxpaint-stamps-default mate-backgrounds plasma-workspace-wallpapers'
    assert_line --index 1 --regexp '^lint-synth .*--objects pipelines/birds-objects.tsv'
    run -0 made make pipeline EXPERIMENT=birds
    refute_line --regexp '^lint-(synth|train)'
}

@test "a set that is not there, and an experiment that does not exist, are named" {
    stand_ins
    run -2 make pipeline EXPERIMENT=caltech
    assert_output --partial "There is no folder 'data/256_ObjectCategories'. data/README.md says"
    run -2 make pipeline EXPERIMENT=waterbirds DATA=/none/such
    assert_output --partial "There is no folder '/none/such'. data/README.md says"
    run -2 make pipeline DATA=/none/such
    assert_output --partial "There is no folder '/none/such'."
    run -2 make pipeline EXPERIMENT=nonsense
    assert_output --partial 'orca-leopard'
    assert_output --partial 'waterbirds'
}

# --- experiments, small --------------------------------------------------------------------------

SMALL=(SIZE=16x16 NET=tests/tiny.net EPOCHS=2)

# Drawn pictures of 16 x 16, once for all tests.
drawn() {
    local d=$BATS_RUN_TMPDIR/drawn
    [ -e "$d" ] || lint-synth --size 16x16 --train 24,16 --val 6 --test 9 -o "$d" orca-leopard
    echo "$d"
}

assert_png() { assert_equal "$(head -c 4 "$1" | tail -c 3)" PNG; }

# Both models are there, with their scores and pictures.
assert_results() {
    local m
    for m in default camloss; do
        assert_exists "$1/$m/model.safetensors"
        assert_exists "$1/$m/log.tsv"
        assert_exists "$1/$m/val.json"
        assert_exists "$1/$m/test.json"
        assert_png "$1/$m/sheet.png"
    done
    assert_png "$1/compare.png"
}

@test "the default experiment ends with both models' scores side by side, and where the maps are" {
    run -0 make -s pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9'
    assert_line --regexp 'default +camloss'
    assert_line --regexp '^worst_group '
    assert_line --partial "$OUT/models/orca-leopard/s0/default/sheet.png"
    assert_results "$OUT/models/orca-leopard/s0"
    run -0 lint-show "$OUT/data/orca-leopard/s0/train.lts"
    assert_output --partial leopard
    touch "$BATS_TEST_TMPDIR/now"
    run -0 make -s pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9'
    run -0 find "$OUT" -newer "$BATS_TEST_TMPDIR/now" -type f
    assert_output ''
}

@test "two runs of a seed give the same bytes, on one thread and on two" {
    make -s pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9'
    OUT=$OUT-again make -s -j2 pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9' \
        TRAIN='--threads 1'
    local f
    for f in data/orca-leopard/s0/test.lts models/orca-leopard/s0/{default,camloss}/model.safetensors \
        models/orca-leopard/s0/camloss/test.json models/orca-leopard/s0/camloss/sheet.png; do
        run -0 cmp "$OUT/$f" "$OUT-again/$f"
    done
}

@test "a folder of three classes, with spaces in its name, gets a misleading test set" {
    local pets="$BATS_TEST_TMPDIR/Ann's pets" from i=0 f
    from=$(drawn)
    mkdir -p "$pets/big cat" "$pets/whale" "$pets/third"
    for f in "$from"/images/*.png; do
        case $((i++ % 3)) in 0) cp "$f" "$pets/big cat" ;; 1) cp "$f" "$pets/whale" ;; *) cp "$f" "$pets/third" ;; esac
    done
    run -0 make -s pipeline DATA="$pets" "${SMALL[@]}"
    assert_results "$OUT/models/folders-Ann-s-pets/s0"
    run -0 lint-show "$OUT/data/folders-Ann-s-pets/s0/test.lts"
    assert_output --partial 'big cat'
    assert_output --partial place
}

@test "caltech takes its two classes of all, and fills the test with what misleads" {
    local set=$BATS_TEST_TMPDIR/256_ObjectCategories from
    from=$(drawn)
    mkdir -p "$set/129.leopards-101" "$set/124.killer-whale" "$set/001.ak47"
    awk -F, -v a="$set/129.leopards-101" -v b="$set/124.killer-whale" -v from="$from" \
        'NR > 1 { system("cp " from "/" $2 " " ($3 ? b : a)) }' "$from/metadata.csv"
    cp "$from/images/"*0001.png "$set/001.ak47"
    run -0 make -s pipeline EXPERIMENT=caltech DATA="$set" "${SMALL[@]}"
    assert_results "$OUT/models/caltech/s0"
    run -0 lint-show "$OUT/data/caltech/s0/test.lts"
    assert_output --partial leopard
    assert_output --partial orca
    refute_output --partial ak47
    rm -r "$set/124.killer-whale"
    run -2 make -s pipeline EXPERIMENT=caltech DATA="$set" "${SMALL[@]}"
    assert_output --partial "There is no folder '$set/124.killer-whale'. data/README.md says"
}

@test "waterbirds takes splits and places from metadata.csv" {
    local set=$BATS_TEST_TMPDIR/waterbirds
    mkdir -p "$set/001.Albatross"
    cp "$(drawn)"/images/*.png "$set/001.Albatross"
    awk -F, 'BEGIN { OFS = "," } NR > 1 { sub("images", "001.Albatross", $2); if ($5 > 1) next } { print }' \
        "$(drawn)/metadata.csv" >"$set/metadata.csv"
    run -0 make -s pipeline EXPERIMENT=waterbirds DATA="$set" "${SMALL[@]}"
    assert_results "$OUT/models/waterbirds/s0"
    assert_line --regexp 'waterbird.*land'
    run -0 lint-show "$OUT/data/waterbirds/s0/train.lts"
    assert_output --partial landbird
    assert_output --partial 40
}

@test "split, augment and train are one pipe" {
    cd "$BATS_TEST_TMPDIR"
    lint-split --size 16x16 --split val -o val.lts "$(drawn)"
    lint-split --size 16x16 --split train "$(drawn)" |
        lint-augment --balance --epochs 2 --shuffle |
        lint-train --net "$BATS_TEST_DIRNAME/tiny.net" --train - --val val.lts -o piped.safetensors
    lint-split --size 16x16 --split train "$(drawn)" >train.lts
    lint-augment --balance --epochs 2 --shuffle train.lts -o loaded.lts
    lint-train --net "$BATS_TEST_DIRNAME/tiny.net" --train loaded.lts --val val.lts -o saved.safetensors
    run -0 cmp piped.safetensors saved.safetensors
}
