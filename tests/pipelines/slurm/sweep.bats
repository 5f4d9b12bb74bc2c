# `make sweep CLUSTER=slurm` as its users see it, in front of a Slurm that tests/pipelines/slurm/run has started,
# on which two tasks run at a time.
load ../../support/helpers

setup() {
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED CLUSTER SBATCH
    export OUT=$BATS_TEST_TMPDIR/out GATE=$BATS_TEST_TMPDIR/gate
}

SMALL=(SIZE=16x16 NET=tests/support/tiny.net EPOCHS=2 PICTURES='--train 24,16 --val 6 --test 9' AUGMENT=tests/pipelines/slurm/gate)

sweep() { make sweep "${SMALL[@]}" "$@"; }

# submit SETTING...: sets array, collect, table and logs.
submit() {
    run -0 sweep CLUSTER=slurm "$@"
    array=$(sed -n 's/^array *\([0-9]*\),.*/\1/p' <<<"$output")
    collect=$(sed -n 's/^collect *\([0-9]*\),.*/\1/p' <<<"$output")
    table=$(sed -n 's/^table *//p' <<<"$output")
    logs=$(sed -n 's/^logs *//p' <<<"$output")
    assert [ -n "$array" -a -n "$collect" -a -n "$table" -a -d "$logs" ]
}

# Waits, for ten minutes, until the command succeeds.
until_so() {
    local i
    for ((i = 0; i < 3000; i++)); do
        "$@" && return
        sleep 0.2
    done
    squeue
    fail "$* never came true"
}

about() { scontrol show job "$1" | grep -oE "\<$2=[^ ]*" | head -n 1 | cut -d= -f2; }
ended() { [[ $(about "$1" JobState) != @(PENDING|RUNNING|COMPLETING|CONFIGURING|REQUEUED|SUSPENDED) ]]; }
waits() { [ "$(about "$1" JobState)" = PENDING ]; }
waits_at_gate() { [ -e "$GATE/$1" ]; }

# ended_as STATE: the job that collects; shows why if it is another.
ended_as() {
    until_so ended "$collect"
    [ "$(about "$collect" JobState)" = "$1" ] || tail "$logs"/*.log
    assert_equal "$(about "$collect" JobState)" "$1"
}

# What the same sweep prints on this machine, elsewhere.
locally() { OUT=$OUT-local make -s sweep "${SMALL[@]}" "$@" 2>/dev/null | sed "s|$OUT-local|$OUT|g"; }

@test "eight seeds, one killed and requeued and one requeued while it runs, give the table of a local sweep" {
    mkdir "$GATE"
    submit SEEDS=8
    assert_line "array    $array, 8 tasks"
    assert_not_exists "$table"
    until_so waits_at_gate 0
    until_so waits_at_gate 1
    assert_equal "$(about "$collect" JobState)" PENDING

    local pids task
    pids=$(scontrol listpids "$(about "${array}_0" JobId)" | awk '$1 > 0 { print $1 }')
    assert [ "$(wc -w <<<"$pids")" -ge 3 ]
    kill -KILL $pids
    until_so ended "${array}_0"
    assert_equal "$(about "${array}_0" JobState)" FAILED
    scontrol requeue "${array}_0"
    rm "$GATE/1"
    scontrol requeue "${array}_1"
    rm -r "$GATE"
    # Slurm lets requeued jobs wait for two minutes.
    for task in 0 1; do
        until_so waits "${array}_$task"
        scontrol update JobId="${array}_$task" StartTime=now
    done
    ended_as COMPLETED
    assert_equal "$(about "${array}_0" Restarts)" 1
    assert_equal "$(about "${array}_1" Restarts)" 1
    # What was whole before was not made again.
    assert_equal "$(grep -c 'lint-split' "$logs/0.log")" 1
    assert_equal "$(grep -c 'lint-train.*default' "$logs/0.log")" 2

    run -0 locally SEEDS=8
    echo "$output" >"$BATS_TEST_TMPDIR/table"
    run -0 cmp "$table" "$BATS_TEST_TMPDIR/table"
    run -0 diff -r -x .cache -x 'sweep-*.txt' "$OUT" "$OUT-local"
    # Here it is all there: nothing but the table is made.
    run -0 sweep SEEDS=8
    assert_output "$(<"$table")"
}

@test "where a seed fails there is no table, and it is said where to look; the same again goes on" {
    touch "$GATE.break-1"
    submit SEEDS=3
    ended_as FAILED
    assert_not_exists "$table"
    run -0 cat "$logs/collect.log"
    assert_line "no table: 1 of 3 tasks have not made what they should"
    assert_line "s1: $logs/1.log"
    run -0 cat "$logs/1.log"
    assert_line --partial 'orca-leopard/s1/default/train: ended with status '
    rm "$GATE.break-1"
    submit SEEDS=3
    ended_as COMPLETED
    run -0 grep -l lint-train "$logs"/?.log
    assert_output "$logs/1.log"
    run -0 locally SEEDS=3
    assert_output "$(<"$table")"
}

@test "a second sweep in the same place waits for the first, and each has its own table" {
    mkdir "$GATE"
    submit SEEDS=2 CAM_WEIGHT=5
    local first=$table before=$collect
    submit SEEDS=2 CAM_WEIGHT=9 JOBS=1
    assert_line "after    $before, an earlier sweep of orca-leopard"
    assert_equal "$(about "$array" ArrayTaskThrottle)" 1
    rm -r "$GATE"
    ended_as COMPLETED
    run -0 locally SEEDS=2 CAM_WEIGHT=5
    assert_output "$(<"$first")"
    run -0 locally SEEDS=2 CAM_WEIGHT=9
    assert_output "$(<"$table")"
    refute [ "$(<"$table")" = "$(<"$first")" ]
}

@test "results that have become others before they are collected are not collected" {
    mkdir "$GATE"
    submit SEEDS=2 CAM_WEIGHT=5
    until_so waits_at_gate 0
    scontrol hold "$collect"
    rm -r "$GATE"
    until_so ended "${array}_0"
    until_so ended "${array}_1"
    make -s pipeline "${SMALL[@]}" CAM_WEIGHT=9 SEED=1
    scontrol release "$collect"
    ended_as FAILED
    assert_not_exists "$table"
    run -0 cat "$logs/collect.log"
    assert_line "s1: $logs/1.log"
}

@test "a grid's tasks are its settings and seeds" {
    submit GRID='CAM_WEIGHT=1,3 SWAP=.5,1' GRID_SEEDS='100 101'
    assert_line "array    $array, 8 tasks"
    ended_as COMPLETED
    run -0 locally GRID='CAM_WEIGHT=1,3 SWAP=.5,1' GRID_SEEDS='100 101'
    assert_output "$(<"$table")"
    run -0 find "$OUT" -name test.json
    assert_output ''
}

@test "pictures that all seeds read may lie in any folder" {
    local pets="$BATS_TEST_TMPDIR/Ann's pets" f i=0
    lint-synth -q --size 16x16 --train 24,16 --val 6 --test 9 -o "$BATS_TEST_TMPDIR/drawn" orca-leopard
    mkdir -p "$pets/big cat" "$pets/whale"
    for f in "$BATS_TEST_TMPDIR"/drawn/images/*.png; do
        if ((i++ % 2)); then cp "$f" "$pets/big cat"; else cp "$f" "$pets/whale"; fi
    done
    submit DATA="$pets" SEEDS=2
    ended_as COMPLETED
    run -0 locally DATA="$pets" SEEDS=2
    assert_output "$(<"$table")"
    run -0 sweep DATA="$pets" SEEDS=2
    assert_output "$(<"$table")"
    run -2 sweep DATA=/none/such CLUSTER=slurm
    assert_output --partial "There is no folder '/none/such'."
}

@test "options go to sbatch; what it refuses, and what is no cluster, is told, and nothing is left behind" {
    mkdir "$GATE"
    submit SEEDS=2 SBATCH='--comment="for Ann" --time=5'
    run -0 scontrol show job "$array"
    assert_line --regexp '^ *Comment=for Ann *$'
    assert_equal "$(about "$collect" TimeLimit)" 00:05:00
    rm -r "$GATE"
    ended_as COMPLETED
    rm -r "$logs"
    run -2 sweep CLUSTER=slurm SBATCH=--partition=none
    assert_output --partial 'invalid partition'
    assert_line 'sbatch did not take the array.'
    run -0 find "$OUT/.cache/slurm" -mindepth 1 -type d
    assert_output ''
    run -2 sweep CLUSTER=pbs
    assert_output --partial 'CLUSTER may be slurm, and is pbs'
    # A machine without Slurm.
    mkdir "$BATS_TEST_TMPDIR/bin"
    ln -s /usr/bin/* "$BATS_TEST_TMPDIR/bin"
    rm "$BATS_TEST_TMPDIR/bin/sbatch"
    PATH=$BUILD:$BATS_TEST_TMPDIR/bin run -2 sweep CLUSTER=slurm
    assert_output --partial 'there is no sbatch here'
    assert_equal "${#lines[@]}" 1
}
