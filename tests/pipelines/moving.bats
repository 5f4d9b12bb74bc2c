# Inputs that change while a stage reads them: it fails and is named, nothing is kept under the key of
# what was there before, and the next run makes what belongs to what is there then.
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir pictures data bin
    echo 1 >read
    echo 1 >pictures/1.txt
    echo 1 >data/1.txt
    printf '#!/bin/sh\ncat read pictures/* "$1"/*\n' >bin/lint-all
    chmod +x bin/lint-all
    PATH=$PWD/bin:$PATH
    DATA=$PWD/data
}

# run_stage STATUS WHILE: the stage. The command WHILE is run before the stage's own where there is a
# file `now`, behind it where there is `later`; it stands in a file that the runner does not look into.
run_stage() {
    echo "$2" >meanwhile
    run "-$1" stage -q --facts 'if [ -e now ]; then sh meanwhile; fi; echo fact here' run 'stage s' \
        "run lint-all $DATA >out; cd $PWD; if [ -e later ]; then sh meanwhile; fi" \
        'in read' 'in pictures/' "data DATA=$DATA" 'out out'
}

# changes WHAT WHILE: the change is made after the runner looked at its inputs, and while the command runs.
changes() {
    local when
    for when in now later; do
        rm -rf .cache out
        touch $when
        run_stage 1 "$2"
        assert_output "stage: s: $1 changed while the stage ran; run it again"
        assert_not_exists out
        assert_equal "$(find .cache/stages .cache/now -type f 2>/dev/null)" ''
        rm $when
        run_stage 0 "$2"
        assert_equal "$(<out)" "$(bin/lint-all "$DATA")"
    done
}

@test "a file, files of a folder, data outside and programs that change are told, and nothing is kept" {
    changes read 'echo 2 >>read'
    changes pictures 'echo 2 >>pictures/1.txt'
    changes pictures 'date +%N >pictures/$$.txt'
    changes pictures 'for f in pictures/*; do mv $f $f.txt; break; done'
    changes pictures 'for f in pictures/*; do rm $f; break; done'
    changes "$DATA" "echo 2 >>$DATA/1.txt"
    changes "$PWD/bin/lint-all" 'echo "# $$" >>bin/lint-all'
}

@test "what was made of other inputs is not taken for what these would make" {
    touch later
    run_stage 0 'true'
    assert_equal "$(<out)" $'1\n1\n1'
    run_stage 0 'echo 2 >read' # has been run so: nothing to do
    assert_equal "$(<read)" 1
    echo 3 >read
    run_stage 1 'echo 2 >read'
    assert_equal "$(<out)" $'1\n1\n1' # the older output stays
    rm later
    run_stage 0 ''
    assert_equal "$(<out)" $'2\n1\n1'
    echo 3 >read
    run_stage 0 ''
    assert_equal "$(<out)" $'3\n1\n1'
}
