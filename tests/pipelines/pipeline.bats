# `make pipeline` and its relatives. The rules are tested with stand-ins for the tools, that note
# what they were asked to do; the experiments themselves with the tools, on small pictures.
load ../support/helpers

setup() {
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED
    export OUT=$BATS_TEST_TMPDIR/out
}

# --- the rules, with stand-ins -------------------------------------------------------------------

# A folder with the rules and no sources, and programs that write their command line to each of
# their outputs and to `log`.
stand_ins() {
    mkdir "$BATS_TEST_TMPDIR/rules" "$BATS_TEST_TMPDIR/programs"
    cp -r Makefile pipelines bench models "$BATS_TEST_TMPDIR/rules"
    rm -rf "$BATS_TEST_TMPDIR/rules/pipelines/stage" "$BATS_TEST_TMPDIR"/rules/pipelines/*.lock
    cp "$BUILD/stage" "$BATS_TEST_TMPDIR/programs"
    printf '#!/bin/bash\necho kernels v9\n' >"$BATS_TEST_TMPDIR/rules/pipelines/facts"
    cd "$BATS_TEST_TMPDIR/rules"
    export BUILD=$BATS_TEST_TMPDIR/programs
    cat >"$BUILD/lint-any" <<'END'
#!/bin/bash
me=$(basename "$0") here=$(dirname "$0")
echo "$me $*" >>"$here/log"
trap 'exit 130' INT # bash alone goes on where its sleep has just ended by itself
while [ -e "$here/held-$me" ]; do touch "$here/running-$me"; sleep 0.05; done
trap - INT
out=
for a; do
    [ ! -p "$a" ] || cat "$a" # and so wait for who writes into it
    case $me$out in
    lint-audit--*) echo "$me $*" >"$a" ;;
    *-o | *--log | *--grid)
        case $me in
        lint-synth) mkdir -p "$a" && echo "$me $*" >"$a/metadata.csv" && echo picture >"$a/1.png" ;;
        lint-split) for s in train val test; do { echo "$*"; ls -R DATA/ 2>/dev/null; } >"$a/$s.lts"; done ;;
        lint-eval) . "$here/scores" "$a" >"$a" ;;
        *) { echo "$me $*"; for f; do [[ $f != *.safetensors && $f != *.lts ]] || cat "$f" 2>/dev/null; done; } >"$a" ;;
        esac ;;
    esac
    out=$a
done
[ ! -e "$here/break-$me" ]
END
    chmod +x "$BUILD/lint-any"
    cat >"$BUILD/scores" <<'END'
printf '{\n "summary": {\n  "accuracy": 0.75,\n  "worst_group": 0.5,\n  "cross_entropy": null\n }\n}\n'
END
    local t
    for t in synth audit split mask augment features train weight cam eval show predict; do cp "$BUILD/lint-any" "$BUILD/lint-$t"; done
}

# made COMMAND...: what the stand-ins were asked to do meanwhile, a line each.
made() {
    local status=0
    : >"$BUILD/log"
    "$@" >/dev/null || status=$?
    cat "$BUILD/log"
    return "$status"
}

# How many files the stages read to know what is in them.
files_read() { make V=1 "$@" 2>&1 | awk '/^stage: [0-9]+ files read/ { n += $2 } END { print n + 0 }'; }

# hold PROGRAM: it will wait in its first line until it is released; wait_for PROGRAM: till it does.
hold() { touch "$BUILD/held-$1"; }
release() { rm "$BUILD/held-$1"; }
wait_for() { await "$1 was not started" test -e "$BUILD/running-$1"; }

# await WHAT_IF_NOT COMMAND...: until it succeeds, for half a minute.
await() {
    local i
    for ((i = 0; i < 600; i++)); do
        "${@:2}" && return
        sleep 0.05
    done
    fail "$1"
}

# A process and all that it started, at once and without warning.
kill_all() {
    local child
    kill -STOP "$1" 2>/dev/null || true
    for child in $(pgrep -P "$1"); do kill_all "$child"; done
    kill -KILL "$1" 2>/dev/null || true
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

@test "another CAM weight trains camloss again, and nothing else; the old one is in the cache" {
    stand_ins
    make pipeline
    cp "$OUT/models/orca-leopard/s0/camloss/model.safetensors" was
    run -0 made make pipeline CAM_WEIGHT=5.5
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 1
    assert_line --regexp '^lint-train .*--cam-weight 5.5.*/camloss/'
    refute_line --regexp '--model default'
    refute_line --regexp '^lint-(synth|split)'
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|augment|train|cam|show)'
    run -0 cmp was "$OUT/models/orca-leopard/s0/camloss/model.safetensors"
    run -0 make pipeline CAM_WEIGHT=5.5
    assert_line 'orca-leopard/s0/camloss/train: from the cache'
}

@test "touch reruns nothing; a file is read again only if it was touched" {
    stand_ins
    run -0 files_read pipeline
    assert [ "$output" -gt 9 ]
    run -0 files_read pipeline
    assert_output 0
    touch models/*.net "$OUT/data/orca-leopard/s0/pictures/1.png" "$OUT/models/orca-leopard/s0/default/val.json"
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|augment|train|cam|show)'
    touch models/cnn.net "$OUT/data/orca-leopard/s0/pictures/1.png" "$OUT/models/orca-leopard/s0/default/val.json"
    run -0 files_read pipeline JOBS=1
    assert_output 3
    run -0 files_read pipeline
    assert_output 0
}

@test "no file is read twice while an experiment is made" {
    stand_ins
    # Eight programs, a network; two pictures' files, three sets, two with found masks, one with swapped
    # backgrounds, two models with log, three scores and a sheet each, one comparison. Of two stages side by
    # side, each may be the first to read a program that both run.
    run -0 files_read pipeline JOBS=1
    assert_output $((8 + 1 + 2 + 6 + 2 * (2 + 3 + 1) + 1))
}

@test "an output that was changed, deleted or put elsewhere is what it was again" {
    stand_ins
    make pipeline
    local m=$OUT/models/orca-leopard/s0/default
    cp -r "$OUT" "$OUT-was"
    rm "$m/model.safetensors" && echo other >"$OUT/other" && mv "$OUT/other" "$m/val.json"
    rm -r "$OUT/data/orca-leopard/s0/pictures"
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|train|cam|show)'
    run -0 diff -r -x .cache "$OUT" "$OUT-was"
    # Written to where it lies, it is damaged in the cache too; then it is made again.
    echo more >>"$m/model.safetensors"
    run -0 made make pipeline
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 1
    refute_line --regexp '^lint-(synth|split|show)'
    run -0 diff -r -x .cache "$OUT" "$OUT-was"
}

@test "killed in the middle of a stage, the next run repairs everything" {
    stand_ins
    hold lint-train
    make pipeline >/dev/null 2>&1 3>&- &
    wait_for lint-train
    kill_all $!
    assert_not_exists "$OUT/models/orca-leopard/s0/default/model.safetensors"
    release lint-train
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split)'
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
    OUT=$OUT-again make pipeline
    run -0 diff -r -x .cache "$OUT" "$OUT-again"
}

@test "of a make that was killed alone, what it left running is waited for" {
    stand_ins
    hold lint-train
    make pipeline >/dev/null 2>&1 3>&- &
    wait_for lint-train
    kill -KILL $! "$(pgrep -P $!)"
    make pipeline >said 2>&1 3>&- &
    await 'it did not wait' grep -q 'waiting for another process' said
    release lint-train
    wait $!
    assert_exists "$OUT/models/orca-leopard/s0/compare.png"
}

@test "Ctrl-C ends what a stage started, and make" {
    stand_ins
    hold lint-train
    set -m # so that the group of make gets the signal, as from a terminal
    # Tests may run in the background of a shell without jobs, where SIGINT is ignored.
    env --default-signal=INT make pipeline >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    local make=$!
    wait_for lint-train
    kill -INT -- -$make
    local status=0
    wait $make || status=$? # here: a subshell, such as run's, would not wait for it
    assert_not_equal "$status" 0
    run -1 pgrep -f "$BUILD/lint-train"
    run -0 cat "$BATS_TEST_TMPDIR/said"
    assert_line --partial 'orca-leopard/s0/default/train: ended with status 130; what it made so far is in'
}

@test "a setting that cannot be is told at once, before any stage" {
    stand_ins
    wrong() {
        run -2 make "${@:2}"
        assert_output --regexp "^pipelines/stages.mk:[0-9]+: \*\*\* $1\.  Stop\.$"
    }
    wrong "SEED: expected a whole number, 0 or more, not 'x'" pipeline SEED=x
    wrong "SEED: expected a whole number, 0 or more, not '-1'" pipeline SEED=-1
    wrong "SEED: expected a whole number, 0 or more, not '1 2'" pipeline SEED='1 2'
    wrong "SEEDS: expected a whole number, 1 or more, not '1.5'" sweep SEEDS=1.5
    wrong "SEEDS: expected a whole number, 1 or more, not '0'" sweep SEEDS=0
    wrong "SEEDS: expected a whole number, 1 or more, not ''" sweep SEEDS=
    wrong "JOBS: expected a whole number, 1 or more, not 'two'" sweep JOBS=two
    wrong "GRID_SEEDS: expected a whole number, 0 or more, not 'a'" sweep GRID=SIGMA=1 GRID_SEEDS='7 a'
    wrong "GRID: expected NAME=VALUE,VALUE..., not 'SIGMA'" sweep GRID='CAM_WEIGHT=1,2 SIGMA'
    wrong "GRID: expected NAME=VALUE,VALUE..., not 'SIGMA=1,,2'" sweep GRID='SIGMA=1,,2'
    wrong "SIGMA: expected a number above 0, not '=2'" sweep GRID='SIGMA=1,=2'
    wrong "EPOCHS: expected a whole number, 1 or more, not 'x'" sweep GRID='EPOCHS=1,x'
    wrong "GRID: a quotation mark without its other: TRAIN='--lr 0.1" sweep GRID="TRAIN='--lr 0.1"
    wrong 'GRID may vary PICTURES SPLIT .* CAM, not SEED' sweep GRID='SEED=1,2'
    wrong "GRID_SLACK: expected a number, 0 or more, not 'x'" sweep GRID=SIGMA=1 GRID_SLACK=x
    wrong "PRECISION: expected f32 or bf16, not 'f16'" pipeline PRECISION=f16
    wrong "PRECISION: expected a value, not nothing" pipeline PRECISION=
    wrong "PRECISION: expected f32 or bf16, not '16'" sweep GRID='PRECISION=f32,16'
    wrong "OUT: 'a b' has a space in it, which is more than make can bear; a link to it helps" pipeline OUT='a b'
    wrong "NET: 'my net' has a space in it, which is more than make can bear; a link to it helps" pipeline NET='my net'
    wrong 'ALSO: there is no nowhere' pipeline ALSO=nowhere
    wrong "MODELS: 'ours' is none of default camloss swap crop dro jtt" pipeline MODELS='default ours'
    wrong "BACKBONE: there is no file 'none.pth'" pipeline BACKBONE=none.pth
    wrong "MODELS: 'jtt' is none of default camloss swap crop dro with BACKBONE" \
        pipeline BACKBONE=Makefile NET=cnn MODELS='default jtt'
    wrong "OBJECT: expected found, given or center, not 'masks'" pipeline OBJECT=masks
    wrong "CAM_WEIGHT: expected a value, not nothing" pipeline CAM_WEIGHT=
    wrong "CAM_WEIGHT: expected a number, 0 or more, not 'abc'" pipeline CAM_WEIGHT=abc
    wrong "EPOCHS: expected a whole number, 1 or more, not '0'" pipeline EPOCHS=0
    wrong "SWAP: expected a number from 0 to 1, not '2'" pipeline SWAP=2
    wrong "NET: there is no network 'nope': neither that file nor models/nope.net" pipeline NET=nope
    wrong "NET: Makefile has no line 'input WxHx3', so no pictures can be made for it" pipeline NET=Makefile
    wrong "SIZE: models/cnn.net takes pictures of 96x96, not '128x128'; NET names another network" pipeline SIZE=128x128
    wrong "AUGMENT: there is no program './nope.py'" pipeline AUGMENT=./nope.py
    wrong "SIGMA has no effect with OBJECT=found: .*" pipeline SIGMA=.2
    wrong "VIEWS has no effect without BACKBONE" pipeline VIEWS=3
    wrong "CROP has no effect unless MODELS has crop" pipeline CROP=.5
    assert_not_exists "$BUILD/log"
}

@test "a setting that there is not is refused, with the nearest" {
    stand_ins
    unknown() {
        run -2 make pipeline "${@:2}"
        assert_output --regexp "^Makefile:[0-9]+: \\*\\*\\* there is no setting $1\\.  Stop\\.$"
    }
    unknown "'EPOCH'; did you mean EPOCHS\\?" EPOCH=3
    unknown "'data'; did you mean DATA\\?" data=/x
    unknown "'GIRD'; did you mean GRID\\?" SEED=1 GIRD='TRAIN=--lr 1'
    unknown "'lr'; 'make help' lists all" lr=.1
    assert_not_exists "$BUILD/log"
    # What every make knows, and what makefiles hand to make that calls this one.
    run -0 make -n pipeline CC=gcc CFLAGS=-O1 LDFLAGS=-s V=1 DESTDIR=/x PREFIX=/y BUILD="$BUILD"
    printf 'all:\n\t$(MAKE) -s -n pipeline\n' >outer.mk
    run -0 make -f outer.mk THEIRS=1
}

@test "a folder's pipeline builds every tool that it runs or names" {
    mkdir -p two/a two/b
    run -0 make -n pipeline BUILD=nowhere DATA=two
    for tool in audit split augment train cam eval show predict; do
        assert_line --partial " -o nowhere/lint-$tool tools/lint-$tool.c "
    done
}

@test "the size of the pictures is that of the network, unless it is given" {
    stand_ins
    run -0 made make pipeline NET=models/small.net
    assert_line --regexp '^lint-synth --size 224x224 '
    printf '# input 8x8x3\nin: input 48x32x3 mean 0 0 0\n' >mine.net
    run -0 made make pipeline NET=mine.net SIZE=48x32
    assert_line --regexp '^lint-synth --size 48x32 '
}

@test "two makes at once do every stage once" {
    stand_ins
    hold lint-train
    : >"$BUILD/log"
    make -j2 pipeline >/dev/null 2>&1 3>&- &
    local first=$!
    wait_for lint-train
    make -j2 pipeline >said 2>&1 3>&- &
    await 'the second did not wait' grep -q 'waiting for another process' said
    release lint-train
    wait $first
    wait $!
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
    assert_equal "$(grep -c '^lint-split' "$BUILD/log")" 1
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
    # Of each model validation twice, test, and the comparison.
    assert_equal "$(grep -c '^lint-cam' "$BUILD/log")" 8
    refute_line --regexp '^lint-train'
    echo '# changed' >>models/cnn.net
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

@test "a stage that fails leaves what was there before" {
    stand_ins
    make pipeline
    cp -r "$OUT/models" before
    touch "$BUILD/break-lint-train"
    run -2 make pipeline TRAIN='--lr 9'
    refute_output --partial 'Deleting file'
    run -0 diff -r before "$OUT/models"
}

@test "a sweep makes both models for every seed, and reuses what exists" {
    stand_ins
    make pipeline SEED=1
    run -0 made make sweep SEEDS=3 JOBS=2
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 4
    assert_line --regexp '^lint-eval --pairs [^ ]*s0/default/test.json [^ ]*s0/camloss/test.json .*s2/camloss/test.json'
    refute_line --regexp '^lint-train .*--seed 1 '
}

@test "a grid names the setting that is right most often before swapped backgrounds, by validation alone" {
    stand_ins
    # Each unit of the weight costs a point, and gains four where backgrounds are swapped; the wider
    # prior gains less.
    cat >"$BUILD/scores" <<'END'
w=0 sigma=00
case $1 in
*/camloss/*)
    w=$(grep -o 'cam-weight [0-9]*' "${1%/*}/model.safetensors" | tr -dc 0-9)
    sigma=$(grep -o 'sigma 0.[0-9]*' "${1%/*}/model.safetensors" | tr -dc 0-9) ;;
esac
case $1 in
*/swapped-val.json) accuracy=$((40 + 4 * w - ${sigma#0} / 10)) ;;
*) accuracy=$((97 - w)) ;;
esac
printf '{\n "scores": [{\n   "value": 0.1\n  }\n ],\n "summary": {\n  "accuracy": 0.%d\n }\n}\n' "$accuracy"
END
    grid() { make sweep OBJECT=center "$@"; }
    run -0 grid GRID='CAM_WEIGHT=1,2,3 SIGMA=0.15,0.25' GRID_SEEDS='200 201' JOBS=2
    assert_line --regexp '^CAM_WEIGHT=3 SIGMA=0.15 +97.00 +94.00 +40.00 +51.00$'
    assert_line 'chosen: CAM_WEIGHT=2 SIGMA=0.15, right most often before swapped backgrounds, of those within 2 points of default'
    assert_line --partial 'seeds 200 201; no test picture was looked at'
    # The two have the data and the default model in common.
    assert_equal "$(grep -c '^lint-synth' "$BUILD/log")" 2
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" $((2 * (1 + 6)))
    run -1 grep -E 'test.json|--seed [0-9]( |$)' "$BUILD/log"
    run -0 made grid GRID='CAM_WEIGHT=1,2,3 SIGMA=0.15,0.25' GRID_SEEDS='200 201' GRID_SLACK=3.5
    refute_output --partial 'lint-' # only, perhaps, that one run waits for what another looks at
    run -0 grid GRID='CAM_WEIGHT=3,4' GRID_SEEDS=200
    assert_line 'no setting stays within 2 points of default'
    run -2 make sweep GRID='CAMWEIGHT=3'
    assert_output --regexp 'GRID may vary PICTURES .* CAM_WEIGHT .*, not CAMWEIGHT'
}

@test "a grid varies any setting; values with spaces or commas stand in quotes" {
    stand_ins
    run -0 make sweep GRID="TRAIN='--lr 0.1','--lr 0.2 --phase 2:lr=1,ce=2' AUGMENT=./mine.sh,'--flip v' NET=cnn,models/cnn.net" \
        GRID_SEEDS=200 2>/dev/null || true
    assert_output --partial "AUGMENT: there is no program './mine.sh'"
    printf '#!/bin/sh\ncat\n' >mine.sh && chmod +x mine.sh
    run -0 made make sweep GRID="TRAIN='--lr 0.1','--lr 0.2 --phase 2:lr=1,ce=2' AUGMENT=./mine.sh,'--flip v'" GRID_SEEDS=200
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 8
    assert_line --regexp '^lint-train .* --lr 0.2 --phase 2:lr=1,ce=2 .*/camloss/'
    assert_line --regexp '^lint-augment --flip v .*--epochs 24'
    run -0 make sweep GRID="TRAIN='--lr 0.1','--lr 0.2 --phase 2:lr=1,ce=2' AUGMENT=./mine.sh,'--flip v'" GRID_SEEDS=200
    assert_line --regexp "^TRAIN='--lr 0.1' AUGMENT=./mine.sh +75.00 "
    assert_line --regexp "^TRAIN='--lr 0.2 --phase 2:lr=1,ce=2' AUGMENT='--flip v' +75.00 "
}

@test "PRECISION is that of every network's convolutions, and of nothing else" {
    stand_ins
    run -0 made make pipeline MODELS='default camloss jtt' PRECISION=bf16
    assert_line --regexp '^lint-train .* --precision bf16 .*/camloss/'
    assert_line --regexp '^lint-train .* --precision bf16 -o models/.*/jtt/first.safetensors'
    assert_line --regexp '^lint-cam --precision bf16 models/.*/default/model.safetensors .*/val.lts'
    assert_line --regexp '^lint-cam --shift 0.1667 --grid .* --precision bf16 models/.*/default/'
    # f32 is what the tools do: it is not in their commands, whether it is given or not.
    run -0 made make pipeline MODELS='default camloss jtt' PRECISION=f32
    refute_line --partial '--precision'
    run -0 made make pipeline MODELS='default camloss jtt'
    refute_line --regexp '^lint-train'
    # Two models for each seed and value.
    run -0 made make sweep GRID='PRECISION=f32,bf16' GRID_SEEDS=200
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 4
    assert_equal "$(grep -c '^lint-train .* --precision bf16 ' "$BUILD/log")" 2
    # A backbone's features are made in it; heads are trained in f32.
    echo weights >weights
    run -0 made make pipeline BACKBONE=weights NET=resnet18 PRECISION=bf16
    assert_equal "$(grep -c '^lint-features --net models/resnet18.net --precision bf16 --drop image BACKBONE' "$BUILD/log")" 4
    refute_line --regexp '^lint-train .*head.net .*--precision'
    refute_line --regexp '^lint-cam .*--precision.* models/[^ ]*/head.safetensors'
    assert_line --regexp '^lint-features --net models/resnet18.net --precision bf16 --shift 0.1667 BACKBONE '
    refute_line --regexp '^lint-cam .*--precision'
}

@test "models are a list: each is trained as its name says, and compared with the first" {
    stand_ins
    run -0 made make sweep SEEDS=2 MODELS='default camloss swap crop dro jtt'
    # Seven a seed: Just Train Twice takes two.
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 14
    assert_equal "$(grep -c '^lint-eval --pairs' "$BUILD/log")" 5
    assert_line --regexp '^lint-train .*--val data/orca-leopard/s0/swapped-val.lts .*--cam-loss energy --prior mask .*/camloss/'
    assert_line --regexp '^lint-train .*--val data/orca-leopard/s0/swapped-val.lts .*--cam-loss none .*/swap/'
    assert_line --regexp '^lint-train .*--val data/orca-leopard/s0/val.lts .*--objective dro --best worst-group .*/dro/'
    # Group DRO alone sees as many pictures of each group.
    assert_line --regexp '^lint-augment --balance-groups --flip h +--epochs .* data/orca-leopard/s0/train.lts$'
    assert_equal "$(grep -c '^lint-augment --balance-groups' "$BUILD/log")" 2
    assert_line --regexp '^lint-weight --wrong 20 -o models/orca-leopard/s0/jtt/weighted.lts'
    assert_line --regexp '^lint-augment .*--center-crop 0.6 --epochs .* data/orca-leopard/s0/train.lts$'
    assert_line 'lint-augment --center-crop 0.6 data/orca-leopard/s0/val.lts'
    assert_line --regexp '^lint-augment .*--swap-background 1 --swap-colour 1 --swap-by mask --epochs .* data/orca-leopard/s1/found-train.lts$'
    # What a rival needs is not made for the others.
    run -0 made make pipeline SEED=5 OBJECT=center
    refute_line --regexp '^lint-(mask|weight)'
    assert_line --regexp '^lint-train .*--cam-loss energy --sigma 0.25 .*/camloss/'
}

@test "camloss is the best of TRY by validation alone, and the pipeline says which that is" {
    stand_ins
    # Each unit of the weight costs a point, and gains four where backgrounds are swapped.
    cat >"$BUILD/scores" <<'END'
w=0
case $1 in
*/camloss*) w=$(grep -o 'cam-weight [0-9]*' "${1%/*}/model.safetensors" | tr -dc 0-9) ;;
esac
case $1 in
*/swapped-val.json) accuracy=$((40 + 4 * w)) ;;
*) accuracy=$((97 - w)) ;;
esac
printf '{\n "summary": {\n  "accuracy": 0.%d\n }\n}\n' "$accuracy"
END
    local m=$OUT/models/orca-leopard/s0
    run -0 make -s pipeline TRY='1/1 2/0.5 3/0'
    assert_line 'camloss: CAM_WEIGHT=2 SWAP=0.5, the best of 3 settings by validation'
    cmp "$m/camloss/model.safetensors" "$m/camloss-2/model.safetensors"
    cmp "$m/camloss/log.tsv" "$m/camloss-2/log.tsv"
    run -0 grep -c '^lint-train' "$BUILD/log"
    assert_output 4
    run -0 grep -c -- '-o .*test.json' "$BUILD/log"
    assert_output 2
    run -0 grep -E '^lint-augment .* --swap-background 0.5 .*--epochs' "$BUILD/log"
    # Of models that all cost too much, the one that costs least.
    run -0 make -s pipeline TRY='6/1 5/1'
    assert_line 'camloss: CAM_WEIGHT=5 SWAP=1, the best of 2 settings by validation'
    run -2 make pipeline TRY='1/1 2'
    assert_output --partial "TRY: expected CAM_WEIGHT/SWAP, such as 1/0.5, not '2'"
}

@test "features of a backbone are made once for all models that see the same pictures" {
    stand_ins
    echo weights >weights
    local from=(BACKBONE=weights NET=resnet18 MODELS='default camloss swap dro')
    run -0 made make pipeline "${from[@]}"
    assert_line --regexp '^lint-split .*--size 224x224 '
    # Of val, swapped-val, the pictures as they are, and swapped ones.
    assert_equal "$(grep -c '^lint-features --net models/resnet18.net --drop image BACKBONE' "$BUILD/log")" 4
    assert_equal "$(grep -c '^lint-augment .*--epochs 4 ' "$BUILD/log")" 1
    # Of a picture that is only flipped there are no more than two.
    assert_equal "$(grep -c '^lint-augment .*--epochs 2 ' "$BUILD/log")" 1
    assert_equal "$(grep -c '^lint-features --net models/resnet18.net --shift 0.1667 BACKBONE' "$BUILD/log")" 1
    assert_equal "$(grep -c '^lint-cam --shift 0.1667 .*/head.safetensors .*/features-test.lts' "$BUILD/log")" 4
    assert_equal "$(grep -c '^lint-features .*--join models/.*/head.safetensors BACKBONE' "$BUILD/log")" 4
    assert_line --regexp '^lint-train --net .*head.net .*features-swapped.lts --val .*features-swapped-val.lts .*--prior mask .*/camloss/'
    assert_line --regexp '^lint-train --net .*head.net .*features-plain.lts --val .*features-val.lts .*--objective dro .*/dro/'
    run -0 made make pipeline "${from[@]}" CAM_WEIGHT=3
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 1
    refute_line --regexp '^lint-features .*--drop'
    echo others >weights
    run -0 made make pipeline "${from[@]}" MODELS=default
    assert_line --regexp '^lint-features .*--drop image BACKBONE'
    # Weights of the loss to choose from need no features of their own; other swaps would.
    run -0 made make pipeline "${from[@]}" MODELS='default camloss' TRY='1/1 3/1'
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
    assert_equal "$(grep -c '^lint-augment .*--epochs 4 ' "$BUILD/log")" 1
    run -0 made make pipeline "${from[@]}" MODELS=default AUGMENT='--flip h --noise 0.1'
    assert_equal "$(grep -c '^lint-augment .*--epochs 4 ' "$BUILD/log")" 1
    # What crop sees is cropped everywhere.
    run -0 made make pipeline "${from[@]}" MODELS='default crop'
    assert_equal "$(grep -c '^lint-augment .*--center-crop 0.6' "$BUILD/log")" 4
    assert_line --regexp '^lint-train .*--train data/[^ ]*/features-cropped.lts --val data/[^ ]*/features-cropped-val.lts '
    assert_line --regexp '^lint-cam .*crop/head.safetensors data/[^ ]*/features-cropped-test.lts'
    assert_line --regexp '^lint-cam .*default/head.safetensors data/[^ ]*/features-test.lts'
    run -2 make pipeline "${from[@]}" TRY='1/1 1/0.5'
    assert_output --partial 'TRY: with BACKBONE the backgrounds of all are swapped alike: expected SWAP=1, not 1/0.5'
}

@test "FINE_TUNE trains all layers after the head; what is better by validation is kept" {
    stand_ins
    # On pictures as they are tuned models are better, but for camloss, which loses five points and gains where
    # backgrounds are swapped. Worst groups are equal.
    cat >"$BUILD/scores" <<'END'
case $1 in
*/camloss-tuned/swapped-val.json) accuracy=90 ;;
*/camloss-tuned/*) accuracy=70 ;;
*-tuned/*) accuracy=80 ;;
*) accuracy=75 ;;
esac
printf '{\n "summary": {\n  "accuracy": 0.%d,\n  "worst_group": 0.5\n }\n}\n' "$accuracy"
END
    echo weights >weights
    local from=(BACKBONE=weights NET=resnet18 MODELS='default camloss dro' FINE_TUNE=3 TRAIN='--lr 0.5')
    local m=$OUT/models/orca-leopard/s0
    run -0 make -s pipeline "${from[@]}" TRY='1/1 2/1'
    assert_line 'default: fine-tuned, by validation'
    assert_line 'camloss: the backbone stays frozen, by validation'
    assert_line 'dro: the backbone stays frozen, by validation'
    cmp "$m/default/model.safetensors" "$m/default-tuned/model.safetensors"
    cmp "$m/camloss/model.safetensors" "$m/camloss-frozen/model.safetensors"
    run -0 cat "$BUILD/log"
    assert_line --regexp '^lint-augment .*--swap-background 1 .*--epochs 3 --shuffle .*found-train.lts$'
    assert_line --regexp '^lint-train --net models/orca-leopard/s0/camloss-frozen/model.safetensors --train - --val data/orca-leopard/s0/swapped-val.lts --seed 0 --lr 0.5 --init models/orca-leopard/s0/camloss-frozen/model.safetensors --lr 0.0001 --freeze-batchnorm --cam-loss energy --prior mask --cam-weight 1 '
    assert_line --regexp '^lint-train .* --init models/.*/dro-frozen/model.safetensors .*--objective dro '
    run -0 make -s pipeline "${from[@]}" TRY='1/1 2/1' GRID_SLACK=6
    assert_line 'camloss: fine-tuned, by validation'
    # A tuned crop is judged by cropped pictures, as its head is.
    run -0 made make -s pipeline "${from[@]}" MODELS=crop
    assert_equal "$(grep -c '^lint-augment --center-crop 0.6 data/[^ ]*/\(swapped-\)\?val.lts' "$BUILD/log")" 7
    run -0 make -s pipeline "${from[@]}" MODELS=crop
    assert_line 'crop: fine-tuned, by validation'
    # Heads are those that are trained without FINE_TUNE; a network without batch norm has none to freeze.
    run -0 made make pipeline "${from[@]}" TRY='1/1 2/1' FINE_TUNE=4
    refute_line --regexp '^lint-train --net .*head.net'
    grep -v batchnorm models/resnet18.net >models/plain.net
    run -0 made make pipeline "${from[@]}" NET=plain
    assert_line --regexp '^lint-train --net [^ ]*/default-frozen/model.safetensors .* --init'
    refute_line --partial 'freeze-batchnorm'
    refused() {
        run -2 make pipeline "${@:2}"
        assert_output --partial "$1"
    }
    refused 'FINE_TUNE is for pretrained networks: expected BACKBONE=FILE' FINE_TUNE=1
    refused "FINE_TUNE: expected a whole number, 0 or more, not 'yes'" FINE_TUNE=yes
    refused "FINE_TUNE_LR: expected a number above 0, not '0'" "${from[@]}" FINE_TUNE_LR=0
}

@test "DATA may be any folder: spaces, quotes, and files that come and go" {
    stand_ins
    local pets="$BATS_TEST_TMPDIR/Ann's pets (2)"
    mkdir -p "$pets/cat" "$pets/dog"
    touch "$pets/cat/1.png" "$pets/dog/1.png"
    run -0 made make pipeline FOLDS=2 DATA="$pets"
    assert_line --regexp '^lint-audit .* DATA$'
    assert_line --regexp '^lint-split .*--fold 2/2 .*/s0/fold-2 DATA$'
    assert_line --regexp '^lint-split .*--ratio 85/15/0 .*/s0 DATA$'
    # Few pictures, many epochs.
    assert_line --regexp '^lint-augment .*--epochs 96 '
    run -0 grep 1.png "$OUT/data/folders-Ann-s-pets--2-/s0/train.lts"
    assert_exists "$OUT/models/folders-Ann-s-pets--2-/s0/camloss/test.json"
    run -0 made make pipeline FOLDS=2 DATA="$pets"
    refute_line --regexp '^lint-(audit|split|train)'
    touch "$pets/dog/2.png"
    run -0 made make pipeline FOLDS=2 DATA="$pets"
    assert_line --regexp '^lint-split '
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 9
}

@test "options of SPLIT that say what is read are the audit's, too" {
    stand_ins
    mkdir -p "$BATS_TEST_TMPDIR/pets/"{cat,dog}
    touch "$BATS_TEST_TMPDIR/pets/"{cat,dog}/1.png
    run -0 made make pipeline FOLDS=2 DATA="$BATS_TEST_TMPDIR/pets" SPLIT="--skip-bad --depth auto --group='^[a-z]+'"
    assert_line --regexp '^lint-audit --group=\^\[a-z\]\+ --depth=auto --json .* DATA$'
    assert_line --regexp '^lint-split --skip-bad --depth auto --group=\^\[a-z\]\+ .* DATA$'
}

@test "no variable of the pipelines has two meanings" {
    run -0 cat pipelines/{stages,run,look,cluster}.mk
    assert_equal "$(grep -oE '^[A-Za-z][A-Za-z._-]* *:?=' <<<"$output" | tr -d ' :=' | sort | uniq -d)" ''
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

# --- looking, with stand-ins -----------------------------------------------------------------------

@test "status says what would run and why, and runs nothing" {
    stand_ins
    run -0 make status
    assert_line --regexp '^orca-leopard/s0/synth +runs: for the first time$'
    assert_line --regexp '^orca-leopard/s0/split +runs after orca-leopard/s0/synth,'
    make pipeline CAM_WEIGHT=5
    make pipeline
    run -0 make status
    refute_line --regexp 'runs|cache'
    run -0 make status CAM_WEIGHT=5
    assert_line --regexp '^orca-leopard/s0/default/train +done$'
    assert_line --regexp '^orca-leopard/s0/camloss/train +is taken from the cache$'
    echo '# changed' >>models/cnn.net
    rm "$OUT/data/orca-leopard/s0/val.lts"
    run -0 made make status CAM_WEIGHT=6
    assert_output ''
    run -0 make status CAM_WEIGHT=6
    assert_line --regexp '^orca-leopard/s0/split +is taken from the cache$'
    assert_line --regexp '^orca-leopard/s0/default/train +runs: models/cnn.net is another$'
    assert_line --regexp '^orca-leopard/s0/camloss/train +runs: the command was --cam-weight 1, is --cam-weight 6$'
}

@test "dag tells the stages as text, and draws them" {
    stand_ins
    run -0 made make dag SVG=dag.svg
    assert_output ''
    run -0 grep -c '<rect ' dag.svg
    assert_output 12 # eleven stages and the ground
    run -0 grep -o 'camloss/train\|compare.png\|lint-synth' dag.svg
    run -0 make dag
    assert_line --index 0 synth
    assert_line --regexp '^  reads  train.lts val.lts +from split$'
    run -0 make dag DATA=. FOLDS=1
    assert_line split
    assert_line '  reads  DATA'
}

@test "metrics are a table, or JSON" {
    stand_ins
    run -2 make metrics
    assert_output --partial 'nothing was run yet'
    make sweep SEEDS=2
    run -0 make -s metrics
    assert_line --index 0 --regexp '^model +on +accuracy worst_group$'
    assert_line --regexp '^orca-leopard/s1/camloss +test +0.750 +0.500$'
    assert_equal "${#lines[@]}" 13
    run -0 make -s metrics JSON=1
    assert_line --index 1 ' {"model": "orca-leopard/s0/default", "on": "val", "accuracy": 0.750000, "worst_group": 0.500000},'
}

@test "metrics are Markdown or CSV where FORMAT says so" {
    stand_ins
    make pipeline
    run -0 make -s metrics FORMAT=md
    assert_line --index 0 '| model | on | accuracy | worst_group |'
    assert_line --index 1 '| --- | --- | ---: | ---: |'
    assert_line '| orca-leopard/s0/camloss | test | 0.750 | 0.500 |'
    run -0 make -s metrics FORMAT=csv
    assert_line --index 0 'model,on,accuracy,worst_group'
    assert_line 'orca-leopard/s0/camloss,swapped-val,0.750000,0.500000'
    make -s metrics FORMAT=json >a
    make -s metrics JSON=1 | cmp a
    run -2 make metrics FORMAT=xml
    assert_output --partial "FORMAT: expected text, md, csv or json, not 'xml'"
}

@test "make experiments lists all that was run, with the settings that differ" {
    stand_ins
    run -2 make experiments
    assert_output --partial 'nothing was run yet'
    # The log of each model says what its options did, as lint-train's does.
    sed -i 's/^    \*-o | \*--log | \*--grid)$/    lint-train*--log) { echo "# lint\t0.2.0"; echo "$*" | grep -oE -- "--(cam-weight|cam-loss) [^ ]+" | sed "s,^--,# ,; s, ,\\t,2"; } >"$a" ;;\n&/' "$BUILD/lint-any"
    cp "$BUILD/lint-any" "$BUILD/lint-train"
    make pipeline
    make pipeline SEED=1 CAM_WEIGHT='5' SWAP=0.5
    make -s sweep GRID='CAM_WEIGHT=1,3' GRID_SEEDS=100 MODELS=camloss
    run -0 make -s experiments
    assert_line --index 0 --regexp '^run +val +swapped +test +worst_group +settings$'
    assert_line --regexp '^orca-leopard/s0/default +0.750 +0.750 +0.750 +0.500 cam-loss=none cam-weight=- swap-background=- swap-colour=- swap-by=-$'
    assert_line --regexp '^orca-leopard/s0/camloss +0.750 +0.750 +0.750 +0.500$'
    assert_line --regexp '^orca-leopard/s1/camloss +0.750 +0.750 +0.750 +0.500 cam-weight=5 swap-background=0.5$'
    assert_line --regexp '^\(CAM_WEIGHT=3\) orca-leopard/s100/camloss +0.750 +0.750 +- +- cam-weight=3$'
    assert_line --regexp '^If nothing else is said .*: cam-loss=energy cam-weight=1 swap-background=1 swap-colour=1 swap-by=mask$'
    run -0 make -s experiments FORMAT=csv
    assert_line --index 0 'run,val,swapped,test,worst_group,cam-loss,cam-weight,swap-background,swap-colour,swap-by'
    assert_line 'orca-leopard/s1/camloss,0.750000,0.750000,0.750000,0.500000,energy,5,0.5,1,mask'
    assert_line 'orca-leopard/s1/default,0.750000,0.750000,0.750000,0.500000,none,,,,'
    run -0 make -s experiments FORMAT=md
    assert_line --index 1 '| --- | ---: | ---: | ---: | ---: | --- |'
    run -0 make -s experiments OUT="$OUT/grid/CAM_WEIGHT-1"
    assert_line --index 1 --regexp '^orca-leopard/s100/camloss '
    run -2 make experiments FORMAT=json
    assert_output --partial 'make metrics writes json'
}

@test "metrics say which seeds were made with other settings or pictures" {
    stand_ins
    make pipeline
    make pipeline SEED=1
    run -0 --separate-stderr make metrics
    assert_equal "$stderr" ''
    make pipeline SEED=1 CAM_WEIGHT=5
    run -0 --separate-stderr make metrics
    assert_equal "$stderr" 'not what would be made with the settings, pictures and programs of now: s1 (make status SEED=N says why)'
    run -0 --separate-stderr make metrics CAM_WEIGHT=5 JSON=1
    assert_equal "$stderr" 'not what would be made with the settings, pictures and programs of now: s0 (make status SEED=N says why)'
}

@test "another clone verifies the lock; what differs is named, with what may be why" {
    stand_ins
    run -2 make verify
    assert_output --partial "'make lock' writes it"
    run -0 make -s lock
    run -0 cat pipelines/orca-leopard.lock
    assert_line 'fact   kernels v9'
    assert_line 'param  CAM_WEIGHT 1'
    assert_line 'metric orca-leopard/s0/camloss/test worst_group 0.500000'
    assert_line 'stage orca-leopard/s0/compare'
    assert_line --regexp '^  run  lint-split .*--seed 0 -o data/orca-leopard/s0 data/orca-leopard/s0/pictures$'
    assert_line "  out  $(sha256sum "$OUT/data/orca-leopard/s0/val.lts" | cut -d' ' -f1) data/orca-leopard/s0/val.lts"
    refute_line --partial "$BATS_TEST_TMPDIR"
    # A folder's digest is that of a list that sha256sum can make.
    assert_line "  out  $(cd "$OUT/data/orca-leopard/s0/pictures" && sha256sum * | sed 's/  / /' |
        sha256sum | cut -d' ' -f1) data/orca-leopard/s0/pictures/"
    run -0 make -s verify
    assert_output ''
    printf '#!/bin/bash\necho kernels v8\n' >pipelines/facts
    sed -i 's/{ echo "\$me/{ echo "rounded $me/' "$BUILD/lint-train"
    run -2 make -s verify CAM_WEIGHT=3
    assert_line --regexp '^identical +data/orca-leopard/s0/train.lts$'
    assert_line --regexp '^differs +models/orca-leopard/s0/default/model.safetensors +\(of the same inputs\)$'
    assert_line --regexp '^differs +models/orca-leopard/s0/camloss/model.safetensors +\(another command\)$'
    assert_line --regexp '^differs +models/orca-leopard/s0/default/sheet.png +\(of another models/orca-leopard/s0/default/model.safetensors\)$'
    assert_line '  there: kernels v9'
    assert_line '  here:  kernels v8'
}

@test "diff tells which parameters and scores are others than in a commit" {
    stand_ins
    git init -q .
    run -2 make diff
    assert_output --partial "the commit 'HEAD' has no pipelines/orca-leopard.lock"
    make -s lock
    git add pipelines/*.lock
    git -c user.name=x -c user.email=x@example.org commit -qm 'the lock'
    run -0 make -s diff
    assert_output ''
    sed -i 's/0.75/0.875/' "$BUILD/scores"
    echo '# changed' >>"$BUILD/lint-eval"
    make pipeline CAM_WEIGHT=5
    run -0 make -s diff CAM_WEIGHT=5 REV=HEAD
    assert_line --regexp '^param +CAM_WEIGHT +1 -> 5$'
    assert_line --regexp '^metric +orca-leopard/s0/camloss/test accuracy +0.750000 -> 0.875000 +\+0.125$'
    refute_line --partial worst_group
    refute_line --partial SIGMA
}

@test "gc throws away what was not used for longest, and nothing that is in use is lost" {
    stand_ins
    make pipeline CAM_WEIGHT=5
    make pipeline
    run -0 make gc
    assert_output --partial '0 files thrown away'
    run -0 make gc CACHE_MAX=6K
    refute_output --partial ' 0 files'
    assert [ "$(find "$OUT/.cache/objects" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')" -le 6144 ]
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|train|cam)'
    run -0 make gc CACHE_MAX=0
    run -0 find "$OUT/.cache/objects" "$OUT/.cache/stages" -type f
    assert_output ''
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|train|cam)'
    run -0 made make pipeline CAM_WEIGHT=5
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 1
    run -2 make gc CACHE_MAX=much
    assert_output --partial "'much' is no size"
}

@test "gc of a cache that is not there makes none" {
    stand_ins
    run -2 make gc OUT=nowhere
    assert_output --partial 'there is no cache nowhere/.cache'
    assert_not_exists nowhere
}

@test "what a program of one's own reads by itself is an input if ALSO names it" {
    stand_ins
    cp "$BUILD/lint-any" "$BUILD/mine"
    echo F=0.5 >module.py
    make pipeline AUGMENT=mine ALSO=module.py
    run -0 made make pipeline AUGMENT=mine ALSO=module.py
    refute_line --regexp '^lint-train'
    echo F=1.0 >module.py
    run -0 make status AUGMENT=mine ALSO=module.py
    assert_line --regexp 'default/train +runs: also module.py is another$'
    run -0 make status AUGMENT=mine
    assert_line --regexp 'default/train +runs: also module.py is gone$'
    run -0 made make pipeline AUGMENT=mine ALSO=module.py
    assert_equal "$(grep -c '^lint-train' "$BUILD/log")" 2
}

@test "a file in a folder of one's own that may not be read is the tool's matter" {
    # Root may read everything, but for this.
    local user=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
    stand_ins
    mkdir -p pets/cat pets/dog
    touch pets/{cat,dog}/{1,2}.png
    chmod 000 pets/cat/1.png
    ! "${user[@]}" cat pets/cat/1.png 2>/dev/null || skip 'nothing is forbidden here'
    run -0 made "${user[@]}" make pipeline DATA=pets
    assert_line --regexp '^lint-split'
    run -0 made "${user[@]}" make pipeline DATA=pets
    refute_line --regexp '^lint-split'
    chmod 600 pets/cat/1.png
    run -0 made "${user[@]}" make pipeline DATA=pets
    assert_line --regexp '^lint-split'
}

@test "what one has made, another takes from the cache that they share" {
    stand_ins
    export CACHE=$BATS_TEST_TMPDIR/shared
    make pipeline
    export OUT=$OUT-of-another
    run -0 made make pipeline
    refute_line --regexp '^lint-(synth|split|train|cam)'
    run -0 diff -r -x .cache "$OUT" "${OUT%-of-another}"
}

@test "a file that an option names is an input; one that a stage does not name is not there" {
    stand_ins
    echo '{}' >first.safetensors
    make pipeline TRAIN='--init first.safetensors'
    echo '{ }' >first.safetensors
    run -0 make status TRAIN='--init first.safetensors'
    assert_line --regexp 'default/train +runs: first.safetensors is another$'
    cp models/cnn.net ../outside.net
    run -2 make pipeline NET=../outside.net TRAIN='--init ../rules/first.safetensors'
    assert_output --partial 'give it from the root'
    printf '#!/bin/bash\ncat data/orca-leopard/s0/test.lts\n' >"$BUILD/lint-augment"
    run -2 make pipeline
    assert_output --partial 'data/orca-leopard/s0/test.lts: No such file'
}

@test "digests are those of sha256sum, at every length about a block's" {
    cd "$BATS_TEST_TMPDIR"
    mkdir lengths
    local n
    for n in 0 1 55 56 57 63 64 65 119 120 128 1000 70000; do
        head -c "$n" /dev/zero | tr '\0' x >"lengths/$n"
    done
    echo other >'lengths/a
name \ with all'
    local it=('stage s' 'run sort ./lengths/* >out.txt' 'in lengths' 'out out.txt')
    run -0 stage -q run "${it[@]}"
    run -0 stage lock "${it[@]}"
    # In a list, a newline in a name is \n and a backslash \\.
    for n in 0 1 1000 119 120 128 55 56 57 63 64 65 70000 a; do
        [ -e "lengths/$n" ] || continue
        printf '%s %s\n' "$(sha256sum <"lengths/$n" | cut -d' ' -f1)" "$n"
    done >list
    printf '%s %s\n' "$(echo other | sha256sum | cut -d' ' -f1)" 'a\nname \\ with all' >>list
    assert_line "  in   $(sha256sum <list | cut -d' ' -f1) lengths/"
    assert_line "  out  $(sha256sum <out.txt | cut -d' ' -f1) out.txt"
}

@test "the stage runner says what is wrong with a stage, and uses nothing it cannot" {
    cd "$BATS_TEST_TMPDIR"
    run -0 stage --help
    assert_output --partial 'stage run'
    run -2 stage
    run -2 stage walk
    assert_output --partial "'walk' is not run, status, lock, gc or kernels"
    run -1 bash -c 'stage run </dev/null'
    assert_output 'stage: no stage to run'
    run -1 stage run 'stage s' 'run true'
    assert_output --partial 'runs nothing, or makes nothing'
    run -1 stage run 'stage s' 'jump high' 'run true' 'out x'
    assert_output --partial "'jump' is no line of a stage"
    run -1 stage run 'stage s' 'run true' 'out x'
    assert_output --partial 's: did not make x'
    run -1 stage run 'stage s' 'run lint-nothing' 'out x'
    assert_output --partial 'there is no program lint-nothing'
    run -1 stage run 'stage s' 'run true' 'in none' 'out x'
    assert_output --partial 'there is no none'
    run -3 stage run 'stage s' 'run exit 3' 'out x'
    assert_output --partial 's: ended with status 3'
    # A command that changes what it reads makes nothing that can be told.
    echo 1 >read
    run -1 stage run 'stage s' "run echo 2 >$PWD/read; touch x" 'in read' 'out x'
    assert_output --partial 'read changed while the stage ran; run it again'
    assert_not_exists x
    run -1 bash -c "stage kernels >/dev/full"
}

@test "a stage ends where its parent ignores the ends of its children" {
    cd "$BATS_TEST_TMPDIR"
    run -0 timeout 30 perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' \
        stage -q --facts 'echo fact here' run 'stage s' 'run echo 1 >x' 'out x'
    assert_equal "$(cat x)" 1
}

# --- experiments, small --------------------------------------------------------------------------

SMALL=(SIZE=16x16 NET=tests/support/tiny.net EPOCHS=2)

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
    run -0 find "$OUT/data" "$OUT/models" -newer "$BATS_TEST_TMPDIR/now"
    assert_output ''
}

@test "a backbone's heads become models like any other; its network is told by its tensors" {
    local from=$BATS_TEST_TMPDIR/from m
    mkdir "$from"
    sed 's/224x224/32x32/' models/resnet18.net >"$from/resnet18.net"
    lint-synth orca-leopard --size 32x32 --train 4 --val 1 --test 1 -q -o "$from/photos"
    lint-split -q --size 32x32 --split train "$from/photos" |
        lint-train -q --net "$from/resnet18.net" --epochs 1 --lr 0 --seed 3 -o "$from/weights"
    run -0 make -s pipeline BACKBONE="$from/weights" NET="$from/resnet18.net" EPOCHS=3 VIEWS=2 \
        PICTURES='--train 24,16 --val 6 --test 9' MODELS='default camloss swap dro'
    assert_line --regexp 'default +camloss +swap +dro'
    for m in default camloss swap dro; do
        # The model to be used answers as its head did in the test.
        lint-cam -q --shift 0.1667 "$OUT/models/orca-leopard/s0/$m/model.safetensors" "$OUT/data/orca-leopard/s0/test.lts" |
            lint-eval --model $m --shares "$OUT/data/orca-leopard/s0/train.lts" --json -o "$BATS_TEST_TMPDIR/test.json"
        diff <(grep -A 3 '"metric": "accuracy' "$BATS_TEST_TMPDIR/test.json") <(grep -A 3 '"metric": "accuracy' "$OUT/models/orca-leopard/s0/$m/test.json")
        run -0 lint-show "$OUT/models/orca-leopard/s0/$m/model.safetensors"
        assert_output --partial 'layer4.1.conv2'
        assert_output --partial '32x32x3'
    done
    assert_results "$OUT/models/orca-leopard/s0"
    run -0 make -s help BACKBONE="$from/weights"
    assert_line --regexp '= models/resnet18.net$'
    assert_line --regexp '= 224x224$'
    cp models/small.net "$from/none"
    run -2 make -s status BACKBONE="$from/none"
    assert_line 'NET=NAME names the network.'
}

@test "of a fine-tuned network batch norms are what they were, and all else is trained" {
    local from=$BATS_TEST_TMPDIR/from m=$OUT/models/orca-leopard/s0 name
    lint-split -q --size 16x16 --split train "$(drawn)" |
        lint-train -q --net tests/support/tiny.net --epochs 2 --seed 3 -o "$from"
    run -0 make -s pipeline BACKBONE="$from" NET=tests/support/tiny.net EPOCHS=2 VIEWS=1 FINE_TUNE=2 \
        FINE_TUNE_LR=0.01 PICTURES='--train 24,16 --val 6 --test 9'
    assert_line --regexp '^default: (fine-tuned|the backbone stays frozen), by validation$'
    assert_results "$m"
    for name in running_mean running_var weight; do
        assert_equal "$(tensor "$m/camloss-tuned/model.safetensors" bn1.$name)" "$(tensor "$from" bn1.$name)"
    done
    assert_equal "$(tensor "$m/camloss-frozen/model.safetensors" conv1.weight)" "$(tensor "$from" conv1.weight)"
    assert_not_equal "$(tensor "$m/camloss-tuned/model.safetensors" conv1.weight)" "$(tensor "$from" conv1.weight)"
}

@test "two runs of a seed give the same bytes, on one thread and on two" {
    make -s pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9' TRAIN='--threads 2'
    OUT=$OUT-again make -s -j2 pipeline "${SMALL[@]}" PICTURES='--train 24,16 --val 6 --test 9' \
        TRAIN='--threads 1'
    local f
    for f in data/orca-leopard/s0/test.lts models/orca-leopard/s0/{default,camloss}/model.safetensors \
        models/orca-leopard/s0/camloss/test.json models/orca-leopard/s0/camloss/sheet.png; do
        run -0 cmp "$OUT/$f" "$OUT-again/$f"
    done
}

@test "training that was killed goes on from its last epoch, and ends in the same bytes" {
    # A filter that holds the stream back after so many bytes, so that training cannot end before
    # it is killed.
    local mine=$BATS_TEST_TMPDIR/mine bytes
    printf '#!/bin/bash\n[ ! -e %q ] || { head -c "$(<%q)"; sleep 60; }\ncat\n' "$mine-held"{,} >"$mine"
    chmod +x "$mine"
    local settings=(SIZE=16x16 NET=tests/support/tiny.net EPOCHS=20 AUGMENT="$mine" PICTURES='--train 24,16 --val 6 --test 9')
    local checkpoint=$OUT-killed/.cache/work/orca-leopard/s0/default/train/checkpoint
    for bytes in 200000 400000; do
        echo $bytes >"$mine-held"
        OUT=$OUT-killed make "${settings[@]}" pipeline >/dev/null 2>&1 3>&- &
        await 'there is no checkpoint' test "$checkpoint" -nt "$mine-held"
        kill_all $!
    done
    rm "$mine-held"
    OUT=$OUT-killed run -0 make "${settings[@]}" pipeline
    assert_line --regexp 'checkpoint: resuming after epoch ([2-9]|1[0-9])$'
    make -s "${settings[@]}" pipeline
    run -0 diff -r -x .cache "$OUT" "$OUT-killed"
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
        lint-train --net "$SUPPORT/tiny.net" --train - --val val.lts -o piped.safetensors
    lint-split --size 16x16 --split train "$(drawn)" >train.lts
    lint-augment --balance --epochs 2 --shuffle train.lts -o loaded.lts
    lint-train --net "$SUPPORT/tiny.net" --train loaded.lts --val val.lts -o saved.safetensors
    run -0 cmp piped.safetensors saved.safetensors
}
