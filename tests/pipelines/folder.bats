# A user's own folder, as folders are: make pipeline DATA=... gets it right or says in one sentence
# what is wrong. What lint-split makes of it is looked at first, since it is quick.
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# pictures FOLDER COLOUR N [EXTENSION]: N of 16x16, with a centre that says which.
pictures() {
    local i
    for ((i = 1; i <= $3; i++)); do echo "$1/$i.${4:-png} 16x16 $2 $i,$i,$i"; done | "$SUPPORT/pictures"
}

# Other programs are called convert, too: ImageMagick's can tell what colour it was asked for.
needs_imagemagick() {
    [ "$(convert -size 1x1 'xc:rgb(1,2,3)' -depth 8 rgb:- 2>/dev/null | od -An -tu1 | xargs)" = '1 2 3' ] ||
        skip "ImageMagick's convert is not installed; 'make deps test' installs it"
}

split() { lint-split -q --size 16x16 "$@"; }

# A folder with everything that is fine: spaces, UTF-8, newlines, folders in folders, hidden files,
# a text, and what systems leave behind.
messy() {
    pictures plain 200,0,0 10
    mkdir -p "photos/big cats/more/deeper" "photos/Vögel 鳥" $'photos/two\nlines' photos/.git
    local i
    for i in 1 2 3 4 5 6 7 8; do
        cp "plain/$i.png" "photos/big cats/a picture $i.png"
        cp "plain/$i.png" "photos/Vögel 鳥/Ü$i 'quoted' \"\$x\" %s.PNG"
        cp "plain/$i.png" $'photos/two\nlines/x\ny'"$i.png"
    done
    cp plain/9.png "photos/big cats/more/deeper/n.png"
    cp plain/9.png "photos/big cats/.hidden.png"
    cp plain/9.png photos/.git/h.png
    echo text >"photos/Vögel 鳥/notes.txt"
    touch photos/Thumbs.db photos/.DS_Store "photos/big cats/._a picture 1.png"
}

@test "spaces, UTF-8, newlines, nested folders: every picture is read, and no other file" {
    messy
    run -0 lint-split --size 16x16 photos -o sets
    assert_output 'lint-split: left out 2 files: not a picture, or not in a class folder (Thumbs.db, …)'
    cat sets/*.lts >all.lts
    run -0 tensor all.lts label
    assert_equal "$(sort <<<"$output" | uniq -c | xargs)" "8 0 9 1 8 2"
    run -0 lint-show all.lts
    assert_output --regexp 'Vögel 鳥 +8'
    assert_output --regexp 'big cats +9'
    assert_output --regexp 'two\?line'
    # Names are kept to the byte.
    tr -d '\0' <all.lts >bytes
    LC_ALL=C run -0 grep -c $'^y8.png' bytes
    run -0 grep -qa "Ü3 'quoted' \"\$x\" %s.PNG" bytes
    run -0 grep -qa 'big cats/more/deeper/n.png' bytes
}

@test "the pipeline runs on such a folder, whatever its own name" {
    messy
    mv photos "my phötos, '2024' \$HOME"
    cd "$CLONE"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA
    local out=$BATS_TEST_TMPDIR/out
    run -0 make BUILD="$BUILD" OUT="$out" SIZE=16x16 NET=tests/support/tiny.net EPOCHS=1 \
        DATA="$BATS_TEST_TMPDIR/my phötos, '2024' \$HOME" pipeline
    assert_output --partial 'accuracy'
    run -0 find "$out/models" -name test.json
    assert [ "${#lines[@]}" -eq 2 ]
    printf 'GIF89a\1\0\1\0' >"$BATS_TEST_TMPDIR/my phötos, '2024' \$HOME/big cats/gif.png"
    run -2 make BUILD="$BUILD" OUT="$out" SIZE=16x16 NET=tests/support/tiny.net EPOCHS=1 \
        DATA="$BATS_TEST_TMPDIR/my phötos, '2024' \$HOME" pipeline
    assert_line 'lint-split: DATA/big cats/gif.png: a GIF; only PNG and JPEG are read'
    run -0 make BUILD="$BUILD" OUT="$out" SIZE=16x16 NET=tests/support/tiny.net EPOCHS=1 \
        DATA="$BATS_TEST_TMPDIR/my phötos, '2024' \$HOME" SPLIT='--misleading --skip-bad' pipeline
    assert_line 'lint-split: 1 of 26 pictures skipped'
    run -2 make BUILD="$BUILD" OUT="$out" DATA=$'/a\nb' pipeline
    assert_output --partial "the folder's name has a line end in it"
}

@test "a folder without pictures is one sentence that says what to do" {
    pictures photos/cat 9,0,0 4
    pictures photos/dog 0,0,9 4
    mkdir photos/empty
    run -1 split photos -o sets
    assert_output "lint-split: photos: no picture of class 'empty'; remove its folder, or choose classes with --classes"
    assert_not_exists sets
    run -0 split --classes cat,dog photos -o sets
    mkdir photos/.empty && rmdir photos/empty
    run -0 split photos -o sets
}

@test "a CMYK JPEG has its colours" {
    needs_imagemagick
    pictures photos/a 9,0,0 3
    pictures photos/b 0,0,9 3
    rm photos/a/*
    convert -size 16x16 'xc:rgb(200,30,60)' -colorspace CMYK -quality 100 photos/a/cmyk.jpg
    run -0 split --ratio 1/0/0 --split train photos -o train.lts
    tensor train.lts image >values
    run -0 bash -c 'head -3 values | xargs'
    local rgb=($output)
    assert [ $((rgb[0] >= 195 && rgb[0] <= 205 && rgb[1] >= 25 && rgb[1] <= 35 && rgb[2] >= 55 && rgb[2] <= 65)) -eq 1 ]
}

@test "a PNG of 16 bits, colour or grey, has its colours" {
    needs_imagemagick
    pictures photos/b 0,0,9 1
    mkdir photos/a
    convert -size 16x16 'xc:rgb(200,30,60)' -depth 16 PNG48:photos/a/1.png
    convert -size 16x16 'xc:gray(100)' -depth 16 -colorspace Gray -define png:color-type=0 -define png:bit-depth=16 photos/a/2.png
    run -0 split --ratio 1/0/0 --split train photos -o train.lts
    tensor train.lts image >values
    run -0 bash -c 'sed -n "1,3p;769,771p" values | xargs'
    assert_output '200 30 60 100 100 100'
}

@test "what is no picture but is called one is refused by name; --skip-bad lists it" {
    pictures photos/a 9,0,0 4
    pictures photos/b 0,0,9 4
    printf 'GIF89a\1\0\1\0' >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: a GIF; only PNG and JPEG are read'
    assert_not_exists sets
    : >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: the file is empty'
    head -c 40 photos/a/1.png >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: PNG: the file ends too early'
    echo text >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: neither PNG nor JPEG'
    run -0 split --skip-bad photos -o sets
    assert_line 'lint-split: skipped photos/b/gif.png: neither PNG nor JPEG'
    assert_line 'lint-split: 1 of 9 pictures skipped'
    cp photos/a/1.png photos/b/gif.png # only the bytes count: a PNG is fine by any name
    mv photos/b/1.png photos/b/1.jpg
    run -0 split photos -o sets
    assert_output ''
}

@test "three pictures of a class among many: one trains, one validates, one tests" {
    pictures photos/few 9,0,0 3
    pictures photos/many 0,0,9 30
    local how seed
    for how in "" --misleading; do
        for seed in 0 1 2; do
            run -0 split --seed $seed $how photos -o sets
            refute_output --partial 'no picture'
            for k in train val test; do
                run -0 tensor sets/$k.lts label
                assert_equal "$(grep -c '^0$' <<<"$output")" 1
            done
        done
    done
}

@test "twenty classes, every one in every split" {
    local i
    for i in $(seq 20); do pictures photos/class$i $((i * 9)),0,0 4; done
    for how in "" --misleading; do
        run -0 split $how photos -o sets
        refute_output --partial 'no picture'
        for k in train val test; do
            run -0 tensor sets/$k.lts label
            assert_equal "$(sort -u <<<"$output" | wc -l)" 20
        done
    done
    lint-train -q --net "$SUPPORT/tiny.net" -t sets/train.lts --val sets/val.lts --epochs 1 -o model
    run -0 bash -c 'lint-cam -q model sets/test.lts | lint-eval | grep -c "^accuracy"'
    assert [ "$output" -ge 21 ]
}

@test "folders that are no classes: one sentence each" {
    pictures flat 9,0,0 3
    run -1 split flat -o sets
    assert_output 'lint-split: flat: no class folders; the pictures of each class belong in a folder of their own'
    mkdir above && mv flat above
    run -1 split above -o sets
    assert_output --partial "only one class ('flat'), but a classifier needs two"
    mkdir -p text/a text/b && touch text/a/x.txt text/b/y.gif
    run -1 split text -o sets
    assert_output 'lint-split: text: no PNG or JPEG in its class folders'
    mkdir nothing
    run -1 split nothing -o sets
    assert_output --partial 'no class folders'
    run -1 split none -o sets
    assert_output 'lint-split: none: No such file or directory'
    pictures loop/a 9,0,0 3
    pictures loop/b 9,0,0 3
    ln -s .. loop/a/up
    run -1 split loop -o sets
    assert_output --partial 'a link that leads back to a folder above it'
}
