load ../support/helpers

# pictures: see tests/support/pictures.
pictures() { "$SUPPORT"/pictures; }

# photos: leopards before green and orcas before blue, 20 each; leopard/3.png and orca/7.png have it
# the other way round. mixed: the same borders, shared out evenly.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    local i green blue a b
    for i in {10..29}; do
        green="60,$((i * 4 + 60)),40 220,170,$i" blue="30,80,$((i * 4 + 90)) $i,10,10"
        a=$green b=$blue
        [ "$i" != 13 ] || a="30,80,145 13,10,10"
        [ "$i" != 17 ] || b="60,131,40 220,170,17"
        echo "photos/leopard/$((i - 10)).png 40x30 $a"
        echo "photos/orca/$((i - 10)).png 40x30 $b"
        [ $((i / 2 % 2)) = 0 ] || a=$blue b=$green
        [ $((i / 2 % 2)) != 0 ] || a=$green b=$blue
        echo "mixed/leopard/$((i - 10)).png 40x30 $a"
        echo "mixed/orca/$((i - 10)).png 40x30 $b"
    done | pictures
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$BATS_FILE_TMPDIR"/{photos,mixed} .
}

# key FILE PATH...: a value of a JSON file.
key() {
    python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2:]: v = v[int(k) if isinstance(v, list) else k]
print(json.dumps(v, ensure_ascii=False))' "$@"
}

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "" "photos mixed" "photos --seed -1" "photos --classes a,,b" \
        "photos --json - --samples -" "photos --json a --sheet a" "photos --margin 0.1" \
        "photos --annotations boxes.json" "photos --min-confidence 0.5"; do
        run -2 --separate-stderr lint-audit $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-audit: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-audit --help
    assert_line --regexp '^Usage: lint-audit \[options\] FOLDER'
    assert_line --partial 'lint-audit photos --sheet contradict.png'
    assert [ "${#lines[@]}" -le 45 ]
}

@test "a folder that is missing or without classes is told in one line" {
    run -1 lint-audit none
    assert_output 'lint-audit: none: No such file or directory'
    mkdir empty
    run -1 lint-audit empty
    assert_output 'lint-audit: empty: no class folders; the pictures of each class belong in a folder of their own'
}

# --- the verdict ---------------------------------------------------------------------------------

@test "the first sentence says that the backgrounds give the class away, and how sure that is" {
    run -0 lint-audit photos
    assert_line --index 0 'The backgrounds give the class away: borders alone tell the class of 95 % of'
    assert_line --index 1 '  the pictures (50 % by chance, p = 0.001, 95 % interval 83 to 99 %).'
    assert_output --partial 'By their colour alone, borders tell it of 95 %'
    assert_output --partial '2 of 40 pictures contradict that'
    assert_line '40 pictures in 2 classes: leopard 20, orca 20.'
    assert_line 'The smallest and the largest have 40x30 pixels.'
    assert [ "$(awk '{ if (length > most) most = length } END { print most }' <<<"$output")" -le 79 ]
    assert [ "${#lines[@]}" -le 24 ]
}

@test "where backgrounds are shared out evenly there is no sign" {
    run -0 lint-audit mixed --json a.json
    assert_line --index 0 --regexp '^No sign that the backgrounds give the class away: '
    refute_output --partial contradict
    assert_equal "$(key a.json background verdict)" '"no-sign"'
}

@test "drawn animals: before their own place in nine of ten pictures, and before any" {
    local seed
    for seed in 1 2; do
        lint-synth -q -o own$seed --size 64 --seed $seed --train 40 --val 0 --test 1 --correlation 0.9 orca-leopard
        run -0 lint-audit own$seed
        assert_line --index 0 --regexp '^The backgrounds give the class away: .* 8. % of$'
        lint-synth -q -o any$seed --size 64 --seed $seed --train 40 --val 0 --test 1 --correlation 0.5 orca-leopard
        run -0 lint-audit any$seed
        assert_line --index 0 --regexp '^No sign that the backgrounds give the class away: '
    done
}

@test "nine pictures of a class are too few to tell" {
    rm mixed/orca/1?.png mixed/orca/9.png
    run -0 lint-audit mixed --json a.json
    assert_line --index 0 --regexp '^Too few pictures to tell whether the backgrounds give the'
    assert_equal "$(key a.json background verdict) $(key a.json background least_series)" '"too-few" 9'
}

@test "where only one class can be read, nothing is said of backgrounds" {
    local f
    for f in photos/orca/*; do echo no picture >"$f"; done
    run -0 lint-audit photos --json a.json --samples a.tsv --sheet a.png
    assert_line --index 0 'Too few pictures to tell whether the backgrounds give the class away.'
    assert_equal "$(key a.json background accuracy) $(key a.json background p)" 'null null'
    for f in photos/leopard/*; do echo no picture >"$f"; done
    run -0 lint-audit photos --json a.json --samples a.tsv
    assert_line '0 pictures in 2 classes: leopard 0, orca 0.'
    assert_equal "$(key a.json sizes median)" null
    run -1 lint-audit photos --sheet b.png
    assert_output --partial 'lint-audit: b.png: no picture to show'
}

# --- files ---------------------------------------------------------------------------------------

@test "--json has what the sentences say" {
    lint-audit photos --json a.json >/dev/null
    assert_equal "$(key a.json pictures)" 40
    assert_equal "$(key a.json classes)" '[{"name": "leopard", "pictures": 20}, {"name": "orca", "pictures": 20}]'
    assert_equal "$(key a.json background verdict)" '"gives-away"'
    assert_equal "$(key a.json background accuracy)" 0.95
    assert_equal "$(key a.json background chance)" 0.5
    assert_equal "$(key a.json background agree) $(key a.json background contradict)" '38 2'
    assert_equal "$(key a.json sizes median)" '[40, 30]'
    assert_equal "$(key a.json series series)" 0
    lint-audit photos --json - >b.json
    cmp a.json b.json
}

@test "--samples lists what contradicts first" {
    lint-audit photos --samples a.tsv >/dev/null
    assert_equal "$(head -1 a.tsv)" $'name\tclass\tplace\tmargin\tseries'
    assert_equal "$(wc -l <a.tsv)" 41
    assert_equal "$(sed -n 2,3p a.tsv | cut -f 1-3 | sort)" $'leopard/3.png\tleopard\torca\norca/7.png\torca\tleopard'
    assert_equal "$(awk '$4 > 0' a.tsv | wc -l)" 3 # and the header
}

@test "--sheet draws pictures with the names of their files" {
    lint-audit photos --sheet a.png >/dev/null
    assert_equal "$(head -c 4 a.png | tail -c 3)" PNG
    assert [ "$(od -An -tu1 -j 18 -N 2 a.png | awk '{ print 256 * $1 + $2 }')" -gt 400 ]
}

@test "--crop-to-box audits each object; those of one picture are a series" {
    local i k all=
    for i in {1..12}; do
        echo "x/deer/$i.png 32x16 60,120,40
x/boar/$i.png 32x16 10,10,200"
    done | pictures
    for i in {1..12}; do
        for k in deer boar; do
            all+=",{\"file\":\"$k/$i.png\",\"detections\":[{\"category\":\"1\",\"conf\":0.9,\"bbox\":[0,0,0.25,0.5]}"
            all+=",{\"category\":\"1\",\"conf\":0.9,\"bbox\":[0.5,0.5,0.25,0.5]}]}"
        done
    done
    printf '{"detection_categories":{"1":"animal"},"images":[%s]}' "${all#,}" >boxes.json
    run -0 lint-audit x --crop-to-box --annotations boxes.json --margin 0.1 --samples t.tsv --sheet s.png --json a.json
    assert_output --partial '48 objects in 2 classes: boar 24, deer 24.'
    assert_output --partial 'of one picture: 24'
    refute_output --partial 'files are copies of another (boar/1.png = boar/1.png'
    run -0 grep -c '^boar/[0-9]*.png#[12]' t.tsv
    assert_output 24
    run -1 lint-audit x --crop-to-box
    assert_output --partial 'lint-audit: x: --crop-to-box has no effect here'
}

@test "any number of threads and every run give the same bytes" {
    local n
    for n in 1 2 5; do
        lint-audit photos --threads $n --json $n.json --samples $n.tsv --sheet $n.png >$n
    done
    for n in 2 5; do
        cmp 1 $n
        cmp 1.json $n.json
        cmp 1.tsv $n.tsv
        cmp 1.png $n.png
    done
}

@test "a file that cannot be written is named" {
    run -1 lint-audit photos --json none/a.json
    assert_output --partial 'lint-audit: none/a.json: No such file or directory'
    run -1 lint-audit photos --samples /dev/full
    assert_output --partial 'lint-audit: /dev/full: No space left on device'
}

# --- what is there -------------------------------------------------------------------------------

# A PNG of 2x2 grey pixels with 16 bits, all of this value.
deep() {
    perl -MCompress::Zlib=compress,crc32 -e 'binmode STDOUT; my $v = shift;
sub chunk { pack("N", length $_[1]) . "$_[0]$_[1]" . pack("N", crc32("$_[0]$_[1]")) }
print "\x89PNG\r\n\x1a\n", chunk("IHDR", pack "NNCCCCC", 2, 2, 16, 0, 0, 0, 0),
    chunk("IDAT", compress(("\0" . pack("nn", $v, 4 * $v / 5)) x 2)), chunk("IEND", "");' "$1"
}

@test "faults of files are counted and named" {
    cp photos/orca/5.png photos/orca/copy.png
    cp photos/orca/5.png photos/leopard/wrong.png
    cp photos/orca/6.png photos/orca/A.png
    echo 'photos/orca/a.png 40x30 30,80,91 1,2,3
photos/orca/plain.png 40x30 30,80,170' | pictures
    deep 4095 >photos/orca/deep.png
    echo GIF89a >photos/orca/gif.png
    echo text >photos/orca/notes.txt
    run -0 --separate-stderr lint-audit photos --verbose --json a.json
    assert_equal "${stderr_lines[-1]}" 'lint-audit: photos/orca/gif.png: a GIF; PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read'
    assert_line '1 picture cannot be read (orca/gif.png).'
    assert_line '1 picture of nearly one colour (orca/plain.png).'
    assert_line '1 picture with 12-bit values in 16-bit samples, which look black'
    assert_output --partial '2 files are in two classes'
    assert_output --partial '3 files are copies of another'
    assert_output --partial 'orca/A.png = orca/a.png'
    assert_output --partial '1 other file left out: not a picture, or not in a class folder'
    assert_output --partial '5 pictures belong to 2 series (copies: 3, near-copies: 0, given: 0)'
    assert_output --partial '1 series has pictures of several classes.'
    assert_equal "$(key a.json unreadable)" '["orca/gif.png"]'
    assert_equal "$(key a.json one_colour)" '["orca/plain.png"]'
    assert_equal "$(key a.json twelve_bit)" '["orca/deep.png"]'
    assert_equal "$(key a.json case_only 0)" '["orca/A.png", "orca/a.png"]'
    assert_equal "$(key a.json other_files)" 1
    assert_equal "$(key a.json series copies)" 3
    deep 65535 >photos/orca/deep.png
    lint-audit photos --json a.json >/dev/null
    assert_equal "$(key a.json twelve_bit)" '[]'
}

@test "a series of the folder's own splits that lies in two of them is told" {
    mkdir own
    cp -r photos own/train
    cp -r mixed own/test
    cp photos/orca/5.png own/test/orca/again.png
    run -0 lint-audit own --json a.json
    assert_output --partial "series lie in several of the folder's own"
    assert [ "$(key a.json series in_several_splits)" -ge 1 ]
}

@test "--group makes series of names; as many pictures count for less" {
    lint-audit photos --group '^[a-z]*/.' --json a.json >/dev/null
    assert_equal "$(key a.json series given)" 40
    assert_equal "$(key a.json series series) $(key a.json series largest)" '2 11'
    run -1 lint-audit photos --group nobody
    assert_output "lint-audit: --group 'nobody' matches no picture's name"
}
