# A day in miniature: `make test-long`. LONG_KILLS (200) trainings are killed and go on, LONG_ROUNDS (10) times two
# makes share a cache that is too small for them, and LONG_EPOCHS (1000) epochs need no more memory than the first.
load ../../support/helpers

whole=(-q --threads 1 --net drop.net --train train.lts --val val.lts --epochs 60 --batch 8 --seed 3 --optim adam
    --lr 0.003 --objective dro --cam-loss energy --phase '50%:cam=3' --best worst-group)

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SUPPORT/tiny-samples" n=48 places=sea,land >train.lts
    "$SUPPORT/tiny-samples" n=12 seed=9 places=sea,land >val.lts
    sed 's/^.*flatten/&\n dropout 0.3/' "$SUPPORT/tiny.net" >drop.net
    local begin
    for _ in 1 2 3; do
        rm -f timed
        begin=$EPOCHREALTIME
        lint-train "${whole[@]}" -o whole --log whole.tsv --checkpoint timed
        awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
    done | sort -n | head -1 >all
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA
}

# tell WORDS...: a line for whoever watches.
tell() { echo "# $*" >&3; }

@test "trainings killed and resumed at random end in the same bytes and leave nothing over" {
    local n=0 kills=0 want=${LONG_KILLS:-200} moment signal pid status all
    all=$(<all)
    # A training that was faster than the signal does not count.
    while [ $kills -lt "$want" ] && read -r moment signal; do
        n=$((n + 1))
        [ -d run ] || mkdir run
        lint-train "${whole[@]}" -o run/m --log run/log --checkpoint run/c 3>&- &
        pid=$!
        sleep "$moment"
        kill "-$signal" $pid 2>/dev/null || true
        status=0
        wait $pid 2>/dev/null || status=$?
        [ $status -eq 0 ] || kills=$((kills + 1))
        # Every third one is killed again before it may end.
        [ $((n % 3)) -eq 0 ] && [ $status -ne 0 ] && continue
        lint-train "${whole[@]}" -o run/m --log run/log --checkpoint run/c
        cmp run/m whole || fail "$n: $signal after $moment s"
        cmp run/log whole.tsv
        assert_equal "$(ls -A run | xargs)" 'c log m'
        rm -r run
    done < <(awk -v n="$want" -v all="$all" 'BEGIN {
        srand(18); split("KILL KILL KILL TERM HUP INT", s, " ")
        for (i = 0; i < 20 * n; i++) print rand() * all, s[1 + int(rand() * 6)] }')
    tell "$n trainings, $kills of them ended by a signal; all the same bytes"
    assert_equal $kills "$want"
}

@test "two makes at once, with a cache too small for both, make what one alone makes" {
    cd "$CLONE"
    local round small here=$BATS_FILE_TMPDIR
    pipelines() { make BUILD="$BUILD" OUT="$here/$1" "${small[@]}" "${@:2}"; }
    for ((round = 0; round < ${LONG_ROUNDS:-10}; round++)); do
        small=(SIZE=16x16 NET=tests/support/tiny.net EPOCHS=$((1 + round % 3)) SEED=$((round % 2)) 'MODELS=default camloss'
            'PICTURES=--train 12,8 --val 4 --test 6')
        pipelines alone pipeline >"$here/said" 2>&1
        pipelines a CACHE="$here/shared" CACHE_MAX=150K pipeline >"$here/said-a" 2>&1 3>&- &
        pipelines b CACHE="$here/shared" CACHE_MAX=150K pipeline >"$here/said-b" 2>&1
        wait $! || fail "$(<"$here/said-a")"
        diff -r "$here"/{alone,a}/models/orca-leopard/s$((round % 2))
        diff -r "$here"/{alone,b}/models/orca-leopard/s$((round % 2))
        rm -r "$here/alone" "$here/a"
        [ $((round % 2)) -eq 0 ] || rm -r "$here/b"
    done
    tell "$round rounds; the cache holds $(du -sk "$here/shared/objects" | cut -f1) KiB"
    assert [ "$(find "$here/shared/objects" -type f -size +0 -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }')" -le $((150 * 1024)) ]
}

# memory PID: its KiB in memory, once a tenth of a second until it ends.
memory() {
    local kib
    while kib=$(awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null) && [ -n "$kib" ]; do
        echo "$kib"
        sleep 0.1
    done
}

# steady NAME FILE: what is in the file does not grow, from a fifth of it on, by more than a MiB.
steady() {
    local from to
    read -r from to < <(awk '{ v[NR] = $1 } END {
        at = int(NR / 5) + 1; for (i = 1; i <= NR; i++) if (i <= at) { if (v[i] > a) a = v[i] } else if (v[i] > b) b = v[i]
        print a + 0, b + 0 }' "$2")
    tell "$1: $from KiB in the first fifth, $to KiB after it ($(wc -l <"$2") looks)"
    assert [ "$(wc -l <"$2")" -ge 10 ]
    assert [ $((to - from)) -le 1024 ]
}

@test "a thousand epochs need no more memory than the first hundred" {
    local epochs=${LONG_EPOCHS:-1000} pid
    "$SUPPORT/tiny-samples" n=240 mask=1 >more.lts
    lint-train -q --threads 2 --net drop.net --train more.lts --val val.lts --epochs "$epochs" --cam-loss energy --optim adam \
        --lr 0.001 -o m --log log --checkpoint c 3>&- &
    pid=$!
    memory $pid >one
    wait $pid
    steady lint-train one
    lint-augment -q --balance --shuffle --flip hv --rotate 20 --swap-background 0.5 --epochs "$epochs" more.lts 2>/dev/null 3>&- |
        lint-train -q --threads 2 --net drop.net --train - --val val.lts --lr 0.01 -o m2 3>&- &
    sleep 0.2
    memory "$(pgrep -n -x lint-augment)" >two &
    memory "$(pgrep -n -x lint-train)" >three
    wait
    steady lint-augment two
    steady 'lint-train behind it' three
}
