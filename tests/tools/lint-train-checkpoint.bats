# lint-train --checkpoint: whatever happens, the same command ends in the same bytes.
load ../support/helpers

tiny() { "$SUPPORT/tiny-samples" "$@"; }

# In memory where that can be: a checkpoint waits for the disk after every epoch.
setup_file() {
    export WORK
    WORK=$(mktemp -d /dev/shm/lint-XXXXXX 2>/dev/null) || WORK=$BATS_FILE_TMPDIR
    cd "$WORK"
    tiny n=48 places=sea,land >train.lts
    tiny n=12 seed=9 places=sea,land >val.lts
    tiny n=24 epochs=30 announce=30 frame=7 >marked.lts
    cp "$SUPPORT/tiny.net" .
    sed 's/^.*flatten/&\n dropout 0.3/' tiny.net >drop.net
    lint-train "${whole[@]}" -o whole --log whole.tsv
}

teardown_file() { [ "$WORK" = "$BATS_FILE_TMPDIR" ] || rm -rf "$WORK"; }
setup() { cd "$WORK"; }
teardown() { [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || true; }

# Whatever is random, has memory or rows of its own is in it: dropout, Adam, group DRO, phases.
whole=(-q --net drop.net --train train.lts --val val.lts --epochs 40 --batch 8 --seed 3
    --optim adam --lr 0.003 --objective dro --cam-loss energy --phase '50%:cam=3'
    --best worst-group)

# same DIR: what was written there is what the run that was never killed wrote.
same() { cmp "$1/m" whole && cmp "$1/log" whole.tsv; }

# goes_on DIR: the run, from its checkpoint if there is one, to its end.
goes_on() { lint-train "${whole[@]}" -o "$1/m" --log "$1/log" --checkpoint "$1/c" "${@:2}"; }

# killed DIR SECONDS [OPTION...]: a run that is killed then, unless it was faster; its files in DIR.
killed() {
    local dir=$1 after=$2
    shift 2
    mkdir -p "$dir"
    # The program's own process, not that of a function.
    lint-train "${whole[@]}" -o "$dir/m" --log "$dir/log" --checkpoint "$dir/c" "$@" 3>&- &
    pid=$!
    sleep "$after"
    kill -KILL $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
}

@test "a run with checkpoints gives what one without gives; started again, it gives it again" {
    mkdir again
    goes_on again
    same again
    rm again/m again/log
    cp again/c before
    goes_on again
    same again
    cmp before again/c
    run -0 headers again/c
    assert_output --partial '"kind":"checkpoint"'
    assert_output --partial '"best/bn1.running_var":{"dtype":"F32","shape":[4]'
    assert_output --partial '"log/rows":{"dtype":"F64","shape":[40,16]'
}

@test "killed at 20 random moments and started again, all 20 end byte-identical" {
    local moment begin all kills=0
    mkdir timed
    begin=$EPOCHREALTIME
    goes_on timed
    # Moments between nothing and what a whole run takes here. A run that was faster does not count.
    all=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
    for moment in $(awk -v all="$all" 'BEGIN { srand(7); while (i++ < 200) print rand() * all }'); do
        rm -rf k
        killed k "$moment" --threads $((1 + kills % 2))
        [ "$status" = 137 ] || continue
        goes_on k --threads $((2 - kills % 2))
        same k
        [ $((++kills)) -lt 20 ] || return 0
    done
    fail "only $kills runs were killed before their end"
}

@test "killed again and again, on and on from the last checkpoint" {
    local i
    for i in 0.05 0.02 0.08 0.03 0.1 0.04 0.06; do killed chain $i; done
    goes_on chain
    same chain
}

@test "in bf16, too, a run that was killed ends in the bytes of one that was not" {
    printf '%s\n' 'input 16x16x3' 'a: conv 32 3x3 stride 2 pad 1' relu 'b: conv 32 3x3 pad 1' relu \
        cam globalpool flatten 'fc: dense classes' >wide.net
    narrow() { lint-train -q --net wide.net --train train.lts --val val.lts --epochs 60 --batch 8 --precision bf16 "$@"; }
    narrow -o straight --log straight.tsv
    local tries
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        rm -f c m log
        lint-train -q --net wide.net --train train.lts --val val.lts --epochs 60 --batch 8 --precision bf16 \
            -o m --log log --checkpoint c 3>&- &
        pid=$!
        until [ -e c ] || [ -e m ]; do sleep 0.01; done
        kill -KILL $pid 2>/dev/null || true
        status=0
        wait $pid 2>/dev/null || status=$?
        [ "$status" != 137 ] || break
    done
    assert_equal "$status" 137
    run -0 headers c
    assert_output --partial 'precision\tbf16\n'
    narrow -o m --log log --checkpoint c --threads 2
    cmp m straight
    cmp log straight.tsv
}

# The system kills a process that writes beyond the limit on file sizes, in the middle of a write.
@test "killed in the middle of writing a checkpoint, the one before is whole" {
    mkdir -p write
    goes_on write
    local size kb
    size=$(stat -c %s write/c)
    for kb in $((size / 1024)) $((size / 1024 - 1)) $((size / 1024 - 2)); do
        rm -rf write
        mkdir write
        run bash -c "ulimit -c 0; ulimit -f $kb; $(declare -p whole); $(declare -f goes_on); goes_on write"
        assert_equal "$status" 153 # 128 + SIGXFSZ
        assert_file_not_empty write/c
        assert_not_exist write/m
        goes_on write
        same write
    done
}

@test "a stream through a pipe is read again and passed over" {
    stream() { lint-train -q --net tiny.net --val val.lts --batch 8 --momentum 0.5 "$@"; }
    stream --train marked.lts -o straight --log straight.tsv
    local bytes
    for bytes in 200000 400000 555555; do
        rm -f c m log
        run -1 bash -c "$(declare -f stream); head -c $bytes marked.lts | stream -o m --log log --checkpoint c"
        assert_output --partial truncated
        [ "$(tail -n 1 log.partial | cut -f 1)" -gt 1 ]
        stream -o m --log log --checkpoint c < <(cat marked.lts)
        cmp m straight
        cmp log straight.tsv
    done
}

@test "lint-augment's stream is taken up, too" {
    feed() { lint-augment --epochs 12 --shuffle --balance --rotate 20 --frame 5 train.lts; }
    fed() { feed | lint-train -q --net tiny.net --batch 8 --optim adam -o "$1" --log "$1.tsv" "${@:2}"; }
    fed straight
    rm -f c
    feed | head -c 300000 | lint-train -q --net tiny.net --batch 8 --optim adam -o fed --log fed.tsv \
        --checkpoint c 2>said || true
    assert_file_contains said truncated
    fed fed --checkpoint c
    cmp straight fed
    cmp straight.tsv fed.tsv
}

@test "a checkpoint of another run is refused, and it says what differs" {
    rm -f c
    plain() { lint-train -q --net tiny.net --train train.lts --val val.lts --epochs 3 -o m --checkpoint c "$@"; }
    plain
    cp c kept
    refused() {
        local says=$1
        shift
        run -1 plain "$@"
        assert_output "lint-train: c: belongs to a run $says; to start anew, delete the file or name another --checkpoint"
        cmp c kept
    }
    refused 'with lr 0.01, but lr is now 0.1' --lr 0.1
    refused 'with epochs 3, but epochs is now 4' --epochs 4
    refused 'with seed 0, but seed is now 5' --seed 5
    refused 'with optim sgd, but optim is now adam' --optim adam
    refused 'with cam-loss none, but cam-loss is now energy' --cam-loss energy
    refused 'without phase, but phase is now 2:lr=1' --phase 2:lr=1
    refused 'without freeze, but freeze is now conv1' --freeze conv1
    refused 'with precision f32, but precision is now bf16' --precision bf16
    refused 'with other network text' --net drop.net
    refused 'with other training samples' --train val.lts
    refused 'with other validation samples' --val train.lts
    cp m initial
    refused 'with other initial weights' --init initial
    plain --phase 2:lr=1 --checkpoint other
    cp other c
    cp other kept
    refused 'with phase 2:lr=1, but now there is none'
    plain --threads 1 --verbose --phase 2:lr=1 2>/dev/null # these change nothing
}

@test "a stream that is another one than the checkpoint's is refused" {
    rm -f c
    lint-train -q --net tiny.net --train marked.lts --epochs 5 -o m --checkpoint c
    tiny n=24 epochs=30 announce=30 frame=7 seed=2 >other.lts
    run -1 lint-train -q --net tiny.net --train other.lts --epochs 5 -o m --checkpoint c
    assert_output 'lint-train: other.lts: epochs 1 to 5 are not those of c; to start anew, delete that file or name another --checkpoint'
    # Frames may be cut otherwise: the samples are the same.
    tiny n=24 epochs=30 announce=30 frame=24 >cut.lts
    lint-train -q --net tiny.net --train marked.lts --epochs 5 -o n
    lint-train -q --net tiny.net --train marked.lts --epochs 5 -o m --checkpoint c
    cmp m n
}

@test "what is no checkpoint is refused and stays as it was" {
    plain() { lint-train -q --net tiny.net --train train.lts --epochs 3 -o m --checkpoint bad; }
    rm -f bad
    plain
    cp bad good
    head -c 3000 good >bad
    run -1 plain
    assert_output --regexp '^lint-train: bad: .*truncated'
    cp m bad
    run -1 plain
    assert_output 'lint-train: bad: not a checkpoint of lint-train (its kind is model)'
    cmp m bad
    : >bad
    run -1 plain
    assert_output --regexp '^lint-train: bad: '
    rm bad
    mkdir bad
    run -1 plain
    assert_output 'lint-train: bad: not a regular file'
    rmdir bad
    run -1 lint-train -q --net tiny.net --train train.lts --epochs 3 -o m --checkpoint nowhere/c
    assert_output 'lint-train: nowhere/c: No such file or directory'
    run -2 lint-train --net tiny.net --train train.lts -o m --checkpoint -
    assert_output --partial '--checkpoint -: expected a file'
    run -2 lint-train --net tiny.net --train train.lts -o m --checkpoint m
    assert_output --partial '--out and --checkpoint are the same file'
}

@test "it says where it goes on; Ctrl-C and the same command again end as one run" {
    rm -f c
    mkfifo stream
    local run=(--net tiny.net --train stream --val val.lts --batch 8 -o cc --log cc.tsv --checkpoint c)
    lint-train "${run[@]}" 2>said 3>&- &
    pid=$!
    exec 7>stream # a third of it: it cannot end before the signal, however fast the machine is
    head -c $(($(stat -c %s marked.lts) / 3)) marked.lts >&7
    # Until its end a run's log is cc.tsv.partial.
    local i
    for i in {1..3000}; do
        grep -qs '^3' cc.tsv.partial && break
        sleep 0.02
    done
    grep -q '^3' cc.tsv.partial || fail 'it has not trained three epochs in a minute'
    kill -INT $pid
    wait $pid || [ $? = 130 ] || fail 'it was not interrupted'
    exec 7>&-
    cat marked.lts >stream 3>&- &
    run -0 lint-train "${run[@]}"
    assert_line --regexp '^lint-train: c: resuming after epoch [0-9]+$'
    lint-train --net tiny.net --train marked.lts --val val.lts --batch 8 -o straight --log straight.tsv
    cmp cc straight
    cmp cc.tsv straight.tsv
}

@test "a run that ended for want of patience stays ended" {
    rm -f c
    early() {
        lint-train -q --net tiny.net --train train.lts --val val.lts --epochs 50 --lr 0 --best ce \
            --schedule constant --batch 8 --freeze bn1 --patience 4 -o m --log log --checkpoint c
    }
    early
    assert_equal "$(tail -n 1 log | cut -f 1)" 5
    cp log before
    early
    cmp log before
}
