# lint-export as its users see it. That other programs compute the same is tested by `make test-onnx`.
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    samples 1 0 1 0 1 >tiny.lts
    sed 's/^input [0-9x]*/input 4x4x3/' "$SUPPORT/tiny.net" >tiny.net
    lint-train --quiet --net tiny.net --train tiny.lts --epochs 1 -o model
    sed '/cam/d' tiny.net >blind.net
    lint-train --quiet --net blind.net --train tiny.lts --epochs 1 -o blind
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# What a reader of the wire format finds: python3 without packages.
fields() { python3 "$BATS_TEST_DIRNAME/../export/onnx/fields" "$@"; }

@test "a model is an ONNX file of opset 17 with weights by their names, and says what it takes" {
    lint-export model -o model.onnx
    run -0 fields model.onnx
    assert_line 'ir 8'
    assert_line 'opset 17'
    assert_line --regexp '^producer lint [0-9.]+$'
    assert_line 'input image Nx3x4x4'
    assert_line 'output logits Nx2'
    assert_line --regexp '^constant [a-z0-9]+\.weight '
    assert_line 'metadata classes ["leopard","orca"]'
    assert_line 'metadata size 4x4'
    assert_line 'metadata input RGB, 0 to 1'
    refute_line --partial 'output cam'
}

@test "--maps adds an output" {
    lint-export --maps model -o maps.onnx
    run -0 fields maps.onnx
    assert_line 'output logits Nx2'
    assert_line --regexp '^output cam Nx2x[0-9]+x[0-9]+$'
}

@test "what lint-predict does to pictures and the exported model does not is said" {
    local key
    for key in depth:12 crop_margin:0.1; do
        METADATA=",\"${key%:*}\":\"${key#*:}\"" samples 1 0 1 0 >made.lts
        lint-train -q --net tiny.net --epochs 1 --train made.lts -o made
        run -0 lint-export made -o made.onnx
        assert_output --partial 'lint-export: the model was trained '
        run -0 fields made.onnx
        assert_line "metadata ${key%:*} ${key#*:}"
        run -0 lint-export --html made -o made.html
        assert_output --partial 'lint-export: the model was trained '
        run -0 lint-export -q --html made -o made.html
        assert_output ''
    done
}

@test "the same model gives the same bytes, from a file and from a pipe" {
    lint-export model -o a
    lint-export - <model >b
    cmp a b
}

@test "what is no model is one line, and leaves no file" {
    run -1 lint-export tiny.lts -o none
    assert_output --regexp "^lint-export: tiny.lts: not a model of lint: its metadata is samples, expected kind 'model'$"
    run -1 lint-export none.safetensors -o none
    assert_output 'lint-export: none.safetensors: No such file or directory'
    run -1 lint-export --maps blind -o none
    assert_output "lint-export: blind: its network has no 'cam' line, so no maps"
    assert_not_exists none
    lint-export blind -o blind.onnx
}

# --- pages ------------------------------------------------------------------------------------------

# answers N FILE,... [KEY=VALUE...]: what page.html says of N files that are chosen on it, a line of JSON each.
answers() {
    local n=$1 files=$2
    shift 2
    "$CLONE/tests/pipelines/browser" "$@" file="$files" page.html "(async () => {
        while (answers.length < $n) await new Promise((go) => setTimeout(go, 20));
        return answers.map((a) => JSON.stringify(a.error ? {name: a.name, error: 1} : {name: a.name, px: [...a.px],
            logits: [...a.logits], cam: model.classes.map((_, k) => [...a.map(k)]).flat()})); })()"
}

# page [option of lint-split...]: page.html of a network for pictures of 24x18, and seen.lts, what lint-cam
# says of four PNGs in photos/.
page() {
    if [ ! -d photos ]; then
        lint-synth orca-leopard --size 61x50 --train 2,2 --val 2 --test 2 --quiet -o drawn
        mkdir -p photos/a 'photos/<!--<script>'
        cp drawn/images/train-000[01].png photos/a
        cp drawn/images/test-000[01].png 'photos/<!--<script>'
    fi
    sed 's/^input [0-9x]*/input 24x18x3/' "$SUPPORT/tiny.net" >page.net
    lint-split --quiet --size 24x18 "$@" --ratio 100/0/0 --split train photos -o photos.lts
    lint-train --quiet --net page.net --train photos.lts --epochs 3 -o page.model
    lint-cam --quiet page.model photos.lts -o seen.lts
    lint-export --html page.model -o page.html
}

# Whether page.html's answers on standard input are those of seen.lts: pixels to the byte, numbers to 1e-5.
same() {
    PYTHONPATH=$CLONE/docs python3 -c '
import json, lts, struct, sys
_, t = next(lts.read(open("seen.lts", "rb")))
n = t["image"][1][0]
def rows(name, letter):
    b = t[name][2]
    v = struct.unpack(f"<{len(b) // struct.calcsize(letter)}{letter}", b)
    return [v[i * len(v) // n:(i + 1) * len(v) // n] for i in range(n)]
names = [bytes(r).rstrip(b"\0").decode().split("/")[-1] for r in rows("name", "B")]
for a in map(json.loads, sys.stdin):
    i = names.index(a["name"])
    assert list(rows("image", "B")[i]) == a["px"], a["name"] + ": other pixels"
    for kind in "logits", "cam":
        want = rows(kind, "f")[i]
        assert len(want) == len(a[kind])
        assert max(map(abs, want)) > 0 and max(abs(x - y) for x, y in zip(want, a[kind])) < 1e-5, (a["name"], kind)
    print(a["name"])'
}

@test "a page sees the pixels of lint-predict in a browser, and says the same, however pictures are fitted" {
    local how
    cd "$BATS_TEST_TMPDIR"
    for how in stretch crop pad; do
        page --fit $how
        answers 4 "$(printf '%s,' photos/*/*.png | sed 's/,$//')" >said
        run -0 same <said
        assert_equal "${#lines[@]}" 4
    done
}

@test "pictures may be dropped on it; a file that is none is named; class names are shown as they are" {
    cd "$BATS_TEST_TMPDIR"
    page
    local data
    data=$(base64 -w 0 photos/a/train-0000.png)
    run -0 "$CLONE/tests/pipelines/browser" page.html "(async () => {
        const all = new DataTransfer();
        all.items.add(new File(['nothing'], 'text.png'));
        all.items.add(new File([Uint8Array.from(atob('$data'), (c) => c.charCodeAt(0))], 'picture.png'));
        document.querySelector('#drop').dispatchEvent(new DragEvent('drop', {dataTransfer: all, bubbles: true, cancelable: true}));
        while (answers.length < 2) await new Promise((go) => setTimeout(go, 20));
        return [document.title, ...[...document.querySelectorAll('.card')].map((c) => c.innerText.split('\n')[0]),
            document.querySelectorAll('.card canvas').length, document.querySelectorAll('.classes li').length]; })()"
    assert_line --index 0 '<!--<script> or a?'
    assert_line --index 1 'Show what speaks for the class'
    assert_line --index 2 'text.png is no picture that this browser can read.'
    assert_line --index 3 1
    assert_line --index 4 2
}

@test "it has no wide line at 375 pixels" {
    cd "$BATS_TEST_TMPDIR"
    page
    run -0 "$CLONE/tests/pipelines/browser" width=375 file=photos/a/train-0000.png page.html "(async () => {
        while (answers.length < 1) await new Promise((go) => setTimeout(go, 20));
        return document.documentElement.scrollWidth; })()"
    assert_output 375
}

@test "what takes no pictures has no page, and a page no --maps" {
    run -2 lint-export --html --maps model
    assert_output --partial '--maps is for ONNX: a page has maps anyway'
    lint-features --drop image model tiny.lts | lint-train --quiet --net "$CLONE/models/head.net" --train - --epochs 1 -o head
    run -1 lint-export --html head -o none
    assert_output 'lint-export: head: it takes features, not pictures, so a page cannot ask it'
    lint-export head -o head.onnx
}
