# What a user of lint-eval sees. tests/stream/make-frames.py lists the few samples of tests/answer/predictions, so
# that the scores here can be worked out by hand.
load ../support/helpers

setup() {
    P=$CLONE/tests/answer/predictions
    cd "$BATS_TEST_TMPDIR"
}

# score FILE METRIC CLASS PLACE: the value in a table.
score() { awk -F'\t' -v m="$2" -v c="$3" -v p="$4" '$1 == m && $2 == c && $3 == p {print $4}' "$1"; }

# eval_json NAME [OPTION...]: scores of tests/answer/predictions/NAME into NAME.json.
eval_json() {
    local name=$1
    shift
    lint-eval --json "$@" "$P/$name.safetensors" -o "$name.json"
}

@test "scores are tab-separated, with a header, for all, each class and each group" {
    lint-eval "$P/two-frames.safetensors" >t
    assert_equal "$(head -1 t)" $'metric\tclass\tplace\tvalue\tlow\thigh\tn'
    assert_equal "$(awk -F'\t' 'NF != 7' t)" ""
    assert_equal "$(grep $'^accuracy\t' t)" \
$'accuracy\t*\t*\t0.727273\t0.434355\t0.902539\t11
accuracy\tleopard\t*\t0.6\t0.230724\t0.882379\t5
accuracy\torca\t*\t0.833333\t0.436497\t0.969947\t6
accuracy\tleopard\tland\t0.75\t0.300642\t0.954413\t4
accuracy\tleopard\tsea\t0\t0\t0.793451\t1
accuracy\torca\tland\t0.5\t0.0945312\t0.905469\t2
accuracy\torca\tsea\t1\t0.438503\t1\t3'
    assert_equal "$(grep -c $'^worst_group\tleopard\tsea\t0\t' t)" 1
    assert_equal "$(score t group_mean '*' '*')" 0.5625
    assert_equal "$(score t unlabelled '*' '*')" 1
    assert_equal "$(score t placeless '*' '*')" 1
    assert_equal "$(score t cross_entropy orca sea)" 0.313262
}

@test "maps are scored by how much of their evidence lies on the object" {
    lint-eval "$P/two-frames.safetensors" >t
    for metric in evidence_in_mask pointing_game iou; do
        assert_equal "$(score t $metric '*' '*')" 0.545455
        assert_equal "$(score t $metric orca sea)" 0.666667
    done
    assert_equal "$(score t evidence_in_center '*' '*')" 0
    lint-eval --radius 0.5 "$P/two-frames.safetensors" >t
    assert_equal "$(score t evidence_in_center '*' '*')" 1
    lint-eval "$P/without-maps.safetensors" >t
    run -1 grep -E 'evidence|pointing|iou' t
}

@test "a map that is the same window on all pictures is told from one that moves" {
    run -0 --separate-stderr lint-eval "$P/window.safetensors"
    assert_line "$(printf 'evidence_in_top_cells\t*\t*\t0.75\t-\t-\t20')"
    assert_equal "$stderr" "lint-eval: 75 % of all evidence lies in the same 5 % of cells on all pictures: the map is a fixed window and does not follow the object"
    run -0 lint-eval --quiet "$P/window.safetensors"
    refute_output --partial 'fixed window'
    run -0 --separate-stderr lint-eval "$P/everywhere.safetensors"
    assert_line "$(printf 'evidence_in_top_cells\t*\t*\t0.05\t-\t-\t20')"
    assert_equal "$stderr" ''
    # Too few pictures to tell.
    run -0 --separate-stderr lint-eval "$P/window-of-few.safetensors"
    refute_output --partial top_cells
    assert_equal "$stderr" ''
    eval_json everywhere
    eval_json window --quiet
    run -0 lint-eval --compare window.json everywhere.json
    assert_line --regexp '^evidence_in_top_cells +0\.750 +0\.050 +-0\.700$'
    run -0 lint-eval --pairs window.json everywhere.json --metric evidence_in_top_cells --metric accuracy
    assert_line --regexp '^evidence_in_top_cells +0\.750 +0\.050 +-0\.700 +- +1 +0 +0 '
    assert_line "1 pair. Wins are everywhere's; lower is better for evidence_in_top_cells."
}

@test "moved pictures and areas of deletion are scored where lint-cam added them" {
    lint-eval "$P/shifted.safetensors" >t
    # Of 11: orca/land 1 + 0, orca/sea 1 + 1 + 0.75, the one without a place 1; leopards 3 + 0.25, 0.25.
    assert_equal "$(grep -P '^(accuracy|worst_group)_shifted' t | cut -f1-4,7)" \
$'accuracy_shifted\t*\t*\t0.75\t11
worst_group_shifted\tleopard\tsea\t0.25\t1
accuracy_shifted\tleopard\t*\t0.7\t5
accuracy_shifted\torca\t*\t0.791667\t6
accuracy_shifted\tleopard\tland\t0.8125\t4
accuracy_shifted\tleopard\tsea\t0.25\t1
accuracy_shifted\torca\tland\t0.5\t2
accuracy_shifted\torca\tsea\t0.916667\t3'
    assert_equal "$(score t shift '*' '*')" 0.1667
    assert_equal "$(score t deletion '*' '*')" 0.477273 # six hits of eleven
    assert_equal "$(score t insertion '*' '*')" 0.772727
    eval_json shifted
    eval_json better
    run -0 lint-eval --compare shifted.json better.json
    assert_line --regexp '^worst_group_shifted +0\.250 \[[^]]*\] +- +-$'
    assert_line --regexp '^  which is +leopard on sea +-$'
    refute_line --regexp '^shift ' # what was chosen is for --verbose
    run -0 lint-eval --pairs shifted.json shifted.json --metric deletion
    assert_line --partial 'lower is better for deletion.'
}

@test "classes have precision, recall, F1 and AUROC, and all their means" {
    lint-eval "$P/two-frames.safetensors" >t
    # Of five leopards three are answered so, and one of six orcas.
    assert_equal "$(grep -P '^(precision|recall|f1)\t' t | cut -f1-4,7)" \
$'precision\tleopard\t*\t0.75\t4
recall\tleopard\t*\t0.6\t5
f1\tleopard\t*\t0.666667\t5
precision\torca\t*\t0.714286\t7
recall\torca\t*\t0.833333\t6
f1\torca\t*\t0.769231\t6'
    # Margins are 1 or -1: of 30 pairs 15 are in order, and of 3 * 1 + 2 * 5 ties half count.
    assert_equal "$(grep -P '^auroc\t' t | cut -f1-4)" \
$'auroc\t*\t*\t0.716667
auroc\tleopard\t*\t0.716667
auroc\torca\t*\t0.716667'
    assert_equal "$(score t macro_f1 '*' '*')" 0.717949
    # All are sure of 0.731059, and right 8 of 11 times.
    assert_equal "$(score t calibration_error '*' '*')" 0.00378585
    eval_json one-frame
    eval_json better
    run -0 lint-eval --compare one-frame.json better.json
    assert_line --regexp '^macro_f1 +0\.718 +1\.000 +\+0\.282$'
    assert_line --regexp '^auroc +0\.717 +1\.000 +\+0\.283$'
    assert_line --regexp '^calibration_error +0\.004 +0\.[0-9]+ +\+0\.[0-9]+$'
    refute_line --regexp '^(precision|recall|f1) '
    run -0 lint-eval --pairs --metric calibration_error one-frame.json better.json
    assert_line --partial 'lower is better for calibration_error.'
}

@test "the confusion matrix is in the JSON, and on a terminal a table" {
    eval_json two-frames
    assert_equal "$(sed -n '/"confusion"/,/^ \]/p' two-frames.json | tr -d ' \n')" \
        '"confusion":[{"answer":"leopard","class":"leopard","n":3},{"answer":"orca","class":"leopard","n":2},{"answer":"leopard","class":"orca","n":1},{"answer":"orca","class":"orca","n":5}],'
    run -0 script -qec "lint-eval '$P/two-frames.safetensors'" /dev/null
    assert_equal "$(tail -4 <<<"$output" | tr -d '\r')" '
true class, answer:  leopard  orca
leopard                    3     2
orca                       1     5'
    lint-eval "$P/two-frames.safetensors" >t
    run -1 grep 'true class' t
    # Of samples that were not scored there is none.
    eval_json unlabelled
    run -1 grep confusion unlabelled.json
}

@test "groups are told in words: a place by its name, or, where places are classes, by its likeness" {
    eval_json one-frame
    assert_equal "$(grep '"group"' one-frame.json | sort -u)" '   "group": "leopard on land",
   "group": "leopard on sea",
   "group": "orca on land",
   "group": "orca on sea",'
    sed 's/"place": "land"/"place": "leopard"/; s/"place": "sea"/"place": "orca"/' one-frame.json >like.json
    run -0 lint-eval --compare like.json
    assert_line --regexp '^accuracy orca on a leopard-like background +0\.500 '
    assert_line --regexp '^  which is +leopard on an orca-like background$'
}

@test "--samples lists every sample, the highest loss first, beside the scores" {
    lint-eval --samples list "$P/two-frames.safetensors" | cmp - <(lint-eval "$P/two-frames.safetensors")
    assert_equal "$(head -3 list)" \
$'name\ttruth\tanswer\tprobability\tplace\tevidence_inside\tloss
4\tleopard\torca\t0.731059\tland\t0\t1.31326
5\tleopard\torca\t0.731059\tsea\t0\t1.31326'
    assert_equal "$(tail -1 list)" $'11\t-\torca\t0.731059\tland\t-\t-' # without a class
    assert_equal "$(wc -l <list)" 13
    # The mean of the losses is the cross-entropy.
    assert_equal "$(awk -F'\t' 'NR > 1 && $7 != "-" { sum += $7; n++ } END { printf "%.4f", sum / n }' list)" 0.5860
    lint-eval -o scores --samples - "$P/two-frames.safetensors" | cmp - list
    # Both files appear, or none.
    run -1 lint-eval -o scores2 --samples /dev/full "$P/two-frames.safetensors"
    assert_output --partial 'No space left'
    assert_not_exist scores2
    run -1 lint-eval --samples list2 -o scores2 "$P/nan.safetensors"
    assert_not_exist list2
}

@test "the adjusted mean takes shares from a training stream or from numbers" {
    lint-eval --shares "$P/train.safetensors" "$P/one-frame.safetensors" >a
    assert_equal "$(score a adjusted_mean '*' '*')" 0.8
    lint-eval --shares leopard/land=4 --shares leopard/sea=1 --shares orca/sea=5 "$P/one-frame.safetensors" >b
    cmp a b
    run -1 grep adjusted <(lint-eval "$P/one-frame.safetensors")
}

@test "a share of a group that was not tested leaves the adjusted mean unknown" {
    lint-eval --shares "$P/train.safetensors" "$P/one-class.safetensors" >t
    assert_equal "$(score t adjusted_mean '*' '*')" -
    assert_equal "$(score t worst_group leopard land)" 0.75
}

@test "without places a class is a group" {
    lint-eval --shares leopard=1 "$P/without-places.safetensors" >t
    assert_equal "$(score t worst_group leopard '*')" 0.6
    assert_equal "$(score t adjusted_mean '*' '*')" 0.6
    assert_equal "$(cut -f3 t | sort -u)" $'*\nplace'
}

@test "predictions come from standard input, from several files, in frames of any length" {
    lint-eval "$P/one-frame.safetensors" >a
    lint-eval <"$P/two-frames.safetensors" >b
    cmp a b
    cat "$P/two-frames.safetensors" | lint-eval - >b
    cmp a b
    lint-eval "$P/one-sample.safetensors" "$P/one-frame.safetensors" >c
    assert_equal "$(awk -F'\t' '$1 == "accuracy" && $2 == "*" {print $7}' c)" 12
}

@test "one sample and one class are scored" {
    lint-eval "$P/one-sample.safetensors" >t
    assert_equal "$(score t accuracy '*' '*')" 1
    assert_equal "$(score t worst_group leopard land)" 1
    assert_equal "$(score t accuracy orca '*')" -
    lint-eval "$P/one-class.safetensors" >t
    assert_equal "$(score t group_mean '*' '*')" 0.75
    assert_equal "$(grep -c $'^accuracy\torca\tsea\t-\t-\t-\t0$' t)" 1
}

@test "samples without labels are counted and left out" {
    lint-eval "$P/unlabelled.safetensors" >t
    assert_equal "$(score t unlabelled '*' '*')" 2
    assert_equal "$(score t accuracy '*' '*')" -
}

@test "JSON holds the same scores, lossless, with sorted keys, and the same bytes each time" {
    eval_json one-frame
    cp one-frame.json first.json
    eval_json one-frame
    cmp first.json one-frame.json
    run -0 grep -c '0.72727272727272729' one-frame.json
    assert_output 2
    assert_equal "$(grep -o '^ "[a-z]*"' one-frame.json)" $' "confusion"\n "kind"\n "lint"\n "scores"\n "summary"'
    lint-eval --json --model "my model" "$P/one-frame.safetensors" | grep -q '"model": "my model"'
    eval_json unlabelled
    grep -q '"accuracy": null' unlabelled.json
}

@test "models stand side by side, with the difference of two" {
    eval_json one-frame
    eval_json better
    run -0 lint-eval --compare one-frame.json better.json
    assert_line --regexp '^score \[95 %\] +one-frame +better  difference$'
    assert_line --regexp '^samples +11 +11$'
    assert_line --regexp '^worst_group +0\.000 \[0\.00, 0\.79\]  1\.000 \[0\.51, 1\.00\] +\+1\.000$'
    assert_line --regexp '^  which is +leopard on sea +leopard on land$'
    assert_line --regexp '^accuracy orca on land +0\.500 .* \+0\.500$'
    refute_line --partial 'iou orca on land'
    # Columns are aligned: lines are of one length, or (without a difference) of a shorter one.
    assert_equal "$(awk '{print length}' <<<"$output" | sort -u | wc -l)" 2
    run -0 lint-eval --compare --verbose one-frame.json better.json
    assert_line --partial 'iou orca on land'
}

@test "three models have three columns, and what one lacks is a dash" {
    eval_json one-frame --model A
    eval_json better --model B
    eval_json without-maps --model C
    run -0 lint-eval --compare one-frame.json better.json without-maps.json
    assert_line --regexp '^score \[95 %\] +A +B +C$'
    assert_line --regexp '^iou +0\.545 .* -$'
}

@test "groups that no model has samples of are left out, unless --verbose asks" {
    eval_json one-sample
    eval_json one-frame
    run -0 lint-eval --compare one-sample.json one-sample.json
    assert_equal "$(grep -c '^accuracy ' <<<"$output")" 3
    run -0 lint-eval --compare --verbose one-sample.json one-sample.json
    assert_line --regexp '^accuracy orca on land +- +- +-$'
    run -0 lint-eval --compare one-sample.json one-frame.json
    assert_line --regexp '^accuracy orca on land +- +0\.500 '
}

@test "models of one name are told apart by their files" {
    mkdir a b
    eval_json one-frame
    mv one-frame.json a/camloss.json
    cp a/camloss.json b/camloss.json
    run -0 lint-eval --compare a/camloss.json b/camloss.json
    assert_line --regexp '^score \[95 %\] +a/camloss.json +b/camloss.json  difference$'
}

# Two seeds' scores of two models, 11 samples each: s0a s0b s1a s1b.
two_pairs() {
    eval_json one-frame --model default
    mv one-frame.json s0a.json
    eval_json better --model camloss
    cp better.json s0b.json
    cp s0a.json s1a.json
    cp s0a.json s1b.json
    sed -i 's/"model": "default"/"model": "camloss"/' s1b.json
}

@test "two models over seeds: means, the difference with its interval, wins, ties and a sign test" {
    two_pairs
    run -0 lint-eval --pairs s{0,1}{a,b}.json
    # accuracy: 8/11 and 11/11, then 8/11 twice; sd |3/11| / sqrt(2)
    assert_line --regexp '^accuracy +0\.727 ± 0\.000  0\.864 ± 0\.193 +\+0\.136  \[\+0\.000, \+0\.273\] +1 +1 +0 +1\.00$'
    # lower cross-entropy is better
    assert_line --regexp '^cross_entropy +0\.[0-9 ±.]+ -0\.[0-9]+  \[-0\.[0-9]+, \+0\.000\] +1 +1 +0 +1\.00$'
    assert_line --regexp '^pair +default  camloss  difference +default  camloss  difference$'
    assert_line --regexp '^1 +0\.727 +1\.000 +\+0\.273 +0\.000 +1\.000 +\+1\.000$'
    assert_line --regexp '^2 +0\.727 +0\.727 +\+0\.000 +0\.000 +0\.000 +\+0\.000$'
    assert_line --partial 'Sign test: exact, two-sided, ties left out.'
    assert_line --partial 'Fewer than 6 pairs'
    # Aligned: the first lines are of one length, counted in characters.
    assert_equal "$(sed '/^$/q' <<<"$output" | sed '$d' | wc -L)" "$(head -1 <<<"$output" | wc -L)"
}

@test "six wins of six are the first that the sign test cannot call chance" {
    two_pairs
    local files=()
    for i in 1 2 3 4 5 6; do
        cp s0a.json a$i.json
        cp s0b.json b$i.json
        files+=(a$i.json b$i.json)
    done
    run -0 lint-eval --pairs --metric worst_group "${files[@]}"
    assert_line --regexp '^worst_group .* \+1\.000  \[\+1\.000, \+1\.000\] +6 +0 +0 +0\.031$'
    refute_output --partial 'Fewer than'
    refute_output --partial 'accuracy'
}

@test "one pair has no deviation and no interval" {
    two_pairs
    run -0 lint-eval --pairs s0a.json s0b.json --metric accuracy
    assert_line --regexp '^accuracy +0\.727 +1\.000 +\+0\.273 +- +1 +0 +0 +1\.00$'
    assert_line --partial '1 pair. Wins are camloss'
}

@test "pairs as JSON hold every number, and the same bytes each time" {
    two_pairs
    lint-eval --pairs --json s{0,1}{a,b}.json -o p.json
    lint-eval --pairs --json s{0,1}{a,b}.json | cmp - p.json
    grep -q '"kind": "pairs"' p.json
    grep -q '"b": "camloss"' p.json
    grep -q '"sign_test_p": 1.0' p.json
    assert_equal "$(sed -n '/"files"/,/"lint"/p' p.json | tr -d ' \n')" \
        '"files":[["s0a.json","s0b.json"],["s1a.json","s1b.json"]],"kind":"pairs","lint":"1",'
    # Every metric of the table has its pairs.
    assert_equal "$(grep -c '"metric"' p.json)" "$(lint-eval --pairs s{0,1}{a,b}.json | sed -n '2,/^$/p' | grep -c .)"
}

@test "another seed draws other pairs, which moves the interval alone" {
    two_pairs
    for i in 2 3 4 5 6 7; do
        cp s0a.json a$i.json
        sed "/\"metric\": \"accuracy\"/,/value/s/\"value\": .*/\"value\": 0.${i}7$((i * 13))/" \
            s0b.json >b$i.json
    done
    lint-eval --pairs --json --metric accuracy {a,b}2.json {a,b}3.json {a,b}4.json {a,b}5.json {a,b}6.json {a,b}7.json >p
    lint-eval --pairs --json --metric accuracy --seed 1 {a,b}2.json {a,b}3.json {a,b}4.json {a,b}5.json {a,b}6.json {a,b}7.json >q
    run -1 diff p q
    assert_equal "$(grep -c '^[<>]' <<<"$output")" "$(grep -cE '^[<>] .*"(low|high|seed)"' <<<"$output")"
}

@test "the largest seed is told as it was given, in the text and in the JSON" {
    two_pairs
    local seed=18446744073709551615
    run -0 lint-eval --pairs --json --seed $seed s0a.json s0b.json s1a.json s1b.json
    assert_line --partial "\"seed\": \"$seed\"" # as text: jansson's numbers end at 63 bits
    run -0 lint-eval --pairs --json --seed 9223372036854775807 s0a.json s0b.json s1a.json s1b.json
    assert_line --partial '"seed": 9223372036854775807'
    run -0 lint-eval --pairs --seed $seed s0a.json s0b.json s1a.json s1b.json
    assert_output --partial $seed
}

@test "a metric that some pair lacks is said not to be listed; asked for, it is refused" {
    two_pairs
    eval_json without-maps --model camloss
    run -0 lint-eval --pairs s0a.json s0b.json s1a.json without-maps.json
    assert_line 'iou is not listed: it is unknown in without-maps.json.'
    refute_line --regexp '^iou +0'
    run -1 lint-eval --pairs --metric iou s0a.json s0b.json s1a.json without-maps.json
    assert_output "lint-eval: without-maps.json: no 'iou'"
}

@test "what is no pair is refused" {
    two_pairs
    eval_json one-sample
    run -1 lint-eval --pairs s0a.json one-sample.json
    assert_output "lint-eval: s0a.json has 11 samples and one-sample.json has 1, so they are no pair"
    run -1 lint-eval --pairs s0a.json s0b.json s0a.json s0b.json
    assert_output "lint-eval: the pair of s0a.json and s0b.json is given twice"
}

@test "scores go to a file whole or not at all" {
    lint-eval "$P/one-frame.safetensors" -o t
    lint-eval "$P/one-frame.safetensors" | cmp - t
    run -1 lint-eval "$P/nan.safetensors" -o u
    assert_not_exist u
}

@test "what cannot be scored ends in one line that says where and why" {
    run -1 lint-eval "$P/nan.safetensors"
    assert_output "lint-eval: $P/nan.safetensors: frame 1: 'cam' of sample 0 is not finite"
    run -1 lint-eval "$P/train.safetensors"
    assert_output "lint-eval: $P/train.safetensors: frame 1: no 'logits' (lint-cam MODEL adds them)"
    run -1 lint-eval "$P/one-frame.safetensors" "$P/other-classes.safetensors"
    assert_output "lint-eval: $P/other-classes.safetensors: frame 1: classes differ from the frames before"
    run -1 lint-eval none.lts
    assert_output "lint-eval: none.lts: No such file or directory"
    run -1 lint-eval --shares orca/moon=1 "$P/one-frame.safetensors"
    assert_output --partial "there is no group 'orca/moon'"
    run -1 lint-eval --shares none.lts "$P/one-frame.safetensors"
    assert_output --partial "none.lts: No such file or directory"
}

@test "an empty input has no scores" {
    run -1 lint-eval </dev/null
    assert_output "lint-eval: standard input: no predictions"
}

@test "huge maps of no samples take no memory" {
    local limit='ulimit -v 1000000'
    if grep -q __asan_init "$(command -v lint-eval)"; then limit=:; fi # which reserves terabytes
    header '{"label":{"dtype":"I32","shape":[0],"data_offsets":[0,0]},"logits":{"dtype":"F32","shape":[0,2],"data_offsets":[0,0]},"cam":{"dtype":"F32","shape":[0,2,32768,32768],"data_offsets":[0,0]}}' >none
    run -1 bash -c "$limit; lint-eval none"
    assert_output "lint-eval: none: no predictions"
}

@test "a truncated input is an error, wherever it ends" {
    size=$(stat -c %s "$P/two-frames.safetensors")
    for n in 1 7 8 100 $((size / 2 - 1)) $((size - 1)); do
        head -c "$n" "$P/two-frames.safetensors" >cut
        run -1 lint-eval cut
        assert_output --regexp '^lint-eval: cut: frame [12]: truncated: '
        run -1 lint-eval <cut
        assert_output --regexp '^lint-eval: standard input: frame [12]: truncated: '
    done
}

@test "a header that claims exabytes is truncated, not out of memory" {
    for f in "$CLONE"/tests/stream/bad/truncated/*exabytes.safetensors; do
        run -1 lint-eval < <(cat "$f")
        assert_output --regexp '^lint-eval: standard input: frame 1: truncated: '
    done
}

@test "no bad file crashes it" {
    for f in "$CLONE"/tests/stream/bad/*/*.safetensors; do
        run -1 lint-eval "$f"
        assert_equal "${#lines[@]}" 1
    done
}

@test "JSON that lint-eval did not write is refused" {
    eval_json one-frame
    echo '{"kind":"scores"' >broken.json
    echo '{"kind":"model","scores":[]}' >other.json
    echo '{"kind":"scores","scores":[{"metric":"accuracy"}]}' >members.json
    for f in broken other members none; do
        run -1 lint-eval --compare one-frame.json $f.json
        assert_output --regexp "^lint-eval: $f.json: "
        assert_equal "${#lines[@]}" 1
    done
    eval_json unlabelled
    cp unlabelled.json b.json
    run -1 lint-eval --pairs --metric worst_group unlabelled.json b.json
    assert_output "lint-eval: unlabelled.json: 'worst_group' is unknown"
    run -1 lint-eval --pairs unlabelled.json b.json
    assert_output "lint-eval: unlabelled.json: no score is in all files"
    run -1 lint-eval --pairs one-frame.json one-frame.json --metric beauty
    assert_output "lint-eval: one-frame.json: no 'beauty'"
}

@test "wrong usage exits 2" {
    eval_json one-frame
    for args in "--no-such" "--radius 0" "--radius x" "--compare" "--pairs one-frame.json" \
        "--compare --pairs a b" "--compare --json a" "--metric accuracy" "--seed 1" \
        "--pairs --model x a b" "--samples - x" "-o a --samples a" "--samples a --compare b" \
        "--compare --radius 0.1 one-frame.json" "--pairs --radius 0.25 one-frame.json one-frame.json"; do
        run -2 lint-eval $args </dev/null
        assert_output --regexp '^lint-eval: '
    done
}

@test "--help goes to standard output and shows an example" {
    run -0 --separate-stderr lint-eval --help
    assert_output --partial "lint-cam model.safetensors data/test.lts | lint-eval"
    assert_equal "$stderr" ""
}

@test "a full disk and a closed output are errors; a closed pipe is silence" {
    two_pairs
    for args in "$P/one-frame.safetensors" "--json $P/one-frame.safetensors" \
        "--pairs s0a.json s0b.json" "--pairs --json s0a.json s0b.json"; do
        run -1 --separate-stderr bash -c "lint-eval $args >/dev/full"
        assert_regex "$stderr" '^lint-eval: .*No space left'
        run -1 --separate-stderr bash -c "lint-eval $args >&-"
        assert_regex "$stderr" '^lint-eval: '
        run -1 lint-eval $args -o /dev/full
    done
    run -0 --separate-stderr bash -c "lint-eval $P/one-frame.safetensors | head -c 1"
    assert_output m
    assert_equal "$stderr" ""
}

@test "an error while the output is written leaves no file, where every file needs a name too" {
    if grep -q __asan_init "$(command -v lint-eval)"; then skip 'the sanitizer must be loaded first'; fi
    cc -shared -fPIC -o named.so -xc - <<'END' || skip 'no C compiler'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
int open(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    int mode = va_arg(ap, int);
    va_end(ap);
    if ((flags & O_TMPFILE) == O_TMPFILE) return errno = EOPNOTSUPP, -1;
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
END
    mkdir d
    run -1 env LD_PRELOAD="$PWD/named.so" lint-eval --json --model $'\xff' "$P/one-frame.safetensors" -o d/out
    assert_output 'lint-eval: a name is not valid UTF-8, or out of memory'
    assert_equal "$(ls -A d)" ''
    run -0 env LD_PRELOAD="$PWD/named.so" lint-eval --json "$P/one-frame.safetensors" -o d/out
    assert_equal "$(ls -A d)" out
}

@test "names in streams and scores cannot command a terminal, as text and as JSON" {
    local commands=$'\e|\xc2\x9b|\xe2\x80\xae|\xd8\x9c'
    perl -pe 's/leopard/a\xc2\x9b31mZ/g; s/orca/\xd8\x9c\xc3\x84/g' "$P/two-frames.safetensors" >p.lts
    run -0 lint-eval p.lts
    assert_line --partial $'accuracy\ta??31mZ\t*\t0.6'
    assert_line --partial $'accuracy\t??Ä\tland\t'
    refute_output --regexp "$commands"
    run -0 lint-eval --json p.lts
    assert_line --partial '"class": "a\u009b31mZ"'
    assert_line --partial '"class": "\u061cÄ"'
    refute_output --regexp "$commands"
    two_pairs
    perl -pi -e 's/"model": "[^"]*"/"model": "m\\u001b[31m\\u202eX"/' s{0,1}b.json
    cp s1a.json $'a\e.json' && cp s1b.json $'b\e.json'
    perl -pi -e 's/"metric": "group_mean"/"metric": "g\\u009bm"/' s0a.json
    run -0 lint-eval --pairs s0a.json s0b.json $'a\e.json' $'b\e.json'
    assert_line --partial "Wins are m?[31m???X's"
    assert_line 'g??m is not listed: it is unknown in s0b.json.'
    refute_output --regexp "$commands"
    run -0 lint-eval --json --pairs s0a.json s0b.json $'a\e.json' $'b\e.json'
    refute_output --regexp "$commands"
}
