load ../support/helpers

# pictures: see tests/support/pictures.
pictures() { "$SUPPORT"/pictures; }

# Two classes of 20, leopards before green and orcas before blue; leopard/03.png, leopard/13.png and
# orca/07.png have it the other way round.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    local i leopard orca
    for i in {10..29}; do
        leopard="60,$((i * 4 + 60)),40" orca="30,80,$((i * 4 + 90))"
        case $i in 13 | 23) leopard=30,80,170 ;; esac
        echo "photos/leopard/$((i - 10)).png 40x30 $leopard 220,170,60"
        case $i in 17) orca=60,140,40 ;; esac
        echo "photos/orca/$((i - 10)).png 40x30 $orca 10,10,10"
    done | pictures
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    ln -s "$BATS_FILE_TMPDIR/photos" photos
}

# a picture of 8x8, grey 200
jpeg() {
    base64 -d <<</9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8ASP/Z
}

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "" "photos" "photos other -o d" "photos -o d --split half" \
        "photos -o d --ratio 70/30" "photos -o d --ratio 0/0/0" "photos -o d --size 0x5" \
        "photos -o d --size 99999" "photos -o d --fit squeeze" "photos -o d --frame -1" \
        "photos -o d --seed -1" "photos -o d --threads x" "photos -o d --classes a,,b" "photos -o -"; do
        run -2 --separate-stderr lint-split $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-split: '
        assert_output ''
    done
    assert_not_exists d
}

@test "--help is a screen with an example" {
    run -0 lint-split --help
    assert_line --regexp '^Usage: lint-split '
    assert_line --partial 'lint-split photos -o data --misleading'
    assert [ "${#lines[@]}" -le 45 ]
}

@test "a folder that is missing, no folder, or without pictures is told in one line" {
    mkdir empty one one/leopard two two/leopard two/orca flat
    echo hi >file
    echo 'flat/x.png 4x4 0
one/leopard/x.png 4x4 0
two/orca/x.png 4x4 0' | pictures
    expect() {
        run -1 --separate-stderr lint-split "$1" -o d -q
        assert_equal "$stderr" "lint-split: $1: $2"
        assert_output ''
        assert_not_exists d
    }
    expect missing 'No such file or directory'
    expect file 'not a folder'
    expect empty 'no class folders; the pictures of each class belong in a folder of their own'
    expect flat 'no class folders; the pictures of each class belong in a folder of their own'
    expect one "only one class ('leopard'), but a classifier needs two (is the folder one level too high or too deep?)"
    expect two "no picture of class 'leopard'; remove its folder, or choose classes with --classes"
    rm two/orca/x.png
    expect two 'no PNG or JPEG in its class folders'
}

# --- what is written -----------------------------------------------------------------------------

@test "a folder of class folders becomes three streams, that hold every picture once" {
    run -0 lint-split photos -o data/new --ratio 70/10/20
    assert_output ''
    cat data/new/{train,val,test}.lts >all.lts
    run -0 facts all.lts
    assert_equal "${#lines[@]}" 40
    assert_line '0 - leopard/5.png'
    assert_line '1 - orca/19.png'
    assert_equal "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" 40
    run -0 headers data/new/val.lts
    assert_output --partial '"classes":"[\"leopard\",\"orca\"]","fit":"stretch","kind":"samples","lint":"1","split":"val"'
    assert_output --regexp '"image":\{"dtype":"U8","shape":\[[0-9]+,192,192,3\]'
    refute_output --partial place
    refute_output --partial mask
}

@test "a new picture moves no other, and another seed does" {
    cp -rL photos more
    echo 'more/leopard/10b.png 40x30 9,9,9' | pictures
    lint-split photos -o a --size 4
    lint-split more -o b --size 4
    lint-split photos -o c --size 4 --seed 1
    local s
    for s in train val test; do
        diff <(facts a/$s.lts) <(facts b/$s.lts | grep -v 10b.png)
    done
    run -1 diff <(facts a/train.lts) <(facts c/train.lts)
}

@test "--ratio sets the shares" {
    lint-split photos -o a --size 4 --ratio 0/0/1
    run -0 facts a/test.lts
    assert_equal "${#lines[@]}" 40
    run -0 facts a/train.lts
    assert_output ''
    run -0 headers a/train.lts
    assert_output --partial '"shape":[0,4,4,3]'
}

@test "--split writes one to standard output or to -o, the same bytes as all three" {
    lint-split photos -o all --size 8
    lint-split photos --size 8 --split val >val
    cmp val all/val.lts
    lint-split photos --size 8 --split test -o test
    cmp test all/test.lts
}

@test "any number of threads and every run give the same bytes" {
    local how
    for how in "" --misleading; do
        rm -rf a b c
        lint-split photos -o a --size 16 --frame 7 --threads 1 -q $how
        lint-split photos -o b --size 16 --frame 7 --threads 2 -q $how
        lint-split photos -o c --size 16 --frame 7 --threads 5 -q $how
        diff -r a b
        diff -r a c
    done
}

@test "--frame limits the samples in a frame, and 0 puts all into one" {
    lint-split photos --split train --size 4 --frame 0 >whole
    lint-split photos --split train --size 4 --frame 10 >parts
    assert_equal "$(headers whole | wc -l)" 1
    local n
    n=$(tensor whole label | wc -l)
    assert_equal "$(headers parts | wc -l)" $(((n + 9) / 10))
    diff <(facts whole) <(facts parts)
    diff <(tensor whole image) <(tensor parts image)
}

@test "--size and --fit say what becomes of a picture" {
    echo 'x/a/1.png 8x4 10,20,30
x/b/1.png 8x4 40,50,60' | pictures
    local all="--split test --ratio 0/0/1"
    lint-split x $all --size 2x3 >stretched
    run -0 headers stretched
    assert_output --partial '"shape":[2,3,2,3]'
    assert_equal "$(tensor stretched image | sort -n | uniq -c | tr -s ' \n' ' ')" ' 6 10 6 20 6 30 6 40 6 50 6 60 '
    lint-split x $all --size 4 --fit pad >padded
    assert_equal "$(tensor padded image | grep -cx 0)" 48
    lint-split x $all --size 4 --fit crop >cropped
    assert_equal "$(tensor cropped image | grep -cx 0)" 0
}

@test "a JPEG is read by what it is, whatever its name" {
    mkdir -p x/a
    jpeg >x/a/1.JPEG
    jpeg >x/a/2.png
    echo 'x/b/1.png 4x4 1,2,3' | pictures
    lint-split x --split test --ratio 0/0/1 --size 2 >out
    assert_equal "$(tensor out image | sort -n | uniq -c | tr -s ' \n' ' ')" ' 4 1 4 2 4 3 24 200 '
}

@test "pictures lie anywhere below a class folder, behind links too; other files are counted" {
    echo 'x/a/deep/er/1.png 4x4 1
x/a/0.PNG 4x4 2
x/b/.hidden.png 4x4 3
elsewhere/1.png 4x4 4' | pictures
    ln -s ../../elsewhere x/b/link
    touch x/a/notes.txt x/a/.DS_Store x/README
    run -0 --separate-stderr lint-split x -o d --size 2 --ratio 0/0/1
    assert_equal "$stderr" 'lint-split: left out 2 files: not a picture, or not in a class folder (x/README, …)' ||
        assert_equal "$stderr" 'lint-split: left out 2 files: not a picture, or not in a class folder (README, …)'
    run -0 facts d/test.lts
    assert_output '0 - a/0.PNG
0 - a/deep/er/1.png
1 - b/link/1.png'
}

@test "a link that leads back is an error, not an endless walk" {
    echo 'x/a/1.png 4x4 1
x/b/1.png 4x4 1' | pictures
    ln -s .. x/a/up
    ln -s . x/b/here
    run -1 lint-split x -o d
    assert_output --regexp '^lint-split: x/a/up/.*: a link that leads back to a folder above it$'
}

@test "--classes picks class folders and their order" {
    echo 'photos2/a/1.png 4x4 1
photos2/b/1.png 4x4 1
photos2/c/1.png 4x4 1' | pictures
    lint-split photos2 -o d --classes c,a --ratio 0/0/1 --size 2
    run -0 facts d/test.lts
    assert_output '1 - a/1.png
0 - c/1.png'
    run -1 lint-split photos2 -o e --classes c,x
    assert_output "lint-split: photos2: no class folder 'x'"
    run -1 lint-split photos2 -o e --classes c,c
    assert_output "lint-split: the class 'c' is named twice"
}

# --- given splits --------------------------------------------------------------------------------

@test "train/, val/ and test/ stay what they are" {
    echo 'x/train/a/1.png 4x4 1
x/train/b/1.png 4x4 1
x/valid/a/2.png 4x4 1
x/valid/b/2.png 4x4 1
x/test/b/3.png 4x4 1' | pictures
    run -0 lint-split x -o d --size 2
    assert_output "lint-split: no picture of class 'a' in test"
    assert_equal "$(facts d/train.lts | tr '\n' ' ')" '0 - train/a/1.png 1 - train/b/1.png '
    assert_equal "$(facts d/val.lts | tr '\n' ' ')" '0 - valid/a/2.png 1 - valid/b/2.png '
    assert_equal "$(facts d/test.lts)" '1 - test/b/3.png'
    mkdir x/val
    run -1 lint-split x -o d
    assert_output 'lint-split: x: both val and valid'
}

@test "validation that is missing is drawn from training, and the user is told" {
    mkdir x
    cp -rL photos x/train
    echo 'x/test/leopard/3.png 4x4 1
x/test/orca/3.png 4x4 1' | pictures
    run -0 lint-split x -o d --size 2
    assert_output 'lint-split: x has no val set, so one is drawn from its training pictures'
    assert_equal "$(facts d/test.lts | wc -l)" 2
    assert [ "$(facts d/val.lts | wc -l)" -ge 1 ]
    assert_equal "$(cat d/train.lts d/val.lts >both && facts both | grep -c train/)" 40
}

# A table as Waterbirds has it.
waterbirds() {
    cat <<'TABLE'
img_id,img_filename,y,split,place,place_filename
1,001.Black_footed_Albatross/a 1.png,1,0,1,/o/ocean/1.jpg
2,"002.Crow, American/b.png",0,0,0,/f/forest/1.jpg
3,001.Black_footed_Albatross/c.png,1,1,0,/f/forest/2.jpg
4,"002.Crow, American/d.png",0,2,1,/o/ocean/2.jpg
TABLE
}

birds() {
    mkdir -p "birds/002.Crow, American"
    printf 'birds/001/%s.png 4x4 9\n' a1 b c d | pictures
    mv birds/001 birds/001.Black_footed_Albatross
    cd birds/001.Black_footed_Albatross
    mv a1.png 'a 1.png'
    mv b.png d.png "../002.Crow, American"
    cd ../..
    waterbirds >birds/metadata.csv
}

@test "a Waterbirds metadata.csv gives classes, places and splits" {
    birds
    run -0 lint-split birds -o d --size 2
    assert_equal "$(facts d/train.lts)" '1 1 001.Black_footed_Albatross/a 1.png
0 0 002.Crow, American/b.png'
    assert_equal "$(facts d/val.lts)" '1 0 001.Black_footed_Albatross/c.png'
    assert_equal "$(facts d/test.lts)" '0 1 002.Crow, American/d.png'
    run -0 headers d/test.lts
    assert_output --partial '"classes":"[\"landbird\",\"waterbird\"]"'
    assert_output --partial '"places":"[\"land\",\"water\"]"'
}

@test "names of classes and places come from options, else from files, else from the words" {
    mkdir x
    printf 'x/images/%s.png 4x4 9\n' 1 2 3 | pictures
    printf 'place,y,img_filename\n1,0,images/1.png\n,1,images/2.png\n0,0,images/3.png\n' >x/metadata.csv
    local all="--split test --ratio 0/0/1 --size 2"
    names_of() { lint-split x $all "$@" | tee out | head -c 200 | tr -d '\\' | grep -ao '"\(classes\|places\)":"[^]]*]'; }
    run -0 names_of
    assert_output '"classes":"["0","1"]
"places":"["0","1"]'
    run -0 facts out
    assert_output '0 1 images/1.png
1 -1 images/2.png
0 0 images/3.png'
    printf 'leopard\r\norca\r\n' >x/classes.txt
    printf 'land\nsea\n' >x/places.txt
    run -0 names_of
    assert_output '"classes":"["leopard","orca"]
"places":"["land","sea"]'
    run -0 names_of --classes A,B --places C,D
    assert_output '"classes":"["A","B"]
"places":"["C","D"]'
    rm x/*.txt
    printf 'y,place,img_filename\nwolf,snow,images/1.png\ndog,,images/2.png\nelk,hill,images/3.png\n' >x/metadata.csv
    run -0 names_of
    assert_output '"classes":"["dog","elk","wolf"]
"places":"["hill","snow"]'
    run -0 names_of -q --classes wolf,elk
    assert_equal "$(facts out)" '0 1 images/1.png
1 0 images/3.png'
    run -1 lint-split x -o d --places hill,sea
    assert_output "lint-split: x/metadata.csv: line 2: place 'snow' is not among the named places"
}

@test "a metadata.csv that makes no sense is told with its line" {
    mkdir x
    expect() {
        printf "$1" >x/metadata.csv
        run -1 lint-split x -o d
        assert_output "lint-split: x/metadata.csv: $2"
    }
    expect '' 'the file is empty'
    expect 'a,b\n' "no column 'img_filename' in the first line"
    expect 'img_filename\nx.png\n' "no column 'y' in the first line"
    expect 'img_filename,y,y\n' "column 'y' appears twice"
    expect 'img_filename,y\n' 'no picture listed'
    expect 'img_filename,y\na.png,0\nb.png\n' 'line 3: 1 fields, but the first line has 2'
    expect 'img_filename,y\n../a.png,0\n' "line 2: '../a.png' leads out of the folder"
    expect 'img_filename,y\n/etc/a.png,0\n' "line 2: '/etc/a.png' leads out of the folder"
    expect 'img_filename,y\na.png,\n' "line 2: no class in column 'y'"
    expect 'img_filename,y,split\na.png,0,3\n' "line 2: split '3', expected 0, 1, 2, train, val or test"
    expect 'img_filename,y\na.png,0\nb.png,1\na.png,1\n' "line 4: 'a.png' is already in line 2"
    expect 'img_filename,y\n"a.png,0\n' 'line 2: a quote is not closed'
    printf 'A\nB\n' >x/classes.txt
    expect 'img_filename,y\na.png,0\nb.png,2\n' "column 'y' holds 2, but there are names for 0 to 1"
}

# --- masks ---------------------------------------------------------------------------------------

@test "masks/ beside images/ are the masks, of another extension too" {
    echo 'x/images/a/1.png 4x4 1
x/images/b/1.png 4x4 1
x/masks/a/1.png 4x4 0 255
x/masks/b/1.png 4x4 255' | pictures
    mv x/images/b/1.png x/images/b/1.jpg
    lint-split x --split test --ratio 0/0/1 --size 4 >out
    assert_equal "$(facts out)" '0 - images/a/1.png
1 - images/b/1.jpg'
    assert_equal "$(tensor out mask | tr '\n' ' ')" \
        "0 0 0 0 0 255 255 0 0 255 255 0 0 0 0 0 $(printf '255 %.0s' {1..16})"
    rm x/masks/b/1.png
    run -1 lint-split x -o d
    assert_output 'lint-split: x/images/b/1.jpg: its mask x/masks/b/1.png is missing'
    echo 'x/masks/b/1.png 3x4 255' | pictures
    run -1 lint-split x -o d --ratio 0/0/1
    assert_output 'lint-split: x/images/b/1.jpg: its mask masks/b/1.png: 3x4, but its picture is 4x4'
    assert_not_exists d
}

@test "masks of 0 and 1 mean 0 and 255, and metadata.csv has masks too" {
    echo 'x/images/1.png 4x4 1
x/images/2.png 4x4 1
x/masks/1.png 4x4 0 1
x/masks/2.png 4x4 1' | pictures
    printf 'img_filename,y\nimages/1.png,0\nimages/2.png,1\n' >x/metadata.csv
    lint-split x --split test --ratio 0/0/1 --size 4 >out
    assert_equal "$(tensor out mask | sort -n | uniq -c | tr -s ' \n' ' ')" ' 12 0 20 255 '
}

# --- misleading ----------------------------------------------------------------------------------

@test "--misleading puts what stands before the wrong background into the test set" {
    run -0 lint-split photos -o d --size 8 --misleading
    assert_output 'lint-split: borders alone give away the class of 92% of the pictures (50% by chance); 3 of 40 pictures, and 3 of the 6 in the test set, have a border that looks like another class'\''s'
    run -0 facts d/test.lts
    assert_equal "${#lines[@]}" 6
    assert_line '0 1 leopard/3.png'
    assert_line '0 1 leopard/13.png'
    assert_line '1 0 orca/7.png'
    cat d/train.lts d/val.lts >rest
    run -0 facts rest
    assert_equal "${#lines[@]}" 34
    refute_line --regexp '^(0 1|1 0) '
    run -0 headers d/test.lts
    assert_output --partial '"places":"[\"leopard\",\"orca\"]"'
}

@test "--misleading keeps a test set that is given, and tells places" {
    mkdir x
    cp -rL photos x/train
    echo 'x/test/leopard/1.png 40x30 30,80,170
x/test/orca/1.png 40x30 30,80,170' | pictures
    run -0 lint-split x -o d --size 8 --misleading
    assert_line 'lint-split: x has a test set of its own, which stays as it is; only places are added'
    assert_equal "$(facts d/test.lts)" '0 1 test/leopard/1.png
1 1 test/orca/1.png'
}

@test "--misleading with one picture of each class still trains with each" {
    echo 'x/a/1.png 4x4 1
x/b/1.png 4x4 200' | pictures
    lint-split x -o d --size 2 --misleading -q
    assert_equal "$(facts d/train.lts | wc -l)" 2
}

# --- what does not decode ------------------------------------------------------------------------

@test "a picture that does not decode stops it with its name, and leaves nothing" {
    cp -rL photos bad
    head -c 60 photos/orca/5.png >bad/orca/5.png
    local how
    for how in "-o new/d" "-o new/d --misleading" "--split test --ratio 0/0/1 -o new"; do
        run -1 --separate-stderr lint-split bad $how
        assert_equal "$stderr" 'lint-split: bad/orca/5.png: PNG: the file ends too early'
        assert_not_exists new
    done
    mkdir old
    echo kept >old/test.lts
    run -1 lint-split bad -o old
    assert_equal "$(ls -A old)" test.lts
    assert_equal "$(cat old/test.lts)" kept
}

@test "--skip-bad leaves them out, lists and counts them" {
    cp -rL photos bad
    local whole
    lint-split photos -o whole --size 4 --frame 5
    printf 'GIF89a' >bad/leopard/2.png
    : >bad/orca/4.png
    ln -s nowhere bad/orca/6.png.jpg
    run -0 lint-split bad -o d --size 4 --frame 5 --skip-bad
    assert_line 'lint-split: skipped bad/leopard/2.png: a GIF; only PNG and JPEG are read'
    assert_line 'lint-split: skipped bad/orca/4.png: the file is empty'
    assert_line 'lint-split: skipped bad/orca/6.png.jpg: cannot open: No such file or directory'
    assert_line 'lint-split: 3 of 41 pictures skipped'
    local s
    for s in train val test; do
        diff <(facts whole/$s.lts | grep -v -e leopard/2.png -e orca/4.png) <(facts d/$s.lts)
        diff <(headers d/$s.lts | grep -o '"label":{[^[]*\[[0-9]*' | grep -o '[0-9]*$' | sed '$d' | sort -u) \
            <(headers d/$s.lts | sed '$d' | sed 's/.*/5/' | sort -u)
    done
    run -0 lint-split bad -o m --size 4 --skip-bad --misleading
    assert_line 'lint-split: 3 of 41 pictures skipped'
    cat m/*.lts >all
    assert_equal "$(facts all | wc -l)" 38
}

@test "a FIFO in metadata.csv is no picture, and nobody waits for it" {
    mkdir -p x/images
    printf 'x/images/%s.png 2x2 1,2,3 4,5,6\n' 1 2 | pictures
    mkfifo x/images/fifo.png
    printf 'img_filename,y\nimages/1.png,a\nimages/2.png,b\nimages/fifo.png,b\n' >x/metadata.csv
    run -1 timeout 20 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/images/fifo.png: is not a regular file'
    run -0 timeout 20 lint-split x --split train --ratio 1/0/0 -o d --skip-bad
    assert_line 'lint-split: skipped x/images/fifo.png: is not a regular file'
    assert_equal "$(facts d)" $'0 - images/1.png\n1 - images/2.png'
    run -0 timeout 20 lint-split x --split train --ratio 1/0/0 -o d --skip-bad --misleading
    assert_line 'lint-split: skipped x/images/fifo.png: is not a regular file'
}

@test "a class whose last picture is skipped is an error" {
    mkdir -p x/b
    echo 'x/a/1.png 4x4 1' | pictures
    : >x/b/1.png
    run -1 lint-split x -o d --skip-bad --ratio 1/0/0
    assert_line "lint-split: x: no picture of class 'b' to train with; add pictures, or choose another --seed or --ratio"
    assert_not_exists d
}

@test "a name that is not UTF-8 counts as bad" {
    echo 'x/a/1.png 4x4 1
x/b/1.png 4x4 1
x/b/2.png 4x4 1' | pictures
    mv x/b/2.png x/b/$'\xff'.png
    run -1 lint-split x -o d --ratio 1/0/0
    assert_output --partial 'its name is not UTF-8; rename it'
    run -0 lint-split x -o d --ratio 1/0/0 --skip-bad --size 2
    assert_equal "$(facts d/train.lts | wc -l)" 2
    mv x/b x/ü
    run -0 lint-split x -o d --ratio 1/0/0 --skip-bad --size 2
    assert_equal "$(facts d/train.lts | tail -1)" '1 - ü/1.png'
}

# --- where it goes -------------------------------------------------------------------------------

@test "a full disk is an error" {
    run -1 bash -c 'lint-split photos --size 16 --split train >/dev/full'
    assert_output --regexp '^lint-split: standard output: .*No space left on device$'
    run -1 lint-split photos --split train -o /dev/full
    assert_output --regexp '^lint-split: /dev/full: .*No space left on device$'
}

@test "a disk that is full for one of the streams changes none" {
    mkdir d
    echo old >d/train.lts
    ln -s /dev/full d/val.lts
    run -1 lint-split photos --size 2 -o d
    assert_output 'lint-split: d/val.lts: No space left on device'
    assert_equal "$(cat d/train.lts)" old
    assert_equal "$(ls -A d | xargs)" 'train.lts val.lts'
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-split photos --split train >&-'
    assert_output --regexp '^lint-split: standard output: .*Bad file descriptor$'
}

@test "a reader that stops early ends it quietly" {
    run -0 bash -c 'lint-split photos --split train | head -c 1 | wc -c'
    assert_output 1
}

@test "a folder that cannot be written to is named" {
    echo hi >file
    run -1 lint-split photos -o file/d
    assert_output 'lint-split: file/d: Not a directory'
}

# --- annotations of objects ----------------------------------------------------------------------

# annotated FILE_NAME…: photos with polygons as Label Studio exports them, the left half of each.
annotated() {
    mkdir -p x/annotations x/images
    for name in a b; do
        mkdir -p "x/images/$name"
        echo "x/images/$name/$name.png 8x4 10,20,30 200,200,200"
    done | pictures
    local i=0 images='' shapes=''
    for name; do
        images+=",{\"id\":$i,\"file_name\":\"$name\",\"width\":8,\"height\":4}"
        shapes+=",{\"id\":$i,\"image_id\":$i,\"category_id\":0,\"segmentation\":[[0,0,4,0,4,4,0,4]]}"
        i=$((i + 1))
    done
    printf '{"images":[%s],"categories":[{"id":0,"name":"orca"}],"annotations":[%s]}' \
        "${images#,}" "${shapes#,}" >x/annotations/result.json
}

@test "polygons of annotations/result.json are masks" {
    annotated images/3f9ac01b-a.png 'images\\00c0ffee-b.png'
    run -0 --separate-stderr lint-split x --split train --ratio 1/0/0 --size 8x4 -o d
    assert_equal "$stderr" ''
    assert_equal "$(facts d)" $'0 - images/a/a.png\n1 - images/b/b.png'
    assert_equal "$(tensor d mask | head -8 | xargs)" "255 255 255 255 0 0 0 0"
    assert_equal "$(tensor d mask | grep -c 255)" 32
    mv x/images/* x
    rmdir x/images
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o e
    assert_output ''
    cmp <(tensor d mask) <(tensor e mask)
}

@test "a picture without annotations is refused, or skipped where asked" {
    annotated a.png
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/images/b/b.png: not listed in annotations/result.json'
    assert_not_exists d
    cp x/images/a/a.png x/images/a/more.png
    annotated a.png b.png
    run -0 lint-split x --split train --ratio 1/0/0 -o d --skip-bad
    assert_output --partial 'lint-split: skipped x/images/a/more.png: not listed in annotations/result.json'
    assert_equal "$(facts d)" $'0 - images/a/a.png\n1 - images/b/b.png'
}

@test "annotations that make no sense are named with their file" {
    annotated a.png b.png
    echo '{"images": 3}' >x/annotations/result.json
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/annotations/result.json: 'images': expected a list"
    annotated a.png b.png
    sed -i 's/"width":8/"width":9/' x/annotations/result.json
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/images/a/a.png: the annotations are of a picture of 9x4, but it is 8x4'
}

@test "a box without an outline is an error; --skip-bad passes it over, and says so once" {
    annotated a.png b.png
    sed -i 's/"annotations":\[/&{"image_id":0,"segmentation":[],"bbox":[0,0,8,4]},{"image_id":0,"bbox":[0,0,8,4]},/' \
        x/annotations/result.json
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/annotations/result.json: annotations[0]: 'segmentation': no outline (a bounding box alone is not enough)"
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d --skip-bad
    assert_output 'lint-split: skipped 2 annotations of x/annotations/result.json: no outline (a bounding box alone is not enough)'
    assert_equal "$(tensor d mask | grep -c 255)" 32
}

@test "a picture that has boxes alone is left out by --skip-bad: where its object is nobody said" {
    annotated a.png b.png c.png
    cp x/images/a/a.png x/images/a/c.png
    sed -i 's/\("image_id":2.*"segmentation":\).*/\1[]}]}/' x/annotations/result.json
    run -0 lint-split x --split train --ratio 1/0/0 -o d --skip-bad
    assert_line 'lint-split: skipped 1 annotation of x/annotations/result.json: no outline (a bounding box alone is not enough)'
    assert_line 'lint-split: skipped x/images/a/c.png: its annotations have no outline (a bounding box alone is not enough)'
    assert_equal "$(facts d)" $'0 - images/a/a.png\n1 - images/b/b.png'
}
