# What every tool does with its output, one line of a table for each way to write. The samples fill
# more than a buffer of stdio, so that some writes fail in the middle and some at the end.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard --size 16x16 --train 20,20 --val 5 --test 6 --quiet -o photos
    lint-split --quiet --size 16x16 photos -o .
    lint-train --net "$SUPPORT/tiny.net" --train train.lts --val val.lts --epochs 1 --quiet -o model --log log.tsv
    lint-features model train.lts | lint-train --net "$CLONE/models/head.net" --epochs 1 --quiet -o head
    lint-cam model test.lts -o cam.lts
    lint-eval --json cam.lts -o a.json
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# Commands that write to standard output; those marked with + also take -o.
commands() {
    cat <<TABLE
. lint-audit photos
. lint-audit photos --json -
. lint-audit photos --samples -
. lint-audit photos --sheet -
+ lint-split photos --size 16 --split train
+ lint-augment train.lts
+ lint-augment --shuffle test.lts
+ lint-cam model test.lts
+ lint-weight cam.lts
+ lint-mask test.lts
+ lint-export model
+ lint-export --html model
+ lint-features model test.lts
+ lint-features --join head model
+ lint-features --head model
+ lint-eval cam.lts
+ lint-eval --json cam.lts
+ lint-eval --compare a.json a.json
+ lint-eval --pairs a.json a.json
+ lint-eval --pairs --json a.json a.json
+ lint-predict model photos/images/test-0001.png
+ lint-train --quiet --net $SUPPORT/tiny.net --train train.lts --epochs 1
. lint-train --quiet --net $SUPPORT/tiny.net --train train.lts --epochs 1 -o m --log -
. lint-show test.lts model
. lint-show $SUPPORT/tiny.net
. lint-synth --help
. lint-log --help
TABLE
}

@test "a full disk is named the same by every tool, with and without -o -" {
    local option command out tools=
    while read -r option command; do
        for out in '' '-o -'; do
            [ "$option$out" != '.-o -' ] || continue
            run -1 bash -c "$command $out >/dev/full"
            assert_output "${command%% *}: standard output: No space left on device"
        done
        [ "$option" = + ] || continue
        run -1 $command -o /dev/full
        assert_output "${command%% *}: /dev/full: No space left on device"
    done < <(commands)
    tools=$(commands | cut -d' ' -f2 | sort -u)
    assert_equal "$tools" "$(cd "$CLONE/tools" && printf '%s\n' *.c | sed 's/\.c$//' | sort)"
}

@test "a closed standard output is an error of every tool" {
    local option command
    while read -r option command; do
        run -1 bash -c "$command >&-"
        assert_output --regexp "^${command%% *}: standard output: [^:]*$"
    done < <(commands)
}

@test "of --quiet and --verbose the last one counts, in every tool" {
    local command
    for command in 'lint-split photos --size 16 --split train' 'lint-augment train.lts' 'lint-cam model test.lts' \
        'lint-features model test.lts' 'lint-weight cam.lts' 'lint-mask test.lts' 'lint-eval --compare a.json a.json' \
        "lint-train --net $SUPPORT/tiny.net --train train.lts --epochs 1" \
        'lint-log --tensorboard board log.tsv'; do
        $command --quiet >quiet 2>&1
        $command --verbose >verbose 2>&1
        run ! cmp quiet verbose
        $command -v -q >last 2>&1
        cmp quiet last
        # Rates and times differ from run to run.
        $command -q -v >last 2>&1
        run -0 cmp <(tr -d '0-9.' <verbose) <(tr -d '0-9.' <last)
    done
}
