load ../support/helpers

# Twelve pictures to ask about, and a small model that has seen others of their kind.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    lint-synth orca-leopard --size 16x16 --train 20,20 --val 5 --test 6 --quiet -o set
    lint-split --quiet --size 16x16 set -o .
    lint-train --net "$SUPPORT/tiny.net" --train train.lts --val val.lts --epochs 4 \
        --quiet -o model
    mkdir photos
    cp set/images/test-* photos
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$BATS_FILE_TMPDIR"/{photos,test.lts,model} .
}

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "model" "--nonsense model a" "--fit x model a" "--threads x model a" \
        "-0 model a" "--from list model a" "--from - -" "- -" "model - -" \
        "--png"; do
        run -2 --separate-stderr lint-predict $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-predict: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-predict --help
    assert_line --regexp '^Usage: lint-predict '
    assert_line --partial 'lint-predict --png why model.safetensors'
    assert [ "${#lines[@]}" -le 46 ]
}

# --- answers -------------------------------------------------------------------------------------

@test "each image gets a line: path, class and probability, in the order asked" {
    run -0 lint-predict model photos/test-0003.png photos/test-0001.png
    assert_equal "${#lines[@]}" 2
    assert_regex "${lines[0]}" $'^photos/test-0003.png\t(leopard|orca)\t[01]\.[0-9]{4}$'
    assert_regex "${lines[1]}" $'^photos/test-0001.png\t(leopard|orca)\t[01]\.[0-9]{4}$'
}

# as_lint_cam MODEL [OPTION...]: whether the answers for the pictures are lint-cam's.
as_lint_cam() {
    local model=$1
    shift
    lint-cam "$@" "$model" test.lts -o cam.lts
    paste <("$STREAM" facts cam.lts | cut -d ' ' -f 3) <(tensor cam.lts logits | paste - -) | awk '{
        p = 1 / (1 + exp($3 - $2)); best = p >= 0.5
        printf "%s\t%s\t%.4f\n", $1, best ? "leopard" : "orca", best ? p : 1 - p }' | sort >cam
    (cd photos && lint-predict "$@" "../$model" test-*) | sed 's,^,images/,' | sort >predict
    assert_equal "$(wc -l <predict)" 12
    run -0 diff <(cut -f 1,2 cam) <(cut -f 1,2 predict)
    # Printed numbers may differ in the last digit: logits were rounded on their way through text.
    run -0 awk 'function off(a, b) { return a > b ? a - b : b - a }
        NR == FNR { p[$1] = $3; next } off(p[$1], $3) > 0.00011 { print; bad = 1 }
        END { exit bad }' cam predict
}

@test "the answers are those of lint-cam for the same pictures" {
    as_lint_cam model
}

@test "an answer does not depend on which other images are asked about, nor on threads" {
    # 24 images: more than one batch.
    lint-predict --threads 1 --png a model photos/* photos/* >one
    lint-predict --threads 2 --png b model photos/* photos/* >two
    lint-predict --threads 2 model photos/* photos/* >again
    cmp one two
    cmp one again
    run -0 diff -r a b
    for i in photos/test-000[0-4].png; do lint-predict model "$i"; done >alone
    head -n 5 one | cmp - alone
}

@test "--all tells every class, the most probable first, and the probabilities add up to 1" {
    run -0 lint-predict --all model photos/test-0001.png
    assert_equal "${#lines[@]}" 2
    assert_equal "$(cut -f 2 <<<"$output" | sort | tr '\n' ' ')" 'leopard orca '
    run -0 awk -F'\t' '{ sum += $3; if (NR > 1 && $3 > last) exit 1; last = $3 }
        END { exit !(sum > 0.9998 && sum < 1.0002) }' <<<"$output"
}

@test "a picture of another size and shape is brought to the network's input, as asked" {
    lint-synth orca-leopard --size 40x20 --train 1,1 --val 1 --test 3 --quiet -o wide
    run -0 lint-predict model wide/images/test-*
    assert_equal "${#lines[@]}" 6
    local stretch=$output
    run -0 lint-predict --fit stretch model wide/images/test-*
    assert_equal "$output" "$stretch"
    run -0 lint-predict --fit crop model wide/images/test-*
    assert_not_equal "$output" "$stretch"
}

@test "the fit that a model says it was trained with is taken" {
    lint-synth orca-leopard --size 40x20 --train 1,1 --val 1 --test 3 --quiet -o wide
    lint-split --quiet --size 16x16 --fit crop wide -o cropped
    lint-train --net "$SUPPORT/tiny.net" --train cropped/train.lts --epochs 1 --quiet -o says
    run -0 lint-predict says wide/images/test-*
    assert_equal "$output" "$(lint-predict --fit crop says wide/images/test-*)"
    assert_not_equal "$output" "$(lint-predict --fit stretch says wide/images/test-*)"
}

@test "names with tabs and newlines stay on one line" {
    cp photos/test-0001.png $'a\tb\nc\\d.png'
    run -0 lint-predict model $'a\tb\nc\\d.png'
    assert_equal "${#lines[@]}" 1
    assert_regex "$output" '^a\\tb\\nc\\\\d\.png'$'\t'
}

@test "a folder whose files this user may not look at is not an empty one" {
    mkdir -p locked/in && cp photos/test-0001.png locked/in/a.png && chmod 400 locked/in
    local user=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
    [ "$(id -u)" -eq 0 ] || user=()
    run -1 "${user[@]}" lint-predict model locked
    chmod 700 locked/in
    assert_line 'lint-predict: locked/in/a.png: Permission denied'
}

@test "names cannot command a terminal, neither in answers nor in messages" {
    local name=$'a\e[31m\xc2\x9b2J\u202e\x9bb.png'
    cp photos/test-0001.png "$name"
    run -0 lint-predict model "$name"
    assert_regex "$output" '^a\\x1b\[31m\\xc2\\x9b2J\\xe2\\x80\\xae\\x9bb\.png'$'\t'
    echo broken >"$name"
    run -1 lint-predict model "$name"
    assert_line 'lint-predict: a?[31m??2J????b.png: a text, not a picture'
    assert_line $'a\\x1b[31m\\xc2\\x9b2J\\xe2\\x80\\xae\\x9bb.png\t\t\ta text, not a picture'
    assert_equal "${#lines[@]}" 2
}

@test "an image can come from standard input, and so can the model" {
    local answer
    answer=$(lint-predict model photos/test-0001.png)
    run -0 bash -c 'cat photos/test-0001.png | lint-predict model -'
    assert_output "-${answer#photos/test-0001.png}"
    run -0 bash -c 'cat model | lint-predict - photos/test-0001.png'
    assert_output "$answer"
}

# --- names from elsewhere ------------------------------------------------------------------------

@test "--from takes names from a file, one a line, empty lines aside" {
    ls photos/* >list
    printf '\n\nphotos/test-0000.png' >>list
    run -0 lint-predict --from list model
    assert_output "$(lint-predict model photos/* photos/test-0000.png)"
    assert_equal "${#lines[@]}" 13
}

@test "--from - takes names from a pipe; -0 lets them hold anything" {
    cp photos/test-0001.png $'photos/new\nline.png'
    run -0 bash -c "find photos -name '*.png' -print0 | sort -z | lint-predict -0 --from - model"
    assert_equal "${#lines[@]}" 13
    assert_line --partial 'photos/new\nline.png'
}

@test "who writes a name and waits gets the answer" {
    local answer
    coproc lint-predict --from - model 3>&-
    echo photos/test-0001.png >&"${COPROC[1]}"
    read -r -t 20 answer <&"${COPROC[0]}"
    assert_equal "$answer" "$(lint-predict model photos/test-0001.png)"
    echo photos/test-0002.png >&"${COPROC[1]}"
    read -r -t 20 answer <&"${COPROC[0]}"
    assert_equal "$answer" "$(lint-predict model photos/test-0002.png)"
    eval "exec ${COPROC[1]}>&-"
}

@test "no names, no answers" {
    run -0 lint-predict --from /dev/null model
    assert_output ''
}

@test "a line without end is refused" {
    run -1 bash -c 'tr "\0" x </dev/zero | head -c 100000 | lint-predict --from - model'
    assert_output 'lint-predict: standard input: line 1 is longer than 65535 bytes'
    run -1 lint-predict --from missing model
    assert_output 'lint-predict: missing: No such file or directory'
}

# --- pictures ------------------------------------------------------------------------------------

# The sides of a PNG, as WxH.
sides() { perl -e 'local $/; open F, "<:raw", shift; $_ = <F>; print join "x", unpack "x16 NN"' "$1"; }

@test "--png draws why: a file for one image, a folder for several" {
    lint-predict --png why.png model photos/test-0001.png >/dev/null
    assert_file_exist why.png
    run -0 sides why.png
    local w=${output%x*} h=${output#*x}
    assert [ "$h" -gt "$w" ] # there are words under the picture
    run -0 lint-predict --png why model photos/*
    assert_equal "$(ls why | wc -l)" 12
    assert_file_exist why/00001-test-0000.png
    run -0 lint-predict --png one model photos/test-0001.png
    assert_equal "$(ls one)" 00001-test-0001.png
}

@test "a picture of the answer never leaves its folder, whatever the image is called" {
    mkdir -p deep/er
    cp photos/test-0001.png deep/er/..png
    run -0 lint-predict --png why model deep/er/../er/..png photos/../photos/test-0001.png
    assert_equal "$(ls -A why | wc -l)" 2
    assert_equal "$(ls -A . | sort | tr '\n' ' ')" 'deep model photos test.lts why '
}

@test "--png to where there can be no folder is an error" {
    touch taken
    run -1 lint-predict --png taken model photos/test-0001.png photos/test-0002.png
    assert_output 'lint-predict: taken: Not a directory'
    run -1 --separate-stderr lint-predict --png missing/why.png model photos/test-0001.png
    assert_equal "$stderr" 'lint-predict: missing/why.png: No such file or directory'
}

# --- what goes wrong -----------------------------------------------------------------------------

@test "an image that cannot be read has a line with the reason; the others are answered; the end is status 1" {
    head -c 100 photos/test-0001.png >cut.png
    echo text >text.png
    : >empty.png
    mkdir none
    run -1 --separate-stderr lint-predict model photos/test-0000.png cut.png missing.png text.png \
        empty.png none photos/test-0002.png
    assert_equal "${#lines[@]}" 7
    assert_equal "${#stderr_lines[@]}" 5
    assert_regex "${lines[0]}" $'^photos/test-0000.png\t[a-z]+\t[01][.][0-9]+$'
    assert_regex "${lines[5]}" $'^photos/test-0002.png\t[a-z]+\t[01][.][0-9]+$'
    assert_equal "${lines[2]}" $'missing.png\t\t\tcannot open: No such file or directory'
    assert_equal "${lines[6]}" $'none\t\t\tno picture in this folder'
    local i=0 name
    for name in cut.png missing.png text.png empty.png none; do
        assert_regex "${stderr_lines[i]}" "^lint-predict: $name: "
        i=$((i + 1))
    done
    run -1 bash -c 'printf "%s\n" missing.png photos | lint-predict --from - model 2>/dev/null'
    assert_equal "${#lines[@]}" 2
}

@test "of a folder all images are answered, in the order of their names" {
    mkdir -p many/b many/.hidden
    cp photos/test-0000.png many/b/2.png
    cp photos/test-0001.png many/b/10.PNG
    cp photos/test-0002.png many/a.png
    cp photos/test-0002.png many/.hidden/a.png
    echo text >many/notes.txt
    run -0 lint-predict model many/ photos/test-0003.png
    assert_equal "$(printf '%s\n' "${lines[@]}" | cut -f1)" $'many/a.png\nmany/b/10.PNG\nmany/b/2.png\nphotos/test-0003.png'
    ln -s .. many/b/up
    ln -s b many/latest
    run -0 lint-predict model many
    assert_equal "$(printf '%s\n' "${lines[@]}" | cut -f1)" $'many/a.png\nmany/b/10.PNG\nmany/b/2.png'
    run -1 lint-predict missing many
}

@test "--top K tells the K most probable classes" {
    run -0 lint-predict --all model photos/test-0000.png
    local all=$output classes=${#lines[@]}
    run -0 lint-predict --top 1000 model photos/test-0000.png
    assert_output "$all"
    run -0 lint-predict --top 1 model photos/test-0000.png
    assert_output "${all%%$'\n'*}"
    assert [ "$classes" -ge 2 ]
    run -2 lint-predict --top 1 --all model photos/test-0000.png
    assert_output --partial '--all and --top exclude each other'
}

@test "--json writes an object for each image, also where it failed" {
    cp photos/test-0000.png $'caf\xe9.png'
    cp photos/test-0000.png $'a\t"b.png'
    run -1 --separate-stderr lint-predict --json --top 2 model photos/test-0000.png missing.png \
        $'caf\xe9.png' $'a\t"b.png'
    printf '%s\n' "${lines[@]}" >answers
    run -0 python3 -c '
import json, sys
a = [json.loads(line) for line in open("answers")]
assert [sorted(x) for x in a] == [["class", "classes", "path", "probability"], ["error", "path"]] + 2 * [["class", "classes", "path", "probability"]], a
assert a[1] == {"path": "missing.png", "error": "cannot open: No such file or directory"}, a[1]
assert a[2]["path"] == "caf?.png" and a[3]["path"] == "a\t\"b.png", a
assert len(a[0]["classes"]) == 2 and a[0]["classes"][0]["class"] == a[0]["class"], a[0]
assert 0.5 <= a[0]["classes"][0]["probability"] == a[0]["probability"] <= 1, a[0]
'
    run -0 lint-predict --json model photos/test-0000.png
    assert_output --regexp '^[{]"path":"photos/test-0000.png","class":"[a-z]+","probability":[01][.0-9]*[}]$'
}

@test "a model that is none is named in one line" {
    local bad
    : >empty
    echo 'this is not a model at all' >text
    head -c 300 model >cut
    for bad in missing photos empty text cut test.lts; do
        run -1 lint-predict "$bad" photos/test-0000.png
        assert_equal "${#lines[@]}" 1
        assert_output --regexp "^lint-predict: $bad: "
    done
}

@test "a full disk is an error" {
    run -1 bash -c 'lint-predict model photos/* >/dev/full'
    assert_output 'lint-predict: standard output: No space left on device'
    run -1 bash -c 'ls photos/* | lint-predict --from - model -o /dev/full'
    assert_output 'lint-predict: /dev/full: No space left on device'
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-predict model photos/* >&-'
    assert_output --partial 'lint-predict: standard output: '
}

@test "a reader that leaves early ends it quietly" {
    run -0 bash -c 'yes photos/test-0000.png | lint-predict --from - model | head -c 1
        test "${PIPESTATUS[*]}" = "141 141 0"'
    assert_output p
}

@test "a model of one class is sure of it" {
    "$SUPPORT/tiny-samples" n=8 classes=red >red.lts
    lint-train --net "$SUPPORT/tiny.net" --train red.lts --epochs 1 --quiet -o red
    run -0 lint-predict red photos/test-0000.png
    assert_output $'photos/test-0000.png\tred\t1.0000'
    run -0 lint-predict --png why.png red photos/test-0000.png
    assert_file_exist why.png
}

@test "--precision bf16 answers as lint-cam does in bf16" {
    printf '%s\n' 'input 16x16x3' 'a: conv 32 3x3 stride 2 pad 1' relu 'b: conv 32 3x3 pad 1' relu \
        cam globalpool flatten 'fc: dense classes' >wide.net
    lint-train -q --net wide.net --train "$BATS_FILE_TMPDIR/train.lts" --epochs 3 -o wide
    asked() { lint-predict --json --all "$@" wide photos; }
    asked >f32
    asked --precision f32 | cmp - f32
    asked --precision bf16 --threads 1 >bf16
    asked --precision bf16 --threads 2 | cmp - bf16
    run ! cmp -s bf16 f32
    as_lint_cam wide --precision bf16
    run -2 lint-predict --precision 16 wide photos
    assert_output 'lint-predict: --precision 16: expected f32|bf16 (see lint-predict --help)'
}

# --- crops ---------------------------------------------------------------------------------------

# boxes N: MegaDetector's JSON, N boxes in each of two photographs and none in a third.
boxes() {
    local i k list f
    for f in 0001 0002; do
        list=
        for ((k = 0; k < $1; k++)); do
            list+=",{\"category\":\"1\",\"conf\":0.9,\"bbox\":[0.$((k + 10)),0.$((k + 20)),0.5,0.4]}"
        done
        printf '{"file":"test-%s.png","detections":[%s]},' "$f" "${list#,}"
    done | { printf '{"detection_categories":{"1":"animal"},"images":['; cat; }
    printf '{"file":"test-0003.png","detections":[]}]}'
}

# model_of_crops N [OPTION...]: cropped, a model of N crops of each of two photographs, crops and boxes.json.
model_of_crops() {
    boxes "$1" >boxes.json
    mkdir -p set/{leopard,orca}
    cp photos/test-0001.png set/leopard
    cp photos/test-0002.png set/orca
    sed 's/,{"file":"test-0003.*/]}/; s/},]/}]/' boxes.json >set.json
    lint-split --quiet --annotations set.json --crop-to-box "${@:2}" --split train --ratio 1/0/0 --size 16 set -o crops
    lint-train --net "$SUPPORT/tiny.net" --train crops --val crops --epochs 1 --quiet -o cropped
}

@test "--boxes answers each box as training saw it, with the margin of the training pictures" {
    model_of_crops 20 --margin 0.2
    lint-cam cropped crops -o cam.lts
    paste <("$STREAM" facts cam.lts | cut -d ' ' -f 3) <(tensor cam.lts logits | paste - -) | awk '{
        p = 1 / (1 + exp($3 - $2)); best = p >= 0.5
        sub(".*/", "", $1); printf "%s\t%s\t%.3f\n", $1, best ? "leopard" : "orca", best ? p : 1 - p }' | sort >expected
    run -0 --separate-stderr lint-predict --boxes boxes.json cropped photos/test-000{1,2}.png
    sed 's,photos/,,; s/.$//' <<<"$output" | sort >told
    assert_equal "$(wc -l <told)" 40
    assert_equal "$(sed -n 20p <<<"$output" | cut -f 1)" photos/test-0001.png#20
    join -t $'\t' -1 1 -2 1 expected told | awk -F '\t' '$2 == $4 && ($3 - $5) ^ 2 < 1e-5' >same
    assert_equal "$(wc -l <same)" 40
    run -0 --separate-stderr lint-predict --boxes boxes.json --margin 0 cropped photos/test-000{1,2}.png
    sed 's,photos/,,; s/.$//' <<<"$output" | sort >other
    run -1 cmp told other
}

@test "an image without a box, and one that is not listed, have a line each" {
    boxes 1 >boxes.json
    run -1 --separate-stderr lint-predict --boxes boxes.json model photos/test-000{1,3,4}.png
    assert_regex "${lines[0]}" $'^photos/test-0001.png#1\t(leopard|orca)\t0'
    assert_equal "${lines[1]}" $'photos/test-0003.png\t\t\tno box'
    assert_equal "${lines[2]}" $'photos/test-0004.png\t\t\tnot listed in boxes.json'
    assert_equal "$stderr" 'lint-predict: photos/test-0004.png: not listed in boxes.json'
    run -0 lint-predict --json --boxes boxes.json model photos/test-0003.png
    assert_output '{"path":"photos/test-0003.png","remark":"no box"}'
    run -2 lint-predict --margin 0.1 model photos/test-0001.png
    assert_output --partial 'lint-predict: --margin needs --boxes'
    run -1 lint-predict --boxes model model photos/test-0001.png
    assert_output --regexp '^lint-predict: model: '
}

@test "--min-confidence leaves boxes out, and says how many" {
    boxes 2 | sed 's/"conf":0.9/"conf":0.3/' >boxes.json
    run -0 --separate-stderr lint-predict --boxes boxes.json --min-confidence 0.5 model photos/test-000{1,2}.png
    assert_equal "$(cut -f 1 <<<"$output" | xargs)" 'photos/test-0001.png#1 photos/test-0002.png#1 photos/test-0002.png#2'
    assert_equal "$stderr" 'lint-predict: 1 of 4 boxes do not count: their confidence is below --min-confidence'
    run -0 --separate-stderr lint-predict --quiet --boxes boxes.json --min-confidence 0.2 model photos/test-0001.png
    assert_equal "${#lines[@]}" 2
    refute [ "$stderr" ]
    run -2 lint-predict --min-confidence 0.5 model photos/test-0001.png
    assert_output --partial 'lint-predict: --min-confidence needs --boxes'
    cat >boxes.json <<<'{"images":[{"id":1,"file_name":"test-0001.png","width":96,"height":96}],"categories":
        [{"id":1,"name":"animal"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[9,9,50,50]}]}'
    run -1 lint-predict --boxes boxes.json --min-confidence 0.5 model photos/test-0001.png
    assert_output 'lint-predict: --min-confidence has no effect here: no box of boxes.json has a confidence'
}

@test "a model of crops says that it will see whole images" {
    model_of_crops 2
    run -0 --separate-stderr lint-predict cropped photos/test-0001.png
    assert_regex "$stderr" '^lint-predict: the model was trained on crops of boxes .*--boxes FILE'
    run -0 --separate-stderr lint-predict --quiet cropped photos/test-0001.png
    assert_equal "$stderr" ''
}

@test "a fault of the system is no bad image: it ends the run, and the answers before it stay" {
    echo before >answers
    # The output takes descriptor 3, and the image would take 4.
    run -1 bash -c 'exec 3>&- 4>&-; ulimit -n 4; exec lint-predict --threads 1 -o answers model photos/test-000{1,2}.png'
    assert_output 'lint-predict: photos/test-0001.png: cannot open: Too many open files'
    assert_equal "$(<answers)" before
}

@test "which image a box belongs to does not depend on how many images are between" {
    local from between
    mkdir a x other
    cp photos/test-0001.png a/1.png
    cp photos/test-0002.png x/1.png
    for i in {1..20}; do cp photos/test-0003.png "other/$i-more.png"; done
    boxes 1 | sed 's,test-0001.png,a/1.png,' >boxes.json
    for between in '' other; do
        run -1 --separate-stderr lint-predict --boxes boxes.json model x/1.png $between a/1.png
        assert_equal "${lines[0]}" $'x/1.png\t\t\tnot listed in boxes.json'
        assert_regex "${lines[-1]}" $'^a/1.png#1\t(leopard|orca)\t0'
    done
    printf '%s\n' x/1.png other/*.png a/1.png >list
    lint-predict --boxes boxes.json model x/1.png other/*.png a/1.png >told 2>/dev/null || true
    for from in list /dev/stdin; do
        run -1 bash -c "lint-predict --boxes boxes.json --from $from model <list >listed 2>/dev/null"
        cmp told listed
    done
    # A pipe's names stand alone, however many arrive together.
    run -0 bash -c 'printf "%s\n" x/1.png a/1.png | lint-predict --boxes boxes.json --from - model'
    assert_regex "${lines[0]}" $'^x/1.png#1\t'
    assert_regex "${lines[1]}" $'^a/1.png#1\t'
}

@test "an image with more boxes than are answered at a time is read once" {
    boxes 40 | sed 's,test-0001.png,stdin,' >boxes.json # a pipe can be read only once
    run -0 --separate-stderr bash -c 'cat photos/test-0001.png | lint-predict --boxes boxes.json model /dev/stdin photos/test-0002.png'
    assert_equal "${#lines[@]}" 80
    sed 's,^/dev/stdin,photos/test-0001.png,' <<<"$output" >once
    boxes 40 >boxes.json
    lint-predict --boxes boxes.json model photos/test-000{1,2}.png | cmp - once
}

@test "nobody waits for a FIFO among the names of --from; one that is named by hand is read" {
    mkfifo photos/fifo.png
    printf 'photos/fifo.png\nphotos/test-0001.png\n' >list
    run -1 --separate-stderr timeout 20 lint-predict --from list model
    assert_equal "${lines[0]}" $'photos/fifo.png\t\t\tcannot open: not a regular file'
    assert_regex "${lines[1]}" $'^photos/test-0001.png\t(leopard|orca)\t0'
    run -0 --separate-stderr timeout 20 bash -c 'cat photos/test-0001.png >photos/fifo.png & lint-predict model photos/fifo.png'
    assert_regex "$output" $'^photos/fifo.png\t(leopard|orca)\t0'
}
