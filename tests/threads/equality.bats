# The number of threads changes no byte, also where it divides nothing: 23 pictures, batches of 5.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard -q --size 16x16 --train 12,11 --val 7 --test 5 -o animals
    lint-split -q --size 16x16 --frame 9 animals -o sets
    lint-train -q --net "$SUPPORT/tiny.net" --epochs 2 --batch 5 --train sets/train.lts -o model
}

setup() { cd "$BATS_FILE_TMPDIR"; }

# equal COMMAND...: what it writes below `out` and to standard output is the same for any --threads.
equal() {
    local threads
    for threads in 1 2 3 4 7; do
        rm -rf out
        mkdir out
        "$@" --threads "$threads" >out/shown
        if [ "$threads" -eq 1 ]; then
            rm -rf one
            mv out one
        else
            diff -r one out || fail "$* --threads $threads"
        fi
    done
}

train() {
    equal lint-train -q --net "$SUPPORT/tiny.net" --epochs 2 --train sets/train.lts --val sets/val.lts -o out/m "$@"
}

@test "lint-synth, lint-split, lint-augment and lint-mask write the same bytes for 1, 2, 3, 4 and 7 threads" {
    equal lint-synth orca-leopard -q --size 16x16 --train 5 --val 3 --test 3 -o out/animals
    equal lint-split -q --size 16x16 --frame 7 animals -o out/sets
    equal lint-augment -q --shuffle --flip h --rotate 10 --seed 1 sets/train.lts -o out/a
    equal lint-augment -q --swap-background 0.5 --epochs 2 --seed 1 sets/train.lts
    equal lint-mask -q sets/train.lts -o out/m
}

@test "lint-audit says and writes the same for 1, 2, 3, 4 and 7 threads" {
    equal lint-audit -q --json out/a.json --samples out/a.tsv --sheet out/a.png animals
}

@test "a training ends in the same model and log for 1, 2, 3, 4 and 7 threads, in batches that no part divides" {
    train --batch 5 --log out/log.tsv --cam-loss energy --cam-weight 1 --optim adam
    train --batch 23 --cam-loss mse --cam-weight 1
    train --batch 1 --cam-loss radial --cam-weight 1
    train --batch 7 --objective dro --weight-decay 0.1
    train --batch 5 --precision bf16
}

@test "answers, maps and features are the same for 1, 2, 3, 4 and 7 threads" {
    equal lint-cam -q model sets/test.lts
    equal lint-cam -q --shift 0.1 --deletion 3 model sets/val.lts
    equal lint-features -q --drop image model sets/train.lts
    equal lint-predict --png out/why model animals/images/test-000*.png
}
