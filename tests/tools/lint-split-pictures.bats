# Formats, bits and sizes of pictures, as users of lint-split and lint-predict meet them.
load ../support/helpers

FORMATS=$CLONE/tests/picture/formats

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p photos/a photos/b
}

# The pictures of a stream, without names.
pixels() { tensor "$1" image; }

# 16-bit pictures in which white is 4095.
twelve_bits() {
    local i
    for i in 1 2 3; do
        convert -size 8x8 "gradient:rgb($i%,0%,0%)-rgb(6.24%,6.24%,6%)" -depth 16 -define png:bit-depth=16 \
            "PNG48:photos/a/$i.png"
        convert -size 8x8 "gradient:rgb(0%,$i%,0%)-rgb(6.24%,6%,6.24%)" -depth 16 -compress lzw "photos/b/$i.tif"
    done
}

@test "pictures of all formats are read, and look as the PNG that they were made of" {
    local f i=0
    for f in picture.png lossless.webp zip.tif picture.heic picture.avif 24-bit.bmp; do
        cp "$FORMATS/$f" "photos/a/$((++i)).${f#*.}"
        cp "$FORMATS/picture.png" "photos/b/$i.png"
    done
    cp "$FORMATS/photo.jfif" "photos/a/7.JFIF"
    run -0 lint-split photos --split train --ratio 1/0/0 --size 5x4 -o d
    assert_output ''
    assert_equal "$(facts d | wc -l)" 13
    # Of one format each: those that lose nothing.
    for f in 2 3 6; do
        mkdir -p one/a one/b
        cp photos/a/$f.* one/a
        cp photos/b/1.png one/b
        lint-split one --split train --ratio 1/0/0 --size 5x4 -o d
        pixels d >all
        cmp <(head -n 60 all) <(tail -n 60 all)
        rm -r one
    done
}

@test "12 bits in 16 are told, and --depth makes them as bright as they are" {
    twelve_bits
    local split='lint-split photos --split train --ratio 1/0/0 --size 8'
    run -0 $split -o dark
    assert_output --regexp '^lint-split: 6 pictures of 16 bits are nearly black: no sample exceeds 40[0-9][0-9] of 65535 \(--depth auto'
    run -0 $split --depth auto -o auto
    assert_output 'lint-split: --depth 12: no sample of photos has more bits'
    run -0 $split --depth 12 -o twelve
    assert_output ''
    cmp auto twelve
    run -0 headers twelve
    assert_output --partial '"depth":"12"'
    run -0 headers dark
    refute_output --partial '"depth"'
    lint-audit --depth auto --json auto.json photos >auto.txt
    lint-audit --depth 12 --json twelve.json photos >twelve.txt
    cmp auto.json twelve.json
    run -0 lint-audit --json dark.json photos
    run -1 cmp dark.json twelve.json
    run -2 lint-audit --depth 7 photos
    assert_output --partial "--depth '7' is neither auto nor a number from 8 to 32"
}

@test "--depth that has no effect is told, and one that is none refused" {
    cp "$FORMATS/picture.png" photos/a/1.png
    cp "$FORMATS/zip.tif" photos/b/1.tif
    run -0 lint-split photos --split train --ratio 1/0/0 --size 8 --depth 12 -o d
    assert_output 'lint-split: --depth had no effect: no picture of photos has more than 8 bits a sample'
    run -2 lint-split photos --split train --depth 7 -o d
    assert_output --partial "--depth '7' is neither auto nor a number from 8 to 32"
    run -2 lint-split photos --split train --depth 12x -o d
}

@test "a model keeps the depth of its pictures, and lint-predict sees what it was trained on" {
    twelve_bits
    lint-split photos --split train --ratio 1/0/0 --size 16 --depth auto -o train 2>/dev/null
    lint-train --net "$SUPPORT/tiny.net" --train train --val train --epochs 1 -q -o model
    run -0 headers model
    assert_output --partial '"depth":"12"'
    lint-predict --all model photos/a/1.png photos/b/1.tif >with
    lint-predict --all --depth 12 model photos/a/1.png photos/b/1.tif >same
    lint-predict --all --depth 16 model photos/a/1.png photos/b/1.tif >other
    cmp with same
    run -1 cmp with other
}

@test "--max-pixels refuses a larger picture by its size" {
    cp "$FORMATS/picture.png" photos/a/1.png
    cp "$FORMATS/lossy.webp" photos/b/1.webp
    run -1 lint-split photos --split train --max-pixels 239 -o d
    assert_output 'lint-split: photos/a/1.png: 20x12 is too large: at most 239 pixels (--max-pixels)'
    run -0 lint-split photos --split train --ratio 1/0/0 --max-pixels 240 --size 8 -o d
    run -0 lint-audit --max-pixels 240 photos
    lint-split photos --split train --ratio 1/0/0 --size 16 -o train
    lint-train --net "$SUPPORT/tiny.net" --train train --val train --epochs 1 -q -o model
    run -1 --separate-stderr lint-predict --max-pixels 239 model photos/b/1.webp
    assert_equal "$stderr" 'lint-predict: photos/b/1.webp: 20x12 is too large: at most 239 pixels (--max-pixels)'
}

@test "lint-predict sees the same bytes as a network in training, of a large JPEG, too, with masks and without" {
    mkdir -p set/images/{a,b} set/masks/{a,b}
    convert -size 800x600 pattern:checkerboard -stroke black -draw 'line 20,300 780,331 line 20,310 780,280' \
        -tile pattern:horizontal2 -draw 'rectangle 100,350 700,500' -quality 90 set/images/a/1.jpg
    convert set/images/a/1.jpg -negate -quality 90 set/images/b/1.jpg
    convert -size 800x600 xc:white set/masks/a/1.png
    cp set/masks/a/1.png set/masks/b/1.png
    lint-split set --split train --ratio 1/0/0 --size 16 -o with
    lint-split set/images --split train --ratio 1/0/0 --size 16 -o without
    tensor with image >with.txt
    tensor without image >without.txt
    cmp with.txt without.txt
    lint-train --net "$SUPPORT/tiny.net" --train without --val without --epochs 2 -q -o model
    lint-predict --all model set/images/a/1.jpg | cut -f 3 >told
    lint-cam model with >cam
    tensor cam logits | head -n 2 | awk '{ e[NR] = exp($1) }
        END { a = e[1] / (e[1] + e[2]); if (a < 0.5) a = 1 - a; printf "%.4f\n%.4f\n", a, 1 - a }' >expected
    cmp told expected
}

@test "a HEIC that would take gigabytes is one bad picture, and nothing runs on" {
    local f
    for f in a b; do
        cp "$FORMATS/picture.heic" "photos/$f/1.heic"
        cp "$FORMATS/picture.avif" "photos/$f/2.avif"
    done
    cp "$CLONE/tests/fuzz/found/heif/gigabytes-853-bytes.heic" photos/a/3.heic
    local split='lint-split photos --split train --ratio 1/0/0 --size 5x4 --threads 2'
    run -1 $split -o d
    assert_output 'lint-split: photos/a/3.heic: HEIF: libheif crashed, or took more memory or time than a picture of this size may'
    assert_not_exists d
    run -0 $split --skip-bad -o d
    assert_equal "$(facts d | wc -l)" 4
    rm photos/a/3.heic
    $split -o one
    cmp d one
}

@test "without its program lint-split says where a HEIC's decoder should be" {
    mkdir bin
    cp "$(command -v lint-split)" bin
    cp "$FORMATS/picture.heic" photos/a/1.heic
    cp "$FORMATS/picture.heic" photos/b/1.heic
    run -1 bin/lint-split photos --split train --ratio 1/0/0 -o d --skip-bad
    assert_output --regexp "^lint-split: photos/a/1.heic: HEIC or AVIF: lint's program 'heif-decoder' is not beside .*/bin, nor in a libexec/lint near it\$"
    cp "$BUILD/heif-decoder" bin
    run -0 bin/lint-split photos --split train --ratio 1/0/0 -o d
    rm bin/heif-decoder
    mkdir -p libexec/lint
    cp "$BUILD/heif-decoder" libexec/lint
    run -0 bin/lint-split photos --split train --ratio 1/0/0 -o d
    # Whoever may write to a folder above must not be run.
    [ "$(id -u)" -eq 0 ] || return 0
    chown nobody libexec/lint/heif-decoder
    run -1 bin/lint-split photos --split train --ratio 1/0/0 -o d
    assert_output --partial "heif-decoder' is not beside"
}
