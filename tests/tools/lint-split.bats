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
        case $i in 13) leopard=30,80,170 ;; 23) leopard=30,80,174 ;; esac
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
    expect two 'no picture in its class folders'
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
    assert_output 'lint-split: x/a/up: a link that leads back to a folder above it'
    rm x/a/up
    run -1 lint-split x -o d
    assert_output 'lint-split: x/b/here: a link that leads back to a folder above it'
}

@test "a folder that links lead to in a billion ways is read once" {
    echo 'x/a/30/1.png 4x4 1
x/b/1.png 4x4 1' | pictures
    for i in {0..29}; do
        mkdir -p x/a/$i
        ln -s ../$((i + 1)) x/a/$i/left
        ln -s ../$((i + 1)) x/a/$i/right
    done
    run -0 timeout 30 lint-split x -o d --size 4 --split train --ratio 1/0/0
    run -0 facts d
    assert_equal "$(wc -l <<<"$output")" 2
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
x/test/orca/3.png 4x4 2' | pictures
    run -0 lint-split x -o d --size 2
    assert_output 'lint-split: x has no val set, so one is drawn from its training pictures'
    assert_equal "$(facts d/test.lts | wc -l)" 2
    assert [ "$(facts d/val.lts | wc -l)" -ge 1 ]
    assert_equal "$(cat d/train.lts d/val.lts >both && facts both | grep -c train/)" 40
}

# tree FILE...: a picture of its own for each.
tree() { local f; for f; do echo "$f 4x4 1"; done | pictures; }

@test "the words for splits come in many forms" {
    local words
    for words in Training/Testing Train/Test train/dev TRAIN/Valid seg_train/seg_test seg_train/seg_train/seg_test/seg_test; do
        rm -rf x d
        case $words in
        */*/*) set -- seg_train/seg_train seg_test/seg_test ;;
        *) set -- "${words%/*}" "${words#*/}" ;;
        esac
        tree x/$1/a/{1,2,3}.png x/$1/b/{1,2,3}.png x/$2/a/4.png x/$2/b/4.png
        run -0 lint-split x -o d --size 2 --ratio 1/0/0
        assert_line --regexp '^lint-split: x has no (val|test) set, so one is drawn from its training pictures$'
        assert_equal "$(cat d/*.lts >all && facts all | wc -l)" 8
        run -0 bash -c "$STREAM facts d/val.lts; $STREAM facts d/test.lts"
        assert_line "0 - $2/a/4.png"
        assert_line "1 - $2/b/4.png"
    done
    # A class may be called like a split.
    tree y/car/1.png y/train/1.png
    run -0 lint-split y -o e --size 2 --ratio 1/0/0
    assert_output ''
}

@test "a test or val folder without class folders is no set, and an empty one is an error" {
    tree x/train/{a,b}/{1,2,3,4}.png x/test/{1,2}.png x/val/{a,b}/5.png
    run -0 lint-split x -o d --size 2
    assert_line --index 0 'lint-split: x/test/ has no class folders, so it is no test set'
    assert_line 'lint-split: left out 1 file: not a picture, or not in a class folder (test)'
    assert_line 'lint-split: x has no test set, so one is drawn from its training pictures'
    assert_equal "$(facts d/val.lts)" $'0 - val/a/5.png\n1 - val/b/5.png'
    mkdir x/test/{a,b}
    run -1 lint-split x -o e
    assert_output --partial 'lint-split: x: its test set is empty: there is no picture of any class in it'
    assert_not_exists e
}

@test "a set for which no picture is left is called empty" {
    tree x/{a,b}/1.png
    run -0 lint-split x -o d --size 2 --ratio 98/1/1
    assert_line 'lint-split: the val set is empty: there are too few pictures, or --ratio leaves none for it'
}

@test "folders that are no classes are refused, unless --classes names them" {
    local no='so these are not the folders of classes (--classes names them if they are)'
    refused() {
        run -1 lint-split x -o d
        assert_output "lint-split: $1, $no"
        assert_not_exists d
        rm -r x
    }
    tree x/train/{images,masks}/{a,b}/1.png x/test/images/{a,b}/1.png
    refused 'x/train: images/ lies beside masks/'
    tree x/train/images/1.png x/valid/images/1.png
    mkdir x/{train,valid}/labels
    refused 'x/train: images/ lies beside labels/'
    tree x/{rgb,depth}/{a,b}/1.png
    refused 'x: depth/ and rgb/ hold folders of the same names (a, b)'
    tree x/{a,b}/1.png x/thumbs/{a,b}/1.png
    refused 'x: thumbs/ has folders of the same names as those beside it (a, b)'
    tree x/{a,b}/{2020,2021}/1.png
    run -0 lint-split x -o d --size 2 --classes a,b --ratio 1/0/0
    assert_output ''
    # As Tiny ImageNet has it.
    tree y/{a,b}/images/1.png
    run -0 lint-split y -o d --size 2 --ratio 1/0/0
    assert_output ''
}

@test "what storage boxes and archivers leave behind is skipped and counted" {
    tree x/{a,b}/1.png x/a/@eaDir/1.png/thumb.png x/__MACOSX/a/1.png x/lost+found/1.png
    run -0 lint-split x -o d --size 2 --ratio 1/0/0
    assert_output --regexp '^lint-split: left out 3 files: not a picture, or not in a class folder \(.*\)$'
    assert_equal "$(facts d/train.lts | wc -l)" 2
}

@test "one file in two splits is a leak, whatever it is called" {
    tree x/train/{a,b}/1.png x/test/b/2.png
    ln -s ../../train/a/1.png x/test/b/other.png
    run -1 lint-split x -o d
    assert_output 'lint-split: x: test/b/other.png and train/a/1.png are the same file, but in two splits'
    mkdir y
    tree y/p/{0,1}.png
    printf 'img_filename,y,split\np/0.png,0,0\np/1.png,1,0\n./p//0.png,0,2\n' >y/metadata.csv
    run -1 lint-split y -o d
    assert_output "lint-split: y/metadata.csv: line 4: 'p/0.png' is already in line 2"
    assert_not_exists d
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
    expect 'a,b\n' "no column 'img_filename' or 'file_name' in the first line, which has: a, b (--columns file=NAME,label=NAME says what they are called)"
    expect 'img_filename\nx.png\n' "no column 'y' or 'label' in the first line, which has: img_filename (--columns file=NAME,label=NAME says what they are called)"
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
    assert_line --index 0 'lint-split: the backgrounds give the class away: borders alone tell the class of 92 % of the pictures (50 % by chance, p = 0.001, 95 % interval 80 to 97 %)'
    assert_line --index 1 'lint-split: the border of 3 of 40 pictures, and of 3 of the 6 in the test set, looks like another class'\''s'
    assert_equal "${#lines[@]}" 2
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

# --- series --------------------------------------------------------------------------------------

# sides_of NAME DIR: the splits of DIR that have the picture.
sides_of() {
    local s
    for s in train val test; do
        facts "$2/$s.lts" | grep -q " $1\$" && echo "$s"
    done
}

@test "equal pictures stay in one split, whatever the seed" {
    cp -rL photos x
    cp x/orca/5.png x/orca/a-copy.png
    cp x/orca/5.png x/leopard/b-copy.png
    local seed how
    for seed in 1 2 3 4; do
        for how in "" --misleading; do
            run -0 lint-split x -o d --size 2 --seed "$seed" $how
            assert_line 'lint-split: kept in one split each: 1 series of 3 pictures in all, 3 at most (copies: 2, near-copies: 0, by name: 0)'
            assert_equal "$(sides_of orca/5.png d)" "$(sides_of orca/a-copy.png d)"
            assert_equal "$(sides_of orca/5.png d)" "$(sides_of leopard/b-copy.png d)"
            rm -r d
        done
    done
}

@test "--group keeps what its name calls one series in one split" {
    local n first how
    for how in "" --misleading; do
        run -0 lint-split photos -o d --size 2 --group '/(.)[0-9]?.png$' $how
        assert_line 'lint-split: kept in one split each: 10 series of 40 pictures in all, 22 at most (copies: 0, near-copies: 0, by name: 40)'
        for n in 10 11 12 13; do
            assert_equal "$(sides_of leopard/1.png d)" "$(sides_of "orca/$n.png" d)"
        done
        rm -r d
    done
    run -1 lint-split photos -o d --group '(('
    assert_output --regexp "^lint-split: --group '\(\(': "
    run -1 lint-split photos -o d --group nobody
    assert_output "lint-split: --group 'nobody' matches no picture's name"
    run -1 lint-split photos -o d --group x --ratio 0/0/1
    assert_output "lint-split: --group has no effect here: every picture's split is known without it"
    assert_not_exists d
}

@test "a column series of metadata.csv keeps pictures in one split" {
    mkdir -p x
    cp -rL photos/* x
    { echo img_filename,y,series
      for n in {0..19}; do echo "leopard/$n.png,0,l$((n / 4))"; echo "orca/$n.png,1,"; done; } >x/metadata.csv
    run -0 lint-split x -o d --size 2
    assert_output 'lint-split: kept in one split each: 5 series of 20 pictures in all, 4 at most (copies: 0, near-copies: 0, by name: 20)'
    for n in 0 4 8 12 16; do
        assert_equal "$(sides_of "leopard/$n.png" d)" "$(sides_of "leopard/$((n + 3)).png" d)"
    done
}

# --- what does not decode ------------------------------------------------------------------------

@test "a JPEG in arithmetic coding, or without its last scans, is refused" {
    # 229 bytes that would pass for 168 megapixels: where data is missing the decoder makes it up.
    mkdir -p x/a x/b
    base64 -d >x/a/1.jpg <<'END'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAx
NDQ0Hyc5PTgyPC4zNDP/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy
MjIyMjIyMjL/yQARCCFCTRADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD2BAa/MjIyMjIyMjIyMjLaW6RkWLSm
I+D/2Q==
END
    convert photos/orca/5.png -resize 64x64 -interlace Line -quality 90 whole.jpg
    cp whole.jpg x/b/1.jpg
    run -1 lint-split x -o d --size 8 -q --split train --ratio 1/0/0
    assert_output 'lint-split: x/a/1.jpg: JPEG: arithmetic coding is not read'
    cp whole.jpg x/a/1.jpg
    run -0 lint-split x -o d --size 8 -q --split train --ratio 1/0/0
    # Up to the second scan, and an end.
    perl -0777 -ne 'print /^(.*?\xff\xda.*?)\xff\xda/s, "\xff\xd9"' \
        whole.jpg >x/a/1.jpg
    run -1 lint-split x -o d --size 8 -q --split train --ratio 1/0/0
    assert_output 'lint-split: x/a/1.jpg: JPEG: the file ends too early: scans are missing'
}

@test "a metadata.csv that was cut after a line is told by the pictures that it lacks" {
    echo 'x/images/1.png 4x4 1
x/images/2.png 4x4 2
x/more/3.png 4x4 3
x/more/4.png 4x4 4' | pictures
    printf '%s\n' img_filename,y,split images/1.png,0,0 images/2.png,1,0 more/3.png,1,0 more/4.png,0,0 >x/metadata.csv
    run -0 lint-split x --split train --ratio 1/0/0 --size 4 -o d
    refute_output --partial 'not listed'
    sed -i '$d' x/metadata.csv
    cp x/more/4.png x/more/notes.txt
    run -0 lint-split x --split train --ratio 1/0/0 --size 4 -o d
    assert_line 'lint-split: 1 picture beside those of metadata.csv is not listed in it (more/4.png)'
    sed -i '/2.png/d' x/metadata.csv
    run -0 lint-split x --split train --ratio 1/0/0 --size 4 -o d
    assert_line 'lint-split: 2 pictures beside those of metadata.csv are not listed in it (images/2.png, …)'
}

@test "a fault of the system is no bad picture, and no folder that is not there" {
    for n in 6 7 8 9; do
        run bash -c "ulimit -n $n; lint-split -q --threads 1 --size 8 --skip-bad photos -o d"
        if [ "$status" -eq 0 ]; then
            refute_output --partial skipped
        else
            assert_equal "$status" 1
            assert_output --partial 'Too many open files'
            assert_not_exists d
        fi
    done
    # Root may read everything, but for this.
    local user=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
    mkdir -p masked/images masked/elsewhere/masks
    cp -r photos/* masked/images
    cp -r photos/* masked/elsewhere/masks
    ln -s elsewhere/masks masked/masks
    chmod 600 masked/elsewhere
    ! "${user[@]}" ls masked/masks/orca >/dev/null 2>&1 || skip 'nothing is forbidden here'
    run -1 "${user[@]}" "$BUILD/lint-split" masked -o d
    assert_output 'lint-split: masked/masks: Permission denied'
}

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
    assert_line 'lint-split: skipped bad/leopard/2.png: a GIF; PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read'
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

@test "a box without an outline is a mask: its ellipse, or all of it" {
    annotated a.png b.png
    sed -i 's/"segmentation":[^}]*/"segmentation":[],"bbox":[0,0,6,4.0]/g' x/annotations/result.json
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d
    assert_output ''
    assert_equal "$(tensor d mask | head -16 | xargs)" '0 255 255 255 255 0 0 0 255 255 255 255 255 255 0 0'
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d --box-masks rectangle
    assert_output ''
    assert_equal "$(tensor d mask | head -8 | xargs)" '255 255 255 255 255 255 0 0'
    assert_equal "$(tensor d mask | grep -c 255)" 48
}

@test "--box-masks without boxes is refused" {
    annotated a.png b.png
    run -1 lint-split x --split train --ratio 1/0/0 -o d --box-masks ellipse
    assert_output 'lint-split: --box-masks has no effect here: no mask of x comes from a box'
    run -2 lint-split x -o d --box-masks disc
    assert_output 'lint-split: --box-masks disc: expected ellipse|rectangle (see lint-split --help)'
}

@test "an annotation without outline and box is an error; --skip-bad passes it over, and says so once" {
    annotated a.png b.png
    sed -i 's/"annotations":\[/&{"image_id":0,"segmentation":[]},{"image_id":0,"bbox":[0,0,8,0]},/' \
        x/annotations/result.json
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/annotations/result.json: annotations[0]: neither an outline nor a box'
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d --skip-bad
    assert_output 'lint-split: skipped 2 annotations of x/annotations/result.json: neither an outline nor a box'
    assert_equal "$(tensor d mask | grep -c 255)" 32
}

@test "a polygon of two points is named, and skipped where asked" {
    annotated a.png b.png
    sed -i 's/"image_id":1\(.*\)"segmentation":\[/&[1,1,2,2],/' x/annotations/result.json
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/annotations/result.json: annotations[1]: 'segmentation': polygon 0 has 2 points, expected three or more"
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d --skip-bad
    assert_output 'lint-split: skipped 1 polygon of x/annotations/result.json: fewer than three points'
    assert_equal "$(tensor d mask | grep -c 255)" 32
}

@test "a picture of which nothing is outlined is left out by --skip-bad: where its object is nobody said" {
    annotated a.png b.png c.png
    cp x/images/a/a.png x/images/a/c.png
    sed -i 's/\("image_id":2.*"segmentation":\).*/\1[]}]}/' x/annotations/result.json
    run -0 lint-split x --split train --ratio 1/0/0 -o d --skip-bad
    assert_line 'lint-split: skipped 1 annotation of x/annotations/result.json: neither an outline nor a box'
    assert_line 'lint-split: skipped x/images/a/c.png: its annotations have neither an outline nor a box'
    assert_equal "$(facts d)" $'0 - images/a/a.png\n1 - images/b/b.png'
}

@test "annotations may have another name: the only JSON, instances_*.json, result.json beside images/" {
    annotated a.png b.png
    local all=(lint-split x --split train --ratio 1/0/0 --size 8x4 -q)
    "${all[@]}" -o want
    mv x/annotations/result.json x/annotations/my.json
    "${all[@]}" -o d
    cmp want d
    echo '{}' >x/annotations/captions_val2017.json
    run -1 "${all[@]}" -o d
    assert_output 'lint-split: x/annotations: 2 JSON files, and none is called result.json or instances_*.json; leave only the one to read'
    # Each has an image 0.
    annotated b.png
    mv x/annotations/result.json x/annotations/instances_val2017.json
    annotated a.png
    mv x/annotations/result.json x/annotations/instances_train2017.json
    "${all[@]}" -o d
    cmp want d
    sed -i s/b.png/c.png/ x/annotations/instances_val2017.json
    run -1 "${all[@]}" -o d
    assert_output 'lint-split: x/images/b/b.png: not listed in the annotations'
    annotated a.png b.png
    mv x/annotations/result.json x
    rm -r x/annotations
    "${all[@]}" -o d
    cmp want d
}

@test "_annotations.coco.json is read in the folder, or in those of its splits" {
    annotated a.png b.png
    lint-split x --split train --ratio 1/0/0 --size 8x4 -o want
    mv x/images/* x
    mv x/annotations/result.json x/_annotations.coco.json
    rmdir x/images x/annotations
    run -0 --separate-stderr lint-split x --split train --ratio 1/0/0 --size 8x4 -o d
    assert_equal "$stderr" ''
    cmp <(tensor want mask) <(tensor d mask)
    # Pictures of the same names in both splits, each with its own boxes.
    mkdir y y/Train y/valid
    cp -r x/a x/b y/Train
    cp -r x/a x/b y/valid
    cp x/_annotations.coco.json y/Train
    sed 's/"segmentation":[^}]*/"bbox":[0,0,1,4]/g' x/_annotations.coco.json >y/valid/_annotations.coco.json
    run -0 lint-split y --size 8x4 -o e --ratio 1/0/0 --box-masks rectangle
    refute_output --partial 'left out'
    assert_equal "$(tensor e/train.lts mask | grep -c 255)" 32
    assert_equal "$(tensor e/val.lts mask | grep -c 255)" 8
}

@test "files of annotations are bounded in number" {
    annotated a.png b.png
    for i in {1..17}; do mv x/annotations/result.json x/annotations/instances_$i.json && annotated; done
    rm x/annotations/result.json
    run -1 lint-split x -o d
    assert_output 'lint-split: x: more than 16 files of annotations'
}

# --- labels of YOLO ------------------------------------------------------------------------------

# labelled FOLDER: images/ of classes a and b, and labels/ beside it, the left half of each picture.
labelled() {
    echo "$1/images/a/1.png 8x4 10,20,30
$1/images/b/2.2.jpg 8x4 200,200,200" | pictures
    mkdir -p "$1"/labels/{a,b}
    echo '0 0.25 0.5 0.5 1' >"$1/labels/a/1.txt"
    echo '3 0 0 0.5 0 0.5 1 0 1' >"$1/labels/b/2.2.txt"
}

@test "labels/ beside images/ are masks, from boxes and polygons" {
    labelled x
    echo 'names: [orca]' >x/data.yaml
    run -0 lint-split x --split train --ratio 1/0/0 --size 8x4 -o d
    assert_output ''
    assert_equal "$(facts d)" $'0 - images/a/1.png\n1 - images/b/2.2.jpg'
    assert_equal "$(tensor d mask | head -8 | xargs)" "0 255 255 0 0 0 0 0"
    assert_equal "$(tensor d mask | grep -c 255)" 28
    lint-split x --split train --ratio 1/0/0 --size 8x4 -o d --box-masks rectangle
    assert_equal "$(tensor d mask | grep -c 255)" 32
    : >x/labels/a/1.txt # no object
    lint-split x --split train --ratio 1/0/0 --size 8x4 -o d
    assert_equal "$(tensor d mask | grep -c 255)" 16
}

@test "labels/ of splits lie beside images/train, or beside images/ in train/" {
    local split
    for split in train val test; do labelled x/$split; done
    printf '0 0.5 0.5 1 1\n' >x/val/labels/a/1.txt
    run -0 lint-split x -o d --size 8x4 --box-masks rectangle
    assert_output ''
    assert_equal "$(facts d/test.lts)" $'0 - test/images/a/1.png\n1 - test/images/b/2.2.jpg'
    assert_equal "$(tensor d/train.lts mask | grep -c 255)" 32
    assert_equal "$(tensor d/val.lts mask | grep -c 255)" 48
    mkdir -p y/images y/labels
    for split in train val test; do
        mv x/$split/images y/images/$split
        mv x/$split/labels y/labels/$split
    done
    run -0 lint-split y -o e --size 8x4 --box-masks rectangle
    assert_output ''
    for split in train val test; do
        cmp <(tensor d/$split.lts mask) <(tensor e/$split.lts mask)
    done
}

@test "labels that make no sense are one sentence, and skipped where asked" {
    labelled x
    cp x/images/a/1.png x/images/a/3.png
    local all=(lint-split x --split train --ratio 1/0/0 --size 8x4 -o d)
    run -1 "${all[@]}"
    assert_output 'lint-split: x/images/a/3.png: labels/a/3.txt: No such file or directory (an empty file says that there is no object)'
    printf '0 0.5 0.5 1 1\n\n0 320 200 64 48\n' >x/labels/a/3.txt
    run -1 "${all[@]}"
    assert_output 'lint-split: x/images/a/3.png: labels/a/3.txt: line 3: 320 is out of range, expected shares of width and height (0 to 1)'
    echo '0 0.5 0.5 1' >x/labels/a/3.txt
    run -0 "${all[@]}" --skip-bad
    assert_line --partial 'skipped x/images/a/3.png: labels/a/3.txt: line 1: 4 numbers, expected a class and a box'
    assert_equal "$(facts d)" $'0 - images/a/1.png\n1 - images/b/2.2.jpg'
    rm x/labels/a/3.txt
    mkfifo x/labels/a/3.txt
    run -1 timeout 60 "${all[@]}"
    assert_output 'lint-split: x/images/a/3.png: labels/a/3.txt: is not a regular file'
    rm x/labels/a/3.txt
    head -c 9000000 /dev/zero | tr '\0' ' ' >x/labels/a/3.txt
    run -1 "${all[@]}"
    assert_output 'lint-split: x/images/a/3.png: labels/a/3.txt: larger than 8 MiB'
}

@test "only one split with labels/ is no reason to stumble" {
    labelled x/train
    mkdir x/other
    cp x/train/images/a/1.png x/other
    run -0 lint-split x --split train --ratio 1/0/0 -o d
    assert_equal "$(tensor d mask 2>&1 | grep -c 255)" 0
    labelled y/train
    mkdir -p y/val/a y/val/b
    cp x/other/1.png y/val/a
    cp x/other/1.png y/val/b
    run -1 lint-split y -o e
    assert_output 'lint-split: y/val/a/1.png: not in a folder images/, beside labels/'
}

@test "a YOLO folder without class folders is told what is missing" {
    mkdir -p x/labels/{train,val}
    echo 'x/images/train/1.jpg 8x4 1
x/images/val/1.jpg 8x4 1' | pictures
    run -1 lint-split x -o d
    assert_output 'lint-split: x/images/train: no class folders, such as images/CLASS/NAME.jpg with labels/CLASS/NAME.txt (--crop-to-box makes a sample of each object, of its own class)'
}
