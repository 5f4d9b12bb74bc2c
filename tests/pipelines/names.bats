# Names as somebody may choose them who wants them to be run, or to garble what shows them: of the
# folder, of classes and of pictures, through the pipeline, its report, its tables and a cluster's jobs.
load ../support/helpers

# Words that a shell, make, awk, printf, HTML, a table or a terminal would take for more than a name.
hostile=('--help' '-o' '$(touch RUN1)' '`touch RUN2`' 'a;touch RUN3;b' '|touch RUN4' '%s%n%d' $'tab\there'
    $'line\nend' $'\e[2J\e]0;x\a' "quo'te\"d" '*' '<b>&amp;<i onclick=alert(1)>' 'a,b;c' $'\u202ertl\xd8\x9c\xe2\x80\x8f' '..'
    ' blank ' $'cr\rx' '#hash' '=1+1' '~' '\n\t\' '!!' "$(printf 'long%.0s' {1..58})" '${IFS}')
classes=('-rf $(touch RUN5) `touch RUN6`' '<img src=x onerror=alert(1)>"'"'&amp;" $'\e]0;title\a\e[31mred\ttab\nline\r')
folder='photos $(shell touch RUN7) $(touch RUN8);touch RUN9;'"'q' \"d\" -x #h"

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    local i=0 file
    lint-synth -q --size 16x16 --train 40,35 --val 1 --test 1 -o drawn orca-leopard
    for file in drawn/images/train-*; do
        mkdir -p -- "$folder/${classes[i % 3]}"
        cp -- "$file" "$folder/${classes[i % 3]}/${hostile[i / 3]}.png"
        i=$((i + 1))
    done
}

setup() {
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA CLUSTER SBATCH
    export OUT=$BATS_FILE_TMPDIR/out
}

pipelines() {
    make BUILD="$BUILD" SIZE=16x16 NET=tests/support/tiny.net EPOCHS=1 FOLDS=1 TRY= SEEDS=1 LOCK=none.lock \
        DATA="$BATS_FILE_TMPDIR/$folder" "$@"
}

# No FILE holds a byte that commands a terminal, or a mark that turns the direction of a line.
no_commands() {
    local file
    for file in "$@"; do
        LC_ALL=C run -1 grep -anP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' "$file"
    done
}

# Every line of FILE has N columns.
columns() { assert_equal "$(awk -F'\t' '{ print NF }' "$1" | sort -u)" "$2"; }

nothing_was_run() { run -0 find "$CLONE" "$BATS_FILE_TMPDIR" -name 'RUN[0-9]*' && assert_output ''; }

@test "the pipeline and its report carry every name, run none, and show none that commands a terminal" {
    pipelines pipeline >"$BATS_TEST_TMPDIR/said" 2>&1 || fail "$(cat -v "$BATS_TEST_TMPDIR/said")"
    local models
    models=$(echo "$OUT"/models/*)
    no_commands "$BATS_TEST_TMPDIR/said" "$models"/s0/{audit.tsv,audit.txt,verdict.txt,default/log.tsv}
    run -0 pipelines report
    no_commands "$models/report.html"
    run -1 grep -E '<(img src=x|b>|i onclick)' "$models/report.html"
    run -0 grep -cF '&lt;img src=x onerror=alert(1)&gt;&quot;' "$models/report.html"
    columns "$models/s0/audit.tsv" 5
    assert_equal "$(wc -l <"$models/s0/audit.tsv")" 73 # "...png" is hidden in each class
    run -0 python3 -c 'import json, sys; [json.load(open(f)) for f in sys.argv[1:]]' "$models"/s0/audit.json "$models"/s0/*/*.json
    assert_exists "$models/s0/compare.png"
    nothing_was_run
}

@test "tables and listings keep names in their column; files of pictures stay in their folder" {
    cd "$BATS_FILE_TMPDIR"
    lint-split -q --size 16x16 "$folder" -o sets
    lint-train -q --net "$SUPPORT/tiny.net" --epochs 1 --train sets/train.lts -o model --log log.tsv
    lint-cam -q --png one --grid sheet.png --title "${classes[2]}" model sets/test.lts -o answers.lts
    assert_equal "$(find one -type f | wc -l)" "$(names_of sets/test.lts)"
    lint-show answers.lts model >shown
    lint-eval answers.lts >scores
    lint-eval --samples samples.tsv answers.lts >/dev/null
    lint-predict model "$folder"/*/* >predicted.tsv
    lint-audit "$folder" --samples - >audit.tsv
    lint-audit "$folder" >audit.txt
    no_commands log.tsv shown scores samples.tsv predicted.tsv audit.tsv audit.txt
    columns predicted.tsv 3
    assert_equal "$(wc -l <predicted.tsv)" 72
    run -0 awk -F'\t' 'NR == 1 { n = NF } NF != n { exit 1 }' samples.tsv
    printf 'x' >"$BATS_TEST_TMPDIR/${hostile[9]}.png"
    run -1 lint-predict model "$BATS_TEST_TMPDIR/${hostile[9]}.png"
    printf '%s\n' "$output" >said
    mkdir -p "$BATS_TEST_TMPDIR/bad/${classes[2]}" "$BATS_TEST_TMPDIR/bad/b"
    cp "$BATS_TEST_TMPDIR/${hostile[9]}.png" "$BATS_TEST_TMPDIR/bad/${classes[2]}"
    cp drawn/images/train-0001.png "$BATS_TEST_TMPDIR/bad/b"
    run -1 lint-split "$BATS_TEST_TMPDIR/bad" --ratio 1/0/0 --split train -o "${hostile[9]}"
    printf '%s\n' "$output" >>said
    assert_equal "$(wc -l <said)" 3 # lint-predict has a line on standard output too
    no_commands said
    nothing_was_run
}

names_of() { headers "$1" | grep -o '"label":{"dtype":"I32","shape":\[[0-9]*' | awk -F'[' '{ n += $2 } END { print n }'; }

@test "a job of a cluster gets the names as they are" {
    local bin=$BATS_TEST_TMPDIR/bin
    mkdir "$bin"
    cat >"$bin/sbatch" <<'SBATCH'
#!/bin/bash
# Runs at once what it is given.
while [[ $1 = -* ]]; do case $1 in --array=*) export SLURM_ARRAY_TASK_ID=0 ;; esac; shift; done
"$@" >>"$SBATCH_LOG" 2>&1 && echo 7
SBATCH
    chmod +x "$bin/sbatch"
    export SBATCH_LOG=$BATS_TEST_TMPDIR/log
    PATH=$bin:$PATH run -0 pipelines CLUSTER=slurm sweep
    assert_line 'array    7, 1 tasks'
    run -0 grep accuracy "$OUT"/models/*/sweep-7.txt
    nothing_was_run
}

@test "what make cannot carry is one sentence, before anything runs" {
    local setting
    for setting in $'DATA=/a\nb' "OUT=$BATS_TEST_TMPDIR/a b" $'OUT=/tmp/a\nb' "CACHE=/tmp/a b" 'NET=my net'; do
        run -2 pipelines "$setting" pipeline
        assert_equal "$setting: ${#lines[@]}: $output" "$setting: 1: $(grep -E '^[a-z/.]*:[0-9]+: \*\*\* ' <<<"$output")"
    done
    nothing_was_run
}
