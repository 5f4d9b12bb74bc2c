# metadata.csv as programs and people write it. tests/tools/lint-split.bats has the Waterbirds set's.
load ../support/helpers

# pictures: see tests/support/pictures.
pictures() { "$SUPPORT"/pictures; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    echo 'x/p/0.png 4x4 10
x/p/1.png 4x4 60
x/p/2.png 4x4 200' | pictures
}

# gives WANTED: of the table on standard input, split train gives these facts.
gives() {
    cat >x/metadata.csv
    run -0 lint-split x --split train --ratio 1/0/0 --size 4x4 -o d
    assert_output ''
    assert_equal "$(facts d)" "$1"
}

# refuses MESSAGE: the table on standard input is refused.
refuses() {
    cat >x/metadata.csv
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/metadata.csv: $1"
}

facts=$'0 - p/0.png\n1 - p/1.png\n1 - p/2.png'

@test "separators, blanks, line ends and codes are those of the program that wrote the table" {
    printf 'img_filename;y\np/0.png;0\np/1.png;1\np/2.png;1\n' | gives "$facts"
    printf 'img_filename\ty\np/0.png\t0\np/1.png\t1\np/2.png\t1\n' | gives "$facts"
    printf 'img_filename, y\n"p/0.png", 0\np/1.png, "1"\n p/2.png, 1\n' | gives "$facts"
    printf 'img_filename,y\rp/0.png,0\rp/1.png,1\rp/2.png,1\r' | gives "$facts"
    printf 'img_filename,y\np/0.png,0\np/1.png,1\np/2.png,1\n' | iconv -t UTF-16 | gives "$facts"
    printf 'img_filename;y\r\np/0.png;0\r\np/1.png;1\r\np/2.png;1\r\n' | iconv -t UTF-16BE |
        (printf '\xfe\xff'; cat) | gives "$facts"
}

@test "paths may have backslashes, the folder before them, no ending, or lie in images/" {
    printf 'img_filename,y\np\\0.png,0\n.\\p\\1.png,1\np/2.png,1\n' | gives "$facts"
    printf 'img_filename,y\n%s/x/p/0.png,0\n%s//x/p/1.png,1\np/2.png,1\n' "$PWD" "$PWD" | gives "$facts"
    ln -s "$PWD/x" link
    printf 'img_filename,y\n%s/link/p/0.png,0\np/1.png,1\np/2.png,1\n' "$PWD" | gives "$facts"
    printf 'img_filename,y\np/0,0\np/1,1\np\\2,1\n' | gives "$facts"
    printf 'img_filename,y\n/p/0.png,0\np/1,1\n' | refuses "line 2: '/p/0.png' leads out of the folder"
    printf 'img_filename,y\n..\\p\\0.png,0\np/1,1\n' | refuses "line 2: '../p/0.png' leads out of the folder"
    mkdir x/images
    mv x/p x/images
    mv x/images/p/2.png x/images/p/2.PNG
    printf 'img_filename,y\np/0.png,0\np/1,1\np/2,1\n' |
        gives $'0 - images/p/0.png\n1 - images/p/1.png\n1 - images/p/2.PNG'
    printf 'img_filename,y\np/0.png,0\np/7.png,1\np/2,1\n' >x/metadata.csv
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output --partial 'lint-split: x/p/7.png: cannot open: No such file or directory'
}

@test "each split's folder may have a table of its own, as Hugging Face's ImageFolder" {
    mkdir -p hf/train hf/test
    cp x/p/0.png x/p/1.png hf/train
    cp x/p/2.png hf/test
    printf 'file_name,label\n0.png,bird\n1.png,cat\n' >hf/train/metadata.csv
    printf 'file_name,label\n2.png,cat\n' >hf/test/metadata.csv
    run -0 lint-split -q hf --ratio 1/0/0 --size 4x4 -o sets
    assert_equal "$(facts sets/train.lts)" $'0 - train/0.png\n1 - train/1.png'
    assert_equal "$(facts sets/test.lts)" '1 - test/2.png'
    printf 'file_name,label\n2.png,\n' >hf/test/metadata.csv
    run -1 lint-split -q hf -o sets
    assert_output "lint-split: hf/test/metadata.csv: line 2: no class in column 'label'"
}

@test "columns have Hugging Face's names, or those that --columns says" {
    printf 'File_Name,label\np/0.png,cat\np/1.png,dog\np/2.png,dog\n' | gives "$facts"
    printf 'dx,image_id,sex\ncat,p/0,f\ndog,p/1,m\ndog,p/2,\n' >x/metadata.csv
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/metadata.csv: no column 'img_filename' or 'file_name' in the first line, which has: dx, image_id, sex (--columns file=NAME,label=NAME says what they are called)"
    run -0 lint-split x --split train --ratio 1/0/0 --columns file=image_id,label=dx -o d
    assert_output ''
    assert_equal "$(facts d)" "$facts"
    run -1 lint-split x --split train --ratio 1/0/0 --columns file=image_id,label=kind -o d
    assert_output --partial "no column 'kind' in the first line, which has: dx, image_id, sex ("
    run -1 lint-split x --split train --ratio 1/0/0 --columns img=image_id -o d
    assert_output --partial "--columns: 'img=image_id', expected file, label, split, place or series, and =NAME behind it"
    run -0 lint-audit x --columns file=image_id,label=dx
    rm x/metadata.csv
    mkdir x/q
    cp x/p/0.png x/q
    run -1 lint-split x --split train --columns file=image_id -o d
    assert_output 'lint-split: --columns has no effect here: x has no metadata.csv'
    run -1 lint-split --places green,blue -o sets x
    assert_output 'lint-split: --places has no effect here: x has no metadata.csv'
}

@test "classes may be counted from 1, or be any numbers but 0" {
    printf 'img_filename,y\np/0.png,1\np/1.png,2\np/2.png,2\n' | gives "$facts"
    lint-show d >shown
    grep -q 'classes  *1  ' shown
    printf 'cat\ndog\n' >x/classes.txt
    printf 'img_filename,y\np/0.png,1\np/1.png,2\np/2.png,2\n' | gives "$facts"
    lint-show d >shown
    grep -q 'classes  *cat ' shown
    printf 'img_filename,y\np/0.png,1\np/1.png,3\np/2.png,2\n' |
        refuses "column 'y' holds 3, but there are names for 1 to 2"
    rm x/classes.txt
    printf 'img_filename,y\np/0.png,30\np/1.png,200\np/2.png,200\n' | gives "$facts"
}

@test "splits are told in any case, and a name that is not UTF-8 is shown" {
    printf 'img_filename,y,Split\np/0.png,0,TRAIN\np/1.png,1,Train\np/2.png,1,Test\n' >x/metadata.csv
    run -0 lint-split x --split test -o d
    assert_equal "$(facts d)" '1 - p/2.png'
    printf 'img_filename,y\np/0.png,0\np/caf\xe9.png,1\n' |
        refuses "line 3: column 'img_filename': 'p/caf?.png' is not UTF-8; save the table as UTF-8"
    printf 'img_filename,y\np/0.png,0\np/1.png,Gr\xfcnspecht\n' |
        refuses "line 3: column 'y': 'Gr?nspecht' is not UTF-8; save the table as UTF-8"
}

@test "as many words as pictures take no minutes" {
    # 256 files by as many names of their folder. Long words, so that comparing each with each takes minutes.
    perl -e 'for my $k (0 .. 255) { open F, ">", "x/p/$k.png"; symlink "p", "x/$k" }
        print "img_filename,y\n";
        printf "%d/%d.png,%s%d\n", $_ / 256, $_ % 256, "w" x 300, $_ for 0 .. 65279' >x/metadata.csv
    run -1 timeout 30 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/0/0.png: the file is empty'
}

@test "nobody waits for a FIFO that is called like a table or a file of names" {
    local name
    for name in metadata.csv train/metadata.csv classes.txt places.txt; do
        rm -rf x/*.* x/train
        mkdir -p x/train
        [[ $name = *metadata.csv ]] || printf 'file,y,place\np/0.png,0,0\np/1.png,1,1\n' >x/metadata.csv
        mkfifo "x/$name"
        run -1 timeout 20 lint-split x --split train --ratio 1/0/0 -o d
        assert_output --partial "x/$name: not a regular file"
    done
}

@test "a file of names that has one twice is refused, and says which" {
    printf 'file,y,place\np/0.png,0,0\np/1.png,1,1\np/2.png,1,0\n' >x/metadata.csv
    printf 'cat\ndog\ncat\n' >x/classes.txt
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/metadata.csv: x/classes.txt: the class 'cat' is named twice"
    printf 'cat\ndog\n' >x/classes.txt
    printf 'sea\nsea\n' >x/places.txt
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output "lint-split: x/metadata.csv: x/places.txt: the place 'sea' is named twice"
}

@test "a byte order mark before names is no part of the first" {
    printf 'file,y,place\np/0.png,0,0\np/1.png,1,1\np/2.png,1,0\n' >x/metadata.csv
    printf '\xef\xbb\xbfcat\r\ndog\r\n' >x/classes.txt
    printf '\xef\xbb\xbf\nsea\nland\n' >x/places.txt
    lint-split x --split train --ratio 1/0/0 --size 4x4 -o d
    run -0 headers d
    assert_output --partial '"classes":"[\"cat\",\"dog\"]"'
    assert_output --partial '"places":"[\"sea\",\"land\"]"'
}

@test "pictures may lie in any number of folders" {
    awk 'BEGIN { print "file_name,label"; for (i = 0; i < 65600; i++) printf "f%05d/a.png,%d\n", i, i % 2 }' >x/metadata.csv
    run -1 lint-split x --split train --ratio 1/0/0 -o d
    assert_output 'lint-split: x/f00000/a.png: cannot open: No such file or directory' # and not that there are many
}
