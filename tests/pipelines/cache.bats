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
# `after` looks at each run, by its number. A stage's own command dies of the watch over system calls (SIGSYS);
# where it is to be run, `works` is 159, and its folder is looked at.
fails_each() {
    local n=1 kind=$1 how=$2 calls said=0
    shift 2
    [ -e ../fail.so ] || "${CC:-cc}" -std=gnu11 -shared -fPIC -O1 -o ../fail.so "$CLONE/tests/faults/fail.c" -ldl
    before
    env FAIL="$kind" FAIL_COUNT=../count LD_PRELOAD=../fail.so "$@" || said=$?
    assert_equal "$said" "${works:-0}"
    calls=$(<../count)
    [ "$calls" -gt 0 ]
    for ((; n <= calls; n++)); do
        before
        run --separate-stderr env FAIL="$kind" FAIL_N="$n" FAIL_HOW="$how" LD_PRELOAD=../fail.so "$@"
        [ "$status" -eq "${works:-0}" ] || assert_equal "$status ${#stderr_lines[@]}" '1 1'
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
        folder) mkdir "$at" && ln -s "$PWD/../home" "$at/link" ;;
        esac
        [ "$kind" != folder ] || mkdir "$at/in"
        forget
        run -0 timeout 20 bash -c 'stage --cache ../shared run "$@"' - "${STAGE[@]}"
        assert [ -f y.txt ]
        assert [ ! -L y.txt ]
        echo 'changed later' >../attackers
        assert_equal "$(cat y.txt ../home/.bashrc)" $'x\nmine'
        assert [ -f "$at" ]
        assert [ ! -L "$at" ]
    done
}

@test "a record or a list that is a link, a FIFO or a folder is made anew, and nothing is written through it" {
    STAGE=('stage a' 'run mkdir d; cp x.txt d/1' 'in x.txt' 'out d')
    run_stage
    local at of kind reader
    of=$(record)
    printf '%s 1\n' "$(sha256sum <x.txt | cut -d' ' -f1)" >list
    for at in "$of" "$(object_of list)"; do
        for kind in link pipe fifo folder; do
            rm -rf "$at" .cache d
            case $kind in
            link) ln -s "$PWD/../home/.bashrc" "$at" ;;
            pipe) mkfifo ../pipe && ln -s "$PWD/../pipe" "$at" ;;
            fifo) mkfifo "$at" ;;
            folder) mkdir -p "$at/in" && ln -s "$PWD/../home" "$at/link" ;;
            esac
            if [ "$kind" = pipe ]; then
                timeout 20 cat ../pipe >../through 3>&- &
                reader=$!
            fi
            run -0 timeout 20 bash -c 'stage --cache ../shared run "$@"' - "${STAGE[@]}"
            assert_output 'a: mkdir d; cp x.txt d/1'
            if [ "$kind" = pipe ]; then
                # That ends cat, unless something was written to it and it ended so.
                timeout 10 bash -c ': >../pipe'
                wait "$reader" # not for the timer of the test
                assert_equal "$(<../through)" ''
                rm ../pipe
            fi
            assert [ -f "$at" ]
            assert [ ! -L "$at" ]
            assert_equal "$(cat d/1 ../home/.bashrc)" $'x\nmine'
            rm -rf .cache d
            run -0 run_stage
            assert_output 'a: from the cache'
        done
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

@test "a cache whose folders are links is refused: nothing is thrown away, or put, where they lead" {
    run_stage
    local name
    for name in "$(printf %062d 1)" "$(printf %064d 1)" 4711 .hidden; do echo precious >"../home/thesis/$name"; done
    ls -A ../home/thesis >before
    for name in objects stages locks objects/00 objects/ff; do
        rm -rf saved
        [ ! -e "../shared/$name" ] || mv "../shared/$name" saved
        ln -s "$PWD/../home/thesis" "../shared/$name"
        run -1 --separate-stderr stage --cache ../shared --max 0 gc
        assert_equal "${#stderr_lines[@]} $stderr" "1 stage: ../shared/$name: $(
            case $name in objects/*) echo 'Not a directory' ;; *) echo 'a link or a file, not a folder' ;; esac
        )"
        run -1 stage --cache ../shared --max 0 run "${STAGE[@]}"
        ls -A ../home/thesis | diff before -
        rm "../shared/$name"
        [ ! -e saved ] || mv saved "../shared/$name"
    done
    # An object is not put through one, either.
    forget
    name=$(dirname "$(object_of x.txt)")
    rm -rf "$name" ../shared/stages
    ln -s "$PWD/../home/thesis" "$name"
    run -1 run_stage
    assert_output --partial "$name: a link or a file, not a folder"
    ls -A ../home/thesis | diff before -
}

@test "gc throws away what has the name of an object or of a runner's temporary, and no other file" {
    run_stage
    local at
    at=$(object_of y.txt)
    cp "$at" "${at%/*}/.${at##*/}.4711.0"
    cp "$at" "../shared/stages/.$(basename "$(record)").4711.0"
    touch "${at%/*}/notes" "${at%/*}/.${at##*/}.mine" "${at%/*}/${at##*/}0" ../shared/stages/notes
    run -0 stage --cache ../shared --max 0 gc
    assert_output '2 files thrown away, 0.0 MB; at most 0 stay'
    assert_equal "$(cd ../shared && find objects stages -type f | wc -l)" 4
    assert_not_exists "$at"
}

@test "gc reads a list once, however often records name it, and none of what gives no digest" {
    local hex list i
    seq -f '%064.0f' 30000 | sed 's/.*/& &/' >list
    list=$(keep list)
    hex=$(keep x.txt)
    mkdir ../shared/stages
    for i in 1 2; do
        { printf 'stage a\n  run  true\n'; yes "  out  $list d/" | head -600; } >"../shared/stages/$(printf %064d "$i")"
    done
    printf 'stage a\n  run true\n  out o\n' >"../shared/stages/$(printf %064d 3)"
    printf 'stage a\n  run true\n  out %s o\n' "$hex" >"../shared/stages/$(printf %064d 4)"
    touch -d '1 hour ago' ../shared/stages/*4
    head -c 9000000 /dev/zero >zeros
    keep zeros >/dev/null
    # A record that is none does not take older ones with it.
    run -0 bash -c 'ulimit -v 400000; timeout 5 stage --cache ../shared --max 5M gc'
    assert_output --partial '1 files thrown away'
    assert_exists "$(object_of x.txt)"
    assert_exists "$(object_of list)"
    assert_equal "$(cd ../shared/stages && printf '%s ' * | sed 's/00*//g')" '1 2 4 '
}

@test "a fault of the system is not taken for a cache without records: gc ends, and nothing is lost" {
    STAGE=('stage a' 'run mkdir d; cp x.txt d/1; date >d/2' 'in x.txt' 'out d')
    run_stage -q
    # Less recently used, and more than may stay.
    touch -d 'next hour' ../shared/stages/*
    head -c 30000 /dev/urandom >big
    keep big >/dev/null
    cp -a ../shared ../good
    rm ../good/objects/*/"$(basename "$(object_of big)")"
    (cd ../good && find . -type f | sort) >stay
    before() { cp -a ../good/. ../shared/ && keep big >/dev/null; }
    after() { (cd ../shared && find . -type f | sort) | comm -23 stay - | diff /dev/null - || fail "lost by call $1"; }
    fails_each list 5 stage --cache ../shared --max 20K gc
    fails_each call 24 stage --cache ../shared --max 20K gc
    fails_each call 5 stage --cache ../shared --max 20K gc
    fails_each malloc 12 stage --cache ../shared --max 20K gc
}

@test "a fault of the system is no record that is not there: the command does not run again" {
    STAGE=('stage a' 'run date +%N >o' 'in x.txt' 'out o')
    run_stage -q
    cp o ../was
    after() { [ ! -e o ] || cmp o ../was || fail "made again by call $1"; }
    before() { cp ../was o; }
    fails_each call 24 stage --cache ../shared -q run "${STAGE[@]}"
    before() { rm -rf .cache o; }
    fails_each call 24 stage --cache ../shared -q run "${STAGE[@]}"
    fails_each stat 5 stage --cache ../shared -q run "${STAGE[@]}"
    fails_each malloc 12 stage --cache ../shared -q run "${STAGE[@]}"
}

@test "a folder or file that the system fails to look at is not left out of what a stage sees" {
    echo more >extra.txt
    STAGE=('stage a' 'run cat extra.txt >o' 'in x.txt' 'out o')
    before() { rm -rf .cache ../shared o && mkdir ../shared; }
    after() { [ "$status" -eq 1 ] || [ -e .cache/work/a/extra.txt ] || fail "left out by call $1"; }
    for kind in list stat; do works=159 fails_each $kind 5 stage --cache ../shared -q run "${STAGE[@]}"; done
}

@test "what an interrupted stage can go on from is not thrown away where the system fails" {
    STAGE=('stage a' 'run test -e c || { echo 1 >c; exit 9; }; cp c o' 'in x.txt' 'out o' 'resumes')
    before() {
        rm -rf .cache ../shared o && mkdir ../shared
        run -9 stage --cache ../shared -q run "${STAGE[@]}"
        cp .cache/work/a/c ../kept
    }
    after() { cmp .cache/work/a/c ../kept || fail "lost by call $1"; }
    works=159 fails_each call 24 stage --cache ../shared -q run "${STAGE[@]}"
}
