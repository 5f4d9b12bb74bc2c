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
    mkdir -p m
    mv log m/log.tsv
    touch -d @1600000000.5 m/log.tsv
}

python() { command -v python3 >/dev/null || skip "python3 is not installed"; }

# --- TensorBoard ---------------------------------------------------------------------------------

@test "an event file has version, settings, and an event for each epoch; lengths and checksums are right" {
    python
    run -0 lint-log --tensorboard tb --time 1700000000 m/log.tsv
    assert_output ''
    run -0 find tb -type f
    assert_output tb/m/events.out.tfevents.lint
    run -0 "$READ" events tb/m/events.out.tfevents.lint
    assert_output 'event 0 at 1700000000 brain.Event:2
event 0 at 1700000000 
settings/text_summary | setting | value |
  |---|---|
  | lint | 0.1.0 |
  | epochs | 3 |
  | a/b | x \| y\\z |
  
event 1 at 1700000001 
  lr 0.01
  train_loss 0.5
  val_loss 0.25
event 2 at 1700000002 
  lr 0.005
  train_loss 0.125
event 3 at 1700000003 
  lr 0.001
  train_loss 3e-05
  val_loss 2'
}

@test "an event file of a real log has every value of it" {
    python
    lint-log --tensorboard tb --run r --time 5 "$BATS_FILE_TMPDIR/real.tsv"
    run -0 "$READ" events tb/r/events.out.tfevents.lint
    local i=0 name names values
    IFS=$'\t' read -ra names < <(grep '^epoch' "$BATS_FILE_TMPDIR/real.tsv")
    IFS=$'\t' read -ra values < <(tail -n 1 "$BATS_FILE_TMPDIR/real.tsv")
    assert [ "${#names[@]}" -ge 10 ]
    assert_line 'event 3 at 8 '
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

# beside: what a pipeline leaves beside a log.
beside() {
    printf '{"kind": "scores", "summary": {"accuracy": 0.75, "center_radius": 0.3, "worst_group": null}}' >m/test.json
    printf '{"summary": {"accuracy": 1}}' >m/val.json
    lint-show -q --max 2 -o m/sheet.png "$BATS_FILE_TMPDIR/train.lts"
}

@test "scores and pictures beside a log are scalars and images at the last epoch" {
    python
    beside
    lint-log --tensorboard tb --time 10 m
    run -0 "$READ" events tb/m/events.out.tfevents.lint
    assert_equal "$(tail -n 5 <<<"$output")" "event 3 at 13 
  val/accuracy 1
  test/accuracy 0.75
event 3 at 13 
sheet $(png_size m/sheet.png | tr ' ' x), $(stat -c %s m/sheet.png) bytes"
}

@test "what is beside a log and broken is named" {
    beside
    head -c 20 m/sheet.png >m/cut.png
    run -1 lint-log --tensorboard tb m
    assert_output 'lint-log: m/cut.png: not a PNG'
    assert_not_exists tb/m/events.out.tfevents.lint
    rm m/cut.png
    echo '{' >m/test.json
    run -1 lint-log --tensorboard tb m
    assert_output --regexp '^lint-log: m/test.json: '
}

@test "times are those of the log's file; --time counts a second for each epoch" {
    python
    lint-log --mlflow ml.db m/log.tsv
    run -0 "$READ" mlflow ml.db
    # Its file was made after the time that it was set to, so only the end is known.
    assert_line 'run m FINISHED 1600000000500 1600000000500'
    lint-log --mlflow ml.db --time 1700000000 m/log.tsv
    run -0 "$READ" mlflow ml.db
    assert_line 'run m FINISHED 1700000000000 1700000003000'
    assert_line 'metric lr 1700000002000 0.005 2'
    # A training: from when its log was begun to when it was ended, where the file system knows.
    local before=$(date +%s%3N)
    { head -n 5 m/log.tsv; sleep 0.3; tail -n +6 m/log.tsv; } >slow.tsv
    local after=$(date +%s%3N)
    lint-log --mlflow ml.db slow.tsv
    run -0 "$READ" mlflow ml.db
    read -r _ _ status begin end < <(grep '^run slow' <<<"$output")
    assert_equal "$status" FINISHED
    assert [ "$before" -le "$((begin + 20))" ] && assert [ "$end" -le "$((after + 20))" ]
    [ "$(stat -c %W slow.tsv)" -eq 0 ] || assert [ "$((end - begin))" -ge 250 ]
    # A pipe: now.
    before=$(date +%s)
    lint-log --mlflow ml.db --run piped <m/log.tsv
    run -0 "$READ" mlflow ml.db
    read -r _ _ _ begin _ < <(grep '^run piped' <<<"$output")
    assert [ "$((begin / 1000))" -ge "$before" ]
}

# --- MLflow --------------------------------------------------------------------------------------

@test "an MLflow database has tables, experiment, run, params, metrics with steps, tags and artifacts" {
    python
    beside
    run -0 lint-log --mlflow ml/mlflow.db --experiment "it's birds" --tag note='two words=3' --tag a:b= --time 1000 \
        --artifact "$BATS_FILE_TMPDIR/model.safetensors" m/log.tsv
    assert_output ''
    run -0 "$READ" mlflow ml/mlflow.db
    assert_output "experiment 0 Default
experiment 1 it's birds
run m FINISHED 1000000 1003000
param a/b x | y\\z
param epochs 3
param lint 0.1.0
metric lr 1001000 0.01 1
metric lr 1002000 0.005 2
metric lr 1003000 0.001 3
metric test/accuracy 1003000 0.75 3
metric train_loss 1001000 0.5 1
metric train_loss 1002000 0.125 2
metric train_loss 1003000 3e-05 3
metric val/accuracy 1003000 1.0 3
metric val_loss 1001000 0.25 1
metric val_loss 1003000 2.0 3
tag a_b 
tag mlflow.runName m
tag mlflow.source.name lint-train
tag mlflow.source.type LOCAL
tag mlflow.user lint
tag note two words=3
artifact model.safetensors $(stat -c %s "$BATS_FILE_TMPDIR/model.safetensors")
artifact sheet.png $(stat -c %s m/sheet.png)"
    cmp ml/mlartifacts/1/*/artifacts/model.safetensors "$BATS_FILE_TMPDIR/model.safetensors"
    run -0 find ml -maxdepth 1 -printf '%P\n'
    assert_equal "$(sort <<<"$output" | xargs)" 'mlartifacts mlflow.db'
}

@test "every setting of a real log is a param" {
    python
    lint-log --mlflow ml.db --run r "$BATS_FILE_TMPDIR/real.tsv"
    run -0 "$READ" mlflow ml.db
    local line
    while IFS=$'\t' read -r name value; do
        assert_line "param $name $value"
    done < <(sed -n 's/^# //p' "$BATS_FILE_TMPDIR/real.tsv")
}

@test "a log that has grown updates its run, which is RUNNING until its last epoch" {
    python
    head -n -1 m/log.tsv >x && mv m/log.tsv all && mv x m/log.tsv
    lint-log --mlflow ml.db --time 1 m/log.tsv
    run -0 "$READ" mlflow ml.db
    assert_line 'run m RUNNING 1000 None'
    refute_line --partial ' 4000 '
    mv all m/log.tsv
    lint-log --mlflow ml.db --time 1 m/log.tsv
    run -0 "$READ" mlflow ml.db
    assert_line 'run m FINISHED 1000 4000'
    assert_equal "$(grep -c ^run <<<"$output")" 1
}

@test "a database that MLflow has changed is used: its columns, its experiments, the user's tags" {
    python
    lint-log --mlflow ml.db --experiment birds m/log.tsv
    # What later versions of MLflow do to these tables, and what a user does in its interface.
    python3 -c 'import sqlite3
db = sqlite3.connect("ml.db")
db.executescript("""ALTER TABLE experiments ADD COLUMN workspace VARCHAR(63) NOT NULL DEFAULT "default";
    CREATE TABLE datasets (dataset_uuid VARCHAR(36) NOT NULL);
    UPDATE alembic_version SET version_num = "of a later MLflow";
    INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)
        VALUES (42, "cats", (SELECT artifact_location FROM experiments WHERE experiment_id = 1), "active");
    INSERT INTO tags SELECT "mlflow.note.content", "mine", run_uuid FROM runs;
    UPDATE runs SET name = "renamed";""")'
    lint-log --mlflow ml.db --experiment birds m/log.tsv
    lint-log --mlflow ml.db --experiment birds --run other m/log.tsv
    lint-log --mlflow ml.db --experiment dogs m/log.tsv
    run -0 "$READ" mlflow ml.db --changed
    assert_equal "$(grep ^experiment <<<"$output" | xargs)" \
        'experiment 0 Default experiment 1 birds experiment 42 cats experiment 43 dogs'
    assert_equal "$(grep -c ^run <<<"$output")" 3
    assert_line --partial 'run renamed FINISHED'
    assert_line 'tag mlflow.note.content mine'
    python3 -c 'import sqlite3
db = sqlite3.connect("ml.db")
db.executescript("UPDATE experiments SET lifecycle_stage = \"deleted\" WHERE name = \"dogs\"")'
    run -1 lint-log --mlflow ml.db --experiment dogs m/log.tsv
    assert_output --partial "ml.db: the experiment 'dogs' was deleted"
}

@test "what is no database of MLflow is left as it is" {
    python
    python3 -c 'import sqlite3; sqlite3.connect("other.db").executescript("CREATE TABLE mine (x)")'
    cp other.db before
    run -1 lint-log --mlflow other.db m/log.tsv
    assert_output "lint-log: other.db: a database, but not MLflow's"
    cmp other.db before
    run -1 lint-log --mlflow m/log.tsv m/log.tsv
    assert_output 'lint-log: m/log.tsv: file is not a database'
    run -1 lint-log --mlflow m m/log.tsv
    assert_output "lint-log: m: a folder, expected MLflow's database, such as m/mlflow.db"
}

@test "a database whose path has spaces and UTF-8 has artifacts that are found by their URI" {
    python
    lint-log --mlflow 'my rüns/100%/ml.db' --time 1 m/log.tsv
    run -0 "$READ" mlflow 'my rüns/100%/ml.db'
    assert_line 'run m FINISHED 1000 4000'
}

# --- names ---------------------------------------------------------------------------------------

@test "runs have short names from their paths, and nothing is written outside of the folder" {
    python
    mkdir -p a/x/s0/camloss models/birds/s0/camloss models/orca/s0/camloss b
    for there in a/x/s0/camloss models/birds/s0/camloss models/orca/s0/camloss; do cp m/log.tsv $there; done
    cp m/log.tsv b/x.tsv
    cd b
    run -0 lint-log -v --tensorboard ../tb ../a/x/s0/./camloss/log.tsv x.tsv
    assert_line 'lint-log: x.tsv: run x: 3 settings, 4 columns, 3 epochs, 0 scores, 0 pictures'
    cd ..
    run -0 find tb -type f -printf '%P\n'
    assert_equal "$(sort <<<"$output" | xargs)" \
        "s0/camloss/events.out.tfevents.lint x/events.out.tfevents.lint"
    # Of a pipeline's folders: the experiment too.
    lint-log --tensorboard tb2 --mlflow ml.db models/*/s*/*/
    run -0 find tb2 -type f -printf '%P\n'
    assert_equal "$(sort <<<"$output" | xargs)" \
        "birds/s0/camloss/events.out.tfevents.lint orca/s0/camloss/events.out.tfevents.lint"
    run -0 "$READ" mlflow ml.db
    assert_equal "$(grep -E '^(experiment|run)' <<<"$output" | cut -d ' ' -f 1-3 | xargs)" \
        'experiment 0 Default experiment 1 birds run s0/camloss FINISHED experiment 2 orca run s0/camloss FINISHED'
    run -2 lint-log --tensorboard tb3 a/x/s0/camloss m/../a/x/s0/camloss/log.tsv
    assert_output --partial "would both be run 's0/camloss'"
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
    python
    lint-log --tensorboard tb --mlflow ml/ml.db m/log.tsv
    cp -r tb tb1
    "$READ" mlflow ml/ml.db >1
    lint-log --tensorboard tb --mlflow ml/ml.db m/log.tsv
    run -0 diff -r tb tb1
    "$READ" mlflow ml/ml.db | cmp 1
}

# --- usage and errors ----------------------------------------------------------------------------

@test "an epoch whose time MLflow cannot hold is an error, and leaves no database" {
    printf 'epoch\tlr\n9223372036854775807\t0.5\n' >m/log.tsv
    run -1 lint-log --mlflow ml.db --run r --time 1000000000000 m/log.tsv
    assert_output "lint-log: run 'r': a time of 9.223373037e+18 seconds since 1970, expected at most 1e+15"
    assert_not_exists ml.db
    run -0 lint-log --mlflow ml.db --run r m/log.tsv # by the times of its file
}

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "m/log.tsv" "--nonsense" "--tensorboard" "--tensorboard tb --tag a=b m/log.tsv" \
        "--tensorboard tb --artifact x m/log.tsv" "--tensorboard tb --experiment x m/log.tsv" "--mlflow ml --tag ab m/log.tsv" \
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
    assert_output --partial '--mlflow FILE'
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
    run -0 lint-log --tensorboard tb --mlflow ml --time 1 young.tsv
    run -0 "$READ" events tb/young/events.out.tfevents.lint
    assert_equal "$(grep -c ^event <<<"$output")" 2
    run -0 "$READ" mlflow ml
    assert_line 'run young RUNNING 1000 None'
    refute_line --partial metric
}

@test "names that MLflow could not tell apart, or hold, are refused" {
    printf '# a?b\t1\n# a:b\t2\nepoch\tx\n' >same.tsv
    run -1 lint-log --mlflow ml same.tsv
    assert_output "lint-log: 'a?b' and 'a:b' become the same name in MLflow"
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
    assert_not_exists ml
    mkdir -p full/m
    ln -s /dev/full full/m/events.out.tfevents.lint
    run -1 lint-log --tensorboard full m/log.tsv
    assert_output --partial 'No space left on device'
    assert [ "${#lines[@]}" -eq 1 ]
}

@test "a log of more columns or settings than any training has is refused at once" {
    perl -e 'print join("\t", "epoch", map { "c$_" } 1 .. 100000), "\n"' >wide
    run -1 timeout 10 lint-log --tensorboard t wide
    assert_output 'lint-log: wide: line 1: more than 1000 columns'
    perl -e 'print "# s$_\t1\n" for 1 .. 100000; print "epoch\tx\n1\t2\n"' >long
    run -1 timeout 10 lint-log --mlflow m2 long
    assert_output 'lint-log: long: line 2001: more than 2000 settings'
}

@test "--help and --version into a full disk or a closed output are an error" {
    run -1 --separate-stderr bash -c 'lint-log --help >/dev/full'
    assert_equal "$stderr" 'lint-log: standard output: No space left on device'
    run -1 --separate-stderr bash -c 'lint-log --version >&-'
}

@test "nobody waits for a FIFO beside a log; a log that is named by hand may be one" {
    local name to
    for name in sheet.png val.json log.tsv; do
        for to in --tensorboard --mlflow; do
            cp -r m "$name-$to"
            rm -f "$name-$to/$name"
            mkfifo "$name-$to/$name"
            run -1 timeout 20 lint-log "$to" "out$to" "$name-$to"
            assert_output "lint-log: $name-$to/$name: not a regular file"
        done
    done
    mkfifo pipe artifact
    cat m/log.tsv >pipe &
    echo told >artifact &
    timeout 20 lint-log --mlflow out.db --artifact artifact pipe
    run -0 find . -name artifact -type f
    assert_output --regexp '^./[^
]*/artifact$'
}
