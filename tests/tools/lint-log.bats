# lint-log: a training's log as TensorBoard and MLflow show it. tests/tools/read-log reads what it writes.
load ../support/helpers

READ=$BATS_TEST_DIRNAME/read-log

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SUPPORT/tiny-samples" n=12 >train.lts
    lint-train -q --net "$SUPPORT/tiny.net" -t train.lts --val train.lts --epochs 3 --seed 7 \
        -o model.safetensors --log real.tsv
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    printf '# lint\t0.1.0\n# epochs\t3\n# a/b\tx | y\\z\n# a remark\n' >log
    printf 'epoch\tlr\ttrain_loss\tval_loss\tcam\n' >>log
    printf '1\t0.01\t0.5\t0.25\tnan\n2\t0.005\t0.125\t-nan\tnan\n3\t1e-3\t3e-05\t2\tnan\n' >>log
    mkdir m
    mv log m/log.tsv
}

python() { command -v python3 >/dev/null || skip "python3 is not installed"; }

# --- TensorBoard ---------------------------------------------------------------------------------

@test "an event file has version, settings, and an event for each epoch; lengths and checksums are right" {
    python
    run -0 lint-log --tensorboard tb m/log.tsv
    assert_output ''
    run -0 find tb -type f
    assert_output tb/m/events.out.tfevents.lint
    run -0 "$READ" events tb/m/events.out.tfevents.lint
    assert_output 'event 0 at 0 brain.Event:2
event 0 at 0 
settings/text_summary | setting | value |
  |---|---|
  | lint | 0.1.0 |
  | epochs | 3 |
  | a/b | x \| y\\z |
  
event 1 at 1 
  lr 0.01
  train_loss 0.5
  val_loss 0.25
event 2 at 2 
  lr 0.005
  train_loss 0.125
event 3 at 3 
  lr 0.001
  train_loss 3e-05
  val_loss 2'
}

@test "an event file of a real log has every value of it" {
    python
    lint-log --tensorboard tb --run r "$BATS_FILE_TMPDIR/real.tsv"
    run -0 "$READ" events tb/r/events.out.tfevents.lint
    local i=0 name names values
    IFS=$'\t' read -ra names < <(grep '^epoch' "$BATS_FILE_TMPDIR/real.tsv")
    IFS=$'\t' read -ra values < <(tail -n 1 "$BATS_FILE_TMPDIR/real.tsv")
    assert [ "${#names[@]}" -ge 10 ]
    assert_line 'event 3 at 3 '
    for name in "${names[@]:1}"; do
        i=$((i + 1))
        [ "${values[i]}" = nan ] || assert_line "  $name $(printf %.6g "${values[i]}")"
    done
}

@test "a byte that has changed is found by the checksums" {
    python
    lint-log --tensorboard tb m/log.tsv
    local at
    for at in 0 9 13 60; do
        cp tb/m/events.out.tfevents.lint events.tfevents
        printf '\377' | dd of=events.tfevents bs=1 seek=$at conv=notrunc status=none
        run -1 "$READ" events events.tfevents
    done
}

@test "--time says when training began" {
    python
    lint-log --tensorboard tb --mlflow mlruns --time 1700000000 m/log.tsv
    run -0 "$READ" events tb/m/events.out.tfevents.lint
    assert_line --partial 'event 3 at 1.7e+09'
    run -0 "$READ" mlflow mlruns
    assert_line 'run m FINISHED 1700000000000 1700000003000'
    assert_line 'metric lr 1700000002000 0.005 2'
}

# --- MLflow --------------------------------------------------------------------------------------

@test "an MLflow store has experiment, run, params, metrics with steps, tags and artifacts" {
    python
    run -0 lint-log --mlflow mlruns --experiment "it's birds" --tag note='two words=3' --tag a:b= \
        --artifact "$BATS_FILE_TMPDIR/model.safetensors" m/log.tsv
    assert_output ''
    run -0 "$READ" mlflow mlruns
    assert_output "experiment it's birds
run m FINISHED 0 3000
param a_b x | y\\z
param epochs 3
param lint 0.1.0
metric lr 1000 0.01 1
metric lr 2000 0.005 2
metric lr 3000 0.001 3
metric train_loss 1000 0.5 1
metric train_loss 2000 0.125 2
metric train_loss 3000 3e-05 3
metric val_loss 1000 0.25 1
metric val_loss 3000 2.0 3
tag a_b 
tag mlflow.runName m
tag mlflow.source.name lint-train
tag mlflow.source.type LOCAL
tag mlflow.user lint
tag note two words=3
artifact model.safetensors $(stat -c %s "$BATS_FILE_TMPDIR/model.safetensors")"
    cmp mlruns/*/*/artifacts/model.safetensors "$BATS_FILE_TMPDIR/model.safetensors"
}

@test "every setting of a real log is a param" {
    python
    lint-log --mlflow mlruns --run r "$BATS_FILE_TMPDIR/real.tsv"
    run -0 "$READ" mlflow mlruns
    local line
    while IFS=$'\t' read -r name value; do
        assert_line "param $name $value"
    done < <(sed -n 's/^# //p' "$BATS_FILE_TMPDIR/real.tsv")
}

@test "a log that has grown updates its run, which is RUNNING until its last epoch" {
    python
    head -n -1 m/log.tsv >x && mv m/log.tsv all && mv x m/log.tsv
    lint-log --mlflow mlruns m/log.tsv
    run -0 "$READ" mlflow mlruns
    assert_line 'run m RUNNING 0 None'
    refute_line --partial ' 3000 '
    mv all m/log.tsv
    lint-log --mlflow mlruns m/log.tsv
    run -0 "$READ" mlflow mlruns
    assert_line 'run m FINISHED 0 3000'
    assert_equal "$(grep -c ^run <<<"$output")" 1
}

@test "an experiment that is there is used, as MLflow itself wrote it; folders with odd names stay" {
    python
    mkdir -p 'mlruns/42' mlruns/.trash
    printf "creation_time: 5\nexperiment_id: '42'\nlast_update_time: 5\nlifecycle_stage: active\nname: birds\n" >mlruns/42/meta.yaml
    lint-log --mlflow mlruns --experiment birds m/log.tsv
    lint-log --mlflow mlruns --experiment birds --run other m/log.tsv
    rmdir mlruns/.trash
    run -0 "$READ" mlflow mlruns
    assert_equal "$(grep -c ^experiment <<<"$output")" 1
    assert_equal "$(grep -c ^run <<<"$output")" 2
    run -0 grep -c . mlruns/42/meta.yaml
    assert_output 5
}

@test "a store whose path has spaces and UTF-8 is found by its URI" {
    python
    lint-log --mlflow 'my rüns/100%' m/log.tsv
    run -0 "$READ" mlflow 'my rüns/100%'
    assert_line 'run m FINISHED 0 3000'
}

# --- names ---------------------------------------------------------------------------------------

@test "runs are called by their paths, and nothing is written outside of the folder" {
    mkdir -p a/s0/camloss b
    cp m/log.tsv a/s0/camloss/log.tsv
    cp m/log.tsv b/x.tsv
    cd b
    run -0 lint-log -v --tensorboard ../tb ../a/s0/./camloss/log.tsv x.tsv
    assert_line 'lint-log: x.tsv: run x: 3 settings, 4 columns, 3 epochs'
    cd ..
    run -0 find tb -type f -printf '%P\n'
    assert_equal "$(sort <<<"$output" | xargs)" \
        "a/s0/camloss/events.out.tfevents.lint x/events.out.tfevents.lint"
    run -0 lint-log --tensorboard tb --run ../../../up m/log.tsv
    assert_exists tb/up/events.out.tfevents.lint
}

@test "a log comes from standard input too" {
    run -0 lint-log --tensorboard tb <m/log.tsv
    assert_exists tb/run/events.out.tfevents.lint
    lint-train -q --net "$SUPPORT/tiny.net" -t "$BATS_FILE_TMPDIR/train.lts" --epochs 1 \
        -o model --log - | lint-log --tensorboard tb --run piped -
    assert_exists tb/piped/events.out.tfevents.lint
}

@test "the same log gives the same bytes, twice" {
    lint-log --tensorboard tb --mlflow mlruns m/log.tsv
    cp -r tb tb1
    cp -r mlruns mlruns1
    lint-log --tensorboard tb --mlflow mlruns m/log.tsv
    run -0 diff -r tb tb1
    run -0 diff -r mlruns mlruns1
}

# --- usage and errors ----------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "m/log.tsv" "--nonsense" "--tensorboard" "--tensorboard tb --tag a=b m/log.tsv" \
        "--tensorboard tb --artifact x m/log.tsv" "--mlflow ml --tag ab m/log.tsv" \
        "--tensorboard tb --time -1 m/log.tsv" "--tensorboard tb --time now m/log.tsv" \
        "--mlflow ml --artifact x a b" "--tensorboard tb --run r --run s m/log.tsv" \
        "--tensorboard tb --run .. m/log.tsv" "--tensorboard tb m/log.tsv m/log.tsv" \
        "--tensorboard tb m/log.tsv m.tsv"; do
        run -2 lint-log $wrong </dev/null
        assert [ "${#lines[@]}" -eq 1 ]
        assert_output --regexp '^lint-log: '
        assert_not_exists tb
    done
}

@test "--help has every option and an example, on standard output" {
    run -0 --separate-stderr lint-log --help
    assert_output --partial 'Example:'
    assert_output --partial '--mlflow DIR'
    assert_equal "$stderr" ''
    assert [ "$(tail -n +2 <<<"$output" | wc -L)" -le 80 ]
}

# refuse MESSAGE FILE: one line, status 1, and nothing written.
refuse() {
    run -1 lint-log --tensorboard tb --mlflow ml "$2"
    assert_output "lint-log: $2: $1"
    assert_not_exists tb
    assert_not_exists ml
}

@test "what is no log is refused with its line" {
    head -c -1 m/log.tsv >cut.tsv
    refuse 'the last line is cut short' cut.tsv
    : >empty.tsv
    refuse 'expected a log of lint-train, but the line of column names is missing' empty.tsv
    printf 'a\tb\n' >other.tsv
    refuse "line 1: expected a log of lint-train, whose first column is 'epoch'" other.tsv
    printf 'epoch\tx\n1\t2\n2\n' >short.tsv
    refuse 'line 3: expected 2 values, one for each column' short.tsv
    printf 'epoch\tx\n1\t2\t3\n' >long.tsv
    refuse 'line 2: expected 2 values, one for each column' long.tsv
    printf 'epoch\tx\n1\ttwo\n' >word.tsv
    refuse "line 2: 'two' is not a number" word.tsv
    printf 'epoch\tx\n2\t2\n2\t3\n' >again.tsv
    refuse 'line 3: epoch 2 after epoch 2' again.tsv
    printf 'epoch\tx\n-1\t2\n' >minus.tsv
    refuse "line 2: '-1' is not an epoch" minus.tsv
    printf 'epoch\tx\tx\n' >twice.tsv
    refuse "line 1: column 'x' appears twice" twice.tsv
    printf 'epoch\t\n' >nameless.tsv
    refuse 'line 1: a column without a name' nameless.tsv
    printf 'epoch\tx\n1\t\0\n' >nul.tsv
    refuse 'is not text, so it is not a log' nul.tsv
    run -1 lint-log --tensorboard tb none.tsv
    assert_output 'lint-log: none.tsv: No such file or directory'
    run -1 lint-log --tensorboard tb "$BATS_FILE_TMPDIR/model.safetensors"
    assert [ "${#lines[@]}" -eq 1 ]
}

@test "a log without epochs yet is a run that has begun" {
    python
    printf '# epochs\t3\nepoch\tx\n' >young.tsv
    run -0 lint-log --tensorboard tb --mlflow ml young.tsv
    run -0 "$READ" events tb/young/events.out.tfevents.lint
    assert_equal "$(grep -c ^event <<<"$output")" 2
    run -0 "$READ" mlflow ml
    assert_line 'run young RUNNING 0 None'
    refute_line --partial metric
}

@test "names that MLflow could not tell apart, or hold, are refused" {
    printf '# a/b\t1\n# a:b\t2\nepoch\tx\n' >same.tsv
    run -1 lint-log --mlflow ml same.tsv
    assert_output "lint-log: 'a/b' and 'a:b' become the same name in MLflow"
    printf '# ..\t1\nepoch\tx\n' >dots.tsv
    run -1 lint-log --mlflow ml dots.tsv
    assert_output "lint-log: '..' is not a valid name in MLflow"
    assert_not_exists ml
    run -1 lint-log --mlflow ml --run $'two\nlines' m/log.tsv
    assert_output --partial 'control characters'
}

@test "what cannot be written is one line" {
    touch file
    run -1 lint-log --tensorboard file m/log.tsv
    assert_output 'lint-log: file: Not a directory'
    run -1 lint-log --mlflow file/ml m/log.tsv
    assert_output 'lint-log: file: Not a directory'
    run -1 lint-log --mlflow ml --artifact none m/log.tsv
    assert_output 'lint-log: none: No such file or directory'
    mkdir -p full/m
    ln -s /dev/full full/m/events.out.tfevents.lint
    run -1 lint-log --tensorboard full m/log.tsv
    assert_output --partial 'No space left on device'
    assert [ "${#lines[@]}" -eq 1 ]
}

@test "--help and --version into a full disk or a closed output are an error" {
    run -1 --separate-stderr bash -c 'lint-log --help >/dev/full'
    assert_equal "$stderr" 'lint-log: standard output: No space left on device'
    run -1 --separate-stderr bash -c 'lint-log --version >&-'
}
