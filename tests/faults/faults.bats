# What the tools do where the system fails them: they end with one line, or as if nothing had happened.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard -q --size 16x16 --train 6 --val 3 --test 3 -o animals
    lint-split -q --size 16x16 animals -o sets
    lint-train -q --threads 1 --net "$SUPPORT/tiny.net" --epochs 1 --train sets/train.lts --val sets/val.lts -o model
}

setup() { cd "$BATS_FILE_TMPDIR"; }

@test "each tool with a few of each fault ends as it should: make test-faults has all of them" {
    run "$CLONE/tests/faults/run" "$BUILD" --short
    [ "$status" -eq 0 ] || fail "$(grep -v '^ok' <<<"$output")"
}

@test "too little address space, or no threads, ends in a line and not in a loop" {
    local limit threads command status
    for limit in 60000 160000 300000; do
        for threads in 1 4; do
            for command in "lint-cam -q --threads $threads model sets/test.lts" \
                "lint-predict --threads $threads model animals/images/test-0000.png" \
                "lint-train -q --threads $threads --net $SUPPORT/tiny.net --train sets/train.lts"; do
                status=0
                timeout -k 1 30 bash -c "ulimit -v $limit; exec $command" >out 2>said || status=$?
                [ "$status" -eq 0 ] || assert_equal "$limit: $status $(wc -l <said)" "$limit: 1 1"
            done
        done
    done
    [ "$(id -u)" -eq 0 ] || skip 'only root can be another user'
    chmod 755 "$BATS_FILE_TMPDIR"
    run timeout -k 1 30 setpriv --reuid=65534 --clear-groups bash -c \
        'ulimit -u 1; exec lint-cam -q --threads 4 /dev/stdin' </dev/null
    assert_equal "$status" 1
    assert_equal "${#lines[@]}" 1
}
