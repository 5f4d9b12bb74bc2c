# The cache of the stage runner, where others may write to it, and where its records are damaged.
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir project shared home home/thesis
    echo precious >home/thesis/1.txt
    echo mine >home/.bashrc
    cd project
    echo x >x.txt
    STAGE=('stage a' 'run cp x.txt y.txt; cp x.txt z.txt' 'in x.txt' 'out y.txt' 'out z.txt')
}

# As somebody who has the sources and writes to the cache.
run_stage() { stage --cache ../shared "$@" run "${STAGE[@]}"; }
forget() { rm -rf .cache y.txt z.txt; }
record() { echo ../shared/stages/*; }

# keep FILE: its content becomes an object of the cache; prints the digest.
keep() {
    local hex
    hex=$(sha256sum <"$1" | cut -d' ' -f1)
    mkdir -p "../shared/objects/${hex:0:2}"
    cp "$1" "../shared/objects/${hex:0:2}/${hex:2}"
    echo "$hex"
}

object_of() {
    local hex
    hex=$(sha256sum <"$1" | cut -d' ' -f1)
    echo "../shared/objects/${hex:0:2}/${hex:2}"
}

# fails_each KIND ERRNO COMMAND...: with each of its calls of that kind failing in turn (tests/faults/fail.c);
# `after` looks at each run, by its number.
fails_each() {
    local n=1 kind=$1 how=$2 calls
    shift 2
    [ -e ../fail.so ] || "${CC:-cc}" -std=gnu11 -shared -fPIC -O1 -o ../fail.so "$CLONE/tests/faults/fail.c" -ldl
    before
    env FAIL="$kind" FAIL_COUNT=../count LD_PRELOAD=../fail.so "$@"
    calls=$(<../count)
    [ "$calls" -gt 0 ]
    for ((; n <= calls; n++)); do
        before
        run --separate-stderr env FAIL="$kind" FAIL_N="$n" FAIL_HOW="$how" LD_PRELOAD=../fail.so "$@"
        [ "$status" -eq 0 ] || assert_equal "$status ${#stderr_lines[@]}" '1 1'
        after "$n"
    done
}

needs_root() { [ "$(id -u)" -eq 0 ] || skip 'only root can give files away'; }

@test "a record gives the outputs that were asked for, and no others, whatever it says" {
    run_stage
    echo evil >evil
    printf '%s 1.txt\n' "$(keep evil)" >list
    local hex good
    hex=$(keep evil)
    good=$(<"$(record)")
    for line in "$hex $BATS_TEST_TMPDIR/home/.bashrc" "$hex ../home/.bashrc" "$hex a/../../home/.bashrc" \
        "$hex other.txt" "$(keep list) ../home/thesis/" "$(keep list) $BATS_TEST_TMPDIR/home/thesis/" "$hex x.txt"; do
        forget
        { echo "$good"; echo "  out  $line"; } >"$(record)"
        run -0 run_stage
        refute_output --partial 'from the cache'
        assert_equal "$(cat ../home/.bashrc ../home/thesis/1.txt x.txt y.txt)" $'mine\nprecious\nx\nx'
        assert_not_exists other.txt
    done
}

@test "a record that was cut off anywhere, or is another stage's, is as none" {
    run_stage
    local n size
    size=$(wc -c <"$(record)")
    cp "$(record)" good
    for ((n = 0; n < size; n += 9)); do
        forget
        head -c "$n" good >"$(record)"
        run -0 run_stage -q
        assert_exists y.txt
        assert_exists z.txt
    done
    # The same of what stands beside the outputs.
    stage run "${STAGE[@]}"
    cp .cache/now/a now
    for ((n = 0; n < size; n += 9)); do
        rm -rf z.txt .cache/stages
        head -c "$n" now >.cache/now/a
        run -0 stage -q run "${STAGE[@]}"
        assert_exists z.txt
    done
    cp good "$(record)"
    echo other >x.txt
    cp "$(record)" other
    run_stage
    local other=
    for other in ../shared/stages/*; do cmp -s "$other" good || break; done
    cp good "$other"
    forget
    run -0 run_stage
    assert_equal "$(cat y.txt)" other
}

@test "an output without its digest, or a digest that is cut off, is as no record" {
    run_stage
    cp "$(record)" good
    sed 's/^  out .* z.txt$/  out  z.txt/' good >"$(record)"
    forget
    run -0 run_stage
    assert_exists z.txt
    # An index with digests that are too short knows nothing.
    stage -q run "${STAGE[@]}"
    for i in .cache/index/*; do sed -i '2s/^[0-9a-f]* /a /' "$i"; done
    rm z.txt
    run -0 stage run "${STAGE[@]}"
    assert_equal "$(cat z.txt)" x
}

@test "an object that is a link, a FIFO or a folder is none; outputs are files of this user" {
    run_stage
    local at
    at=$(object_of y.txt)
    cp "$at" ../attackers
    for kind in link fifo folder; do
        rm -rf "$at"
        case $kind in
        link) ln -s "$PWD/../attackers" "$at" ;;
        fifo) mkfifo "$at" ;;
        folder) mkdir "$at" ;;
        esac
        forget
        if [ "$kind" = folder ]; then
            # What cannot be replaced is said.
            run -1 timeout 20 bash -c 'stage --cache ../shared run "$@"' - "${STAGE[@]}"
            rmdir "$at"
            continue
        fi
        run -0 timeout 20 bash -c 'stage --cache ../shared run "$@"' - "${STAGE[@]}"
        assert [ -f y.txt ]
        assert [ ! -L y.txt ]
        echo 'changed later' >../attackers
        assert_equal "$(cat y.txt)" x
    done
}

@test "a list of files never leads through links, nor a lock to another file" {
    STAGE=('stage a' 'run mkdir d; cp x.txt d/1; cp x.txt d/2' 'in x.txt' 'out d')
    run_stage
    forget
    rm -rf d
    rm ../shared/lock
    ln -s "$PWD/../home/new" ../shared/lock
    run -1 run_stage
    assert_not_exists ../home/new
    rm ../shared/lock
    rm ../shared/locks/*
    local key
    key=$(basename "$(record)")
    ln -s "$PWD/../home/new" "../shared/locks/${key:0:4}"
    run -1 run_stage
    assert_not_exists ../home/new
    rm ../shared/locks/*
    run -0 run_stage
    assert_output 'a: from the cache'
    assert_exists d/2
}

@test "records of other users are believed only where CACHE_TRUST says so" {
    needs_root
    umask 022
    run_stage
    chown 65534:65534 "$(record)"
    forget
    run -0 --separate-stderr run_stage
    assert_output --partial 'cp x.txt'
    assert_equal "$stderr" "a: the cache's record is not used: it is another user's, and CACHE_TRUST is own"
    # Written anew, it is one's own.
    forget
    run -0 run_stage
    assert_output 'a: from the cache'
    chown 65534:0 "$(record)"
    forget
    run -0 --separate-stderr run_stage --trust group
    assert_equal "$stderr" "" # the folder is root's, and only root's group may write to it
    assert_output 'a: from the cache'
    forget
    chmod 777 ../shared/stages
    run -0 --separate-stderr run_stage --trust group
    assert_equal "$stderr" "a: the cache's record is not used: everybody may write to its folder"
    chown 65534 "$(record)"
    forget
    run -0 run_stage --trust anyone
    assert_output 'a: from the cache'
    run -2 run_stage --trust everyone
}

@test "what others own, or may write to, is copied from the cache; modes are this user's" {
    umask 022
    run_stage
    assert_equal "$(stat -c %i y.txt)" "$(stat -c %i "$(object_of y.txt)")"
    chmod 4777 "$(object_of y.txt)"
    forget
    run -0 run_stage
    assert_output 'a: from the cache'
    assert_not_equal "$(stat -c %i y.txt)" "$(stat -c %i "$(object_of y.txt)")"
    assert_equal "$(stat -c %a y.txt)" 644
    # What goes in is no longer open to the group.
    umask 002
    echo new >x.txt
    run_stage
    assert_equal "$(stat -c %a y.txt "$(record | tr ' ' '\n' | head -1)")" $'644\n644'
    needs_root
    chown 65534 "$(object_of y.txt)"
    forget
    run -0 run_stage
    assert_output 'a: from the cache'
    assert_equal "$(stat -c %u y.txt)" 0
}

@test "an output that leads out of the folder is refused" {
    local out
    for out in /tmp/x ../x a/../../x ..; do
        run -1 stage run 'stage s' 'run true' "out $out"
        assert_output --partial "the output '$out' leads out of the folder"
    done
}

@test "a folder that the system fails to list is an error, and not an emptier folder" {
    local it=('stage b' 'run find -L ./in >n.txt' 'in in/' 'out n.txt') good
    mkdir -p in/1 in/2/3
    touch in/1/a in/2/b in/2/3/c in/d
    stage -q run "${it[@]}"
    run -0 stage status "${it[@]}"
    assert_output --partial done
    good=$output
    before() { :; }
    after() { [ "$status" -eq 1 ] || assert_equal "$output" "$good"; }
    fails_each list 5 stage status "${it[@]}"
    fails_each list 12 stage status "${it[@]}"
    # A link to nothing is passed over; one to a folder around it is an error.
    ln -s nothing in/2/gone
    run -0 stage status "${it[@]}"
    assert_output "$good"
    ln -s ../../2 in/2/3/up
    run -1 stage status "${it[@]}"
    assert_output 'stage: ./in/2/3/up: a link to a folder that it lies in'
}
