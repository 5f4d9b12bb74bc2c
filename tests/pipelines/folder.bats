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
    pictures plain/cats 200,0,0 10
    pictures plain/birds 0,200,0 8
    pictures plain/lines 0,0,200 8
    mkdir -p "photos/big cats/more/deeper" "photos/Vögel 鳥" $'photos/two\nlines' photos/.git
    local i
    for i in 1 2 3 4 5 6 7 8; do
        cp "plain/cats/$i.png" "photos/big cats/a picture $i.png"
        cp "plain/birds/$i.png" "photos/Vögel 鳥/Ü$i 'quoted' \"\$x\" %s.PNG"
        cp "plain/lines/$i.png" $'photos/two\nlines/x\ny'"$i.png"
    done
    cp plain/cats/9.png "photos/big cats/more/deeper/n.png"
    cp plain/cats/9.png "photos/big cats/.hidden.png"
    cp plain/cats/9.png photos/.git/h.png
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
    assert_line 'lint-split: DATA/big cats/gif.png: a GIF; PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read'
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
    assert_output 'lint-split: photos/b/gif.png: a GIF; PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read'
    assert_not_exists sets
    : >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: the file is empty'
    head -c 40 photos/a/1.png >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: PNG: the file ends too early'
    echo text >photos/b/gif.png
    run -1 split photos -o sets
    assert_output 'lint-split: photos/b/gif.png: a text, not a picture'
    run -0 split --skip-bad photos -o sets
    assert_line 'lint-split: skipped photos/b/gif.png: a text, not a picture'
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
    assert_output 'lint-split: text: no picture in its class folders'
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

# Three classes of 12 pictures on their own colour, but for two of each on the next one's; quick settings.
three_colours() {
    local c k
    for c in 0 1 2; do
        for k in {1..12}; do
            local ground=(200,30,30 30,200,30 30,30,200)
            local at=$(((c + (k > 10)) % 3))
            echo "photos/${1:-}kind$c/$k.png 16x16 ${ground[at]} $((c * 90 + k)),$((k * 7)),$((200 - k))"
        done
    done | "$SUPPORT/pictures"
}

# paths STREAM...: the names of their samples, one a line.
paths() { cat "$@" | tr '\0' '\n' | grep -ao 'kind[0-9]/[0-9]*\.png' || true; }

folder_run() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES EXPERIMENT SEED DATA
    make -C "$CLONE" --no-print-directory -s BUILD="$BUILD" OUT="$BATS_TEST_TMPDIR/out" SIZE=16x16 NET=tests/support/tiny.net \
        EPOCHS=1 TRY= DATA="$BATS_TEST_TMPDIR/photos" "$@"
}

@test "every picture is judged once, by a model that has not seen it; the verdict comes first" {
    three_colours
    run -0 folder_run FOLDS=3 pipeline
    assert_line --index 0 --regexp '^This takes about [0-9]+ s\.$'
    assert_output --regexp 'backgrounds give the class away.*the plain|backgrounds give the class away'
    assert_output --regexp 'lint-predict .*/out/models/folders-photos/s0/(default|camloss)/model.safetensors PICTURE'
    assert [ "$(grep -n 'give the class away' <<<"$output" | cut -d: -f1)" -lt "$(grep -n 'score \[95' <<<"$output" | tail -1 | cut -d: -f1)" ]
    local sets=$BATS_TEST_TMPDIR/out/data/folders-photos/s0 f
    for f in 1 2 3; do
        paths "$sets/fold-$f/test.lts" >>tested
        comm -12 <(paths "$sets/fold-$f/test.lts" | sort) <(paths "$sets/fold-$f/"{train,val}.lts | sort) >>seen
    done
    assert_equal "$(sort tested | uniq -c | awk '$1 == 1' | wc -l)" 36
    assert_equal "$(cat seen)" ''
    run -0 lint-eval --compare "$BATS_TEST_TMPDIR/out/models/folders-photos/s0/default/test.json"
    assert_line --regexp '^samples +36$'
    # The models to use are trained on all pictures.
    assert_equal "$(paths "$sets/"{train,val}.lts | sort -u | wc -l)" 36
    assert_equal "$(paths "$sets/test.lts" | wc -l)" 0
    run -0 folder_run FOLDS=3 status
    refute_output --partial runs
    for f in audit.txt audit.png audit.tsv compare.png default/sheet.png; do
        assert_exists "$BATS_TEST_TMPDIR/out/models/folders-photos/s0/$f"
    done
}

@test "of crops, the command that uses the model takes boxes, too" {
    three_colours
    (cd photos && find . -name '*.png' | sed 's|^\./||' | sort) | awk 'BEGIN { printf "{\"images\":[" }
        { printf "%s{\"file\":\"%s\",\"detections\":[{\"category\":\"1\",\"conf\":0.9,\"bbox\":[0.1,0.1,0.8,0.8]}]}", (NR > 1 ? "," : ""), $0 }
        END { print "],\"detection_categories\":{\"1\":\"animal\"}}" }' >boxes.json
    run -0 folder_run FOLDS=3 SPLIT="--annotations $PWD/boxes.json --crop-to-box" pipeline
    assert_line --regexp "^  lint-predict --boxes FILE $BATS_TEST_TMPDIR/out/models/folders-photos/s0/[a-z]*/model.safetensors PICTURE"
}

@test "heads of a backbone judge the pictures of their part alike" {
    three_colours
    lint-split -q --size 16x16 --split train photos |
        lint-train -q --net "$CLONE/tests/support/tiny.net" --epochs 1 --seed 3 -o weights
    run -0 folder_run BACKBONE="$PWD/weights" FOLDS=3 pipeline
    run -0 lint-eval --compare "$BATS_TEST_TMPDIR/out/models/folders-photos/s0/camloss/test.json"
    assert_line --regexp '^samples +36$'
    run -0 folder_run BACKBONE="$PWD/weights" FOLDS=3 status
    assert_output --partial 's0/fold-3/features-test'
    refute_output --partial 's0/features-test'
    refute_output --partial runs
    run -0 lint-predict "$BATS_TEST_TMPDIR/out/models/folders-photos/s0/camloss/model.safetensors" photos/kind0/1.png
    # The models to use are fine-tuned networks, which are tested on pictures.
    run -0 folder_run BACKBONE="$PWD/weights" FOLDS=3 FINE_TUNE=1 pipeline
    run -0 folder_run BACKBONE="$PWD/weights" FOLDS=3 FINE_TUNE=1 status
    refute_output --partial features-test
    refute_output --partial runs
}

@test "a folder's own test set is the test; SPLIT=--misleading makes one of the counterexamples" {
    three_colours train/
    for k in 0 1 2; do
        mkdir -p "photos/test/kind$k"
        mv "photos/train/kind$k"/{1,2,11}.png "photos/test/kind$k"
    done
    run -0 folder_run pipeline
    refute_output --partial fold-
    run -0 lint-eval --compare "$BATS_TEST_TMPDIR/out/models/folders-photos/s0/default/test.json"
    assert_line --regexp '^samples +9$'
    run -2 folder_run FOLDS=3 pipeline
    assert_output --partial 'the folder has a test set of its own'
    rm -r photos
    three_colours
    run -0 folder_run SPLIT=--misleading pipeline
    refute_output --partial fold-
    run -2 folder_run FOLDS=3 EXPERIMENT=orca-leopard pipeline
    assert_output --partial 'FOLDS is for folders of pictures'
}
