# Objects that annotations mark, as masks and as samples of their own; tests/tools/lint-split.bats has
# COCO's outlines and YOLO's texts.
load ../support/helpers

# pictures: see tests/support/pictures.
pictures() { "$SUPPORT"/pictures; }

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# mask FILE N: the Nth mask of 8x4, a line each row.
mask() {
    tensor "$1" mask | awk '{ printf "%s", ($1 > 127 ? "#" : ".") } NR % 8 == 0 { print "" }' |
        awk -v n="$2" 'NR > 4 * (n - 1) && NR <= 4 * n'
}

# deer/ and boar/, whose pictures are green with an animal in the middle half.
camera_trap() {
    echo 'x/deer/1.png 8x4 60,120,40 200,10,10
x/deer/2.png 8x4 60,120,40 200,10,20
x/boar/1.png 8x4 60,120,40 10,10,200
x/boar/2.png 8x4 60,120,40 10,10,210' | pictures
}

# detections FILE...: MegaDetector's JSON with an animal in the middle of each.
detections() {
    local file all=
    for file; do
        all+=",{\"file\":\"$file\",\"detections\":[{\"category\":\"1\",\"conf\":0.9,\"bbox\":[0.25,0.25,0.5,0.5]}]}"
    done
    printf '{"info":{"detector_metadata":{"typical_detection_threshold":0.3}},%s"images":[%s]}' \
        '"detection_categories":{"1":"animal","2":"person"},' "${all#,}"
}

one=(--split train --ratio 1/0/0 --size 8x4)

# --- MegaDetector --------------------------------------------------------------------------------

@test "boxes of MegaDetector are masks, from annotations/ or wherever --annotations says" {
    camera_trap
    detections 'C:\\photos\\deer\\1.png' deer/2.png boar/{1,2}.png >md.json
    run -0 lint-split x "${one[@]}" --annotations md.json --box-masks rectangle -o d
    assert_output ''
    assert_equal "$(mask d 1)" $'........\n..####..\n..####..\n........'
    mkdir x/annotations
    cp md.json x/annotations/any-name.json
    run -0 lint-split x "${one[@]}" --box-masks rectangle -o e
    assert_output ''
    cmp d e
    cp md.json x
    rm -r x/annotations
    run -0 lint-split x "${one[@]}" --annotations x/md.json --box-masks rectangle -o e
    assert_output ''
    cmp d e
}

@test "a detection of little confidence does not count, which is said" {
    camera_trap
    detections {deer,boar}/{1,2}.png | sed 's/0.9,/0.25,/' >md.json
    run -0 lint-split x "${one[@]}" --annotations md.json -o d
    assert_output 'lint-split: 1 of 4 objects do not count: their confidence is below what the file advises (--min-confidence)'
    assert_equal "$(tensor d mask | grep -c 255)" $((3 * 8))
    run -0 lint-split x "${one[@]}" --annotations md.json --min-confidence 0.2 -o d
    assert_output ''
    assert_equal "$(tensor d mask | grep -c 255)" $((4 * 8))
    run -0 lint-split x "${one[@]}" --annotations md.json --min-confidence 0.95 -o d
    assert_output 'lint-split: 4 of 4 objects do not count: their confidence is below --min-confidence'
    run -1 lint-split x "${one[@]}" --min-confidence 0.95 -o d
    assert_output 'lint-split: --min-confidence has no effect here: no object of x has a confidence'
}

@test "a picture that the detector could not read is one that cannot be read" {
    camera_trap
    detections deer/{1,2}.png boar/1.png | sed 's/]}$/,{"file":"boar\/2.png","failure":"Failure image access"}]}/' >md.json
    run -1 lint-split x "${one[@]}" --annotations md.json -o d
    assert_output 'lint-split: x/boar/2.png: the detector says of it: Failure image access'
    run -0 lint-split x "${one[@]}" --annotations md.json -o d --skip-bad --crop-to-box
    assert_line 'lint-split: skipped x/boar/2.png: the detector says of it: Failure image access'
    assert_equal "$(facts d)" $'0 - boar/1.png#1\n1 - deer/1.png#1\n1 - deer/2.png#1'
}

# --- crops ---------------------------------------------------------------------------------------

@test "--crop-to-box makes a sample of each box, with its mask, and with a margin where asked" {
    camera_trap
    detections {deer,boar}/{1,2}.png | sed 's/"bbox"/"bbox":[0,0,0.5,1]},{"category":"2","conf":0.8,&/' >md.json
    run -0 lint-split x "${one[@]}" --annotations md.json --crop-to-box -o d
    assert_output ''
    assert_equal "$(facts d)" $'0 - boar/1.png#1\n0 - boar/2.png#1\n1 - deer/1.png#1\n1 - deer/1.png#2\n1 - deer/2.png#1'
    assert_equal "$(tensor d image | sed -n 1,3p | xargs)" '10 10 200'
    run -0 lint-split x "${one[@]}" --annotations md.json --crop-to-box --margin 0.5 \
        --box-masks rectangle -o e
    assert_equal "$(mask e 1)" $'........\n..####..\n..####..\n........' # the whole picture again
    lint-split x "${one[@]}" --annotations md.json --crop-to-box --margin 9 --box-masks rectangle -o f
    assert_equal "$(mask f 1)" "$(mask e 1)" # there is no more of it
}

@test "crops of one picture stay in one split" {
    echo 'x/a/1.png 40x20 1
x/a/2.png 40x20 9 90
x/a/3.png 40x20 90 9
x/b/4.png 40x20 200 10
x/b/5.png 40x20 10 200
x/b/6.png 40x20 70 250' | pictures
    detections a/{1,2,3}.png b/{4,5,6}.png | sed 's/"bbox"/"bbox":[0,0,0.5,1]},{"category":"2","conf":0.8,&/g' >md.json
    run -0 lint-split x --annotations md.json --crop-to-box --size 8x4 -o d
    assert_line --regexp '^lint-split: kept in one split each: .* samples in all, .*\(of one picture: [0-9]+, '
    for split in train val test; do
        names d/$split.lts | sed 's/#.*//' | sort | uniq -c | awk '$1 != 2' >odd
        assert_equal "$(cat odd)" ''
    done
}

@test "pictures without an object give no sample, and what has no effect is refused" {
    camera_trap
    detections deer/1.png boar/{1,2}.png | sed 's/]}$/,{"file":"deer\/2.png","detections":[]}]}/' >md.json
    run -0 lint-split x "${one[@]}" --annotations md.json --crop-to-box -o d
    assert_output 'lint-split: 1 picture without an object gives no sample'
    run -1 lint-split x "${one[@]}" --crop-to-box -o d
    assert_output 'lint-split: x: --crop-to-box has no effect here: there are no annotations'
    run -2 lint-split x "${one[@]}" --margin 1 -o d
    assert_output 'lint-split: --margin needs --crop-to-box (see lint-split --help)'
    detections deer/1.png boar/{1,2}.png deer/2.png | sed 's/\[0.25,0.25/[1.25,0.25/' >md.json
    run -1 lint-split x "${one[@]}" --annotations md.json --crop-to-box -o d
    assert_output 'lint-split: x/deer/1.png: object 1 lies beyond the picture'
}

@test "without class folders, the categories are the classes: YOLO, with the names of data.yaml" {
    local split
    for split in train val; do
        for i in 1 2 3; do echo "x/$split/images/$i.png 8x4 $i,120,40 $((i * 50)),10,10"; done | pictures
        mkdir x/$split/labels
        for i in 1 2 3; do printf '1 0.5 0.5 0.5 0.5\n0 0.25 0.5 0.5 1 0.4\n' >x/$split/labels/$i.txt; done
    done
    printf 'nc: 2\nnames:\n  0: sea orca\n  1: cat\n' >x/data.yaml
    lint-split x --size 8x4 --crop-to-box -o d -q
    lint-show d/train.lts >shown
    grep -q 'classes  *cat' shown
    grep -q '  sea orca' shown
    assert_equal "$(facts d/val.lts | head -2)" $'0 - val/images/1.png#1\n1 - val/images/1.png#2'
    run -0 lint-split x --size 8x4 --crop-to-box -o d --classes 'sea orca,cat' -q
    assert_equal "$(facts d/val.lts | head -2)" $'1 - val/images/1.png#1\n0 - val/images/1.png#2'
    run -1 lint-split x --size 8x4 --crop-to-box -o d --min-confidence 0.5 -q
    assert_output --partial "only one class ('cat')"
    echo 'names: [orca]' >x/data.yaml
    run -1 lint-split x --size 8x4 --crop-to-box -o d -q
    assert_output 'lint-split: x/train/images/1.png: class 1, but data.yaml names only 1'
    echo 'names: [orca' >x/data.yaml
    run -1 lint-split x --size 8x4 --crop-to-box -o d -q
    assert_output 'lint-split: x/data.yaml: names: [ is not closed'
}

@test "Roboflow's folders without classes: a sample of each object, by its category" {
    local split
    for split in train valid; do
        echo "x/$split/1.jpg.png 8x4 1,120,40 200,10,10
x/$split/2.png 8x4 9,99,40 100,10,90" | pictures
        echo '{"categories":[{"id":0,"name":"animals"},{"id":2,"name":"b"},{"id":1,"name":"a"}],"images":[
            {"id":0,"file_name":"1.jpg.png","width":8,"height":4},{"id":1,"file_name":"2.png","width":8.0,"height":4.0}],
            "annotations":[{"image_id":0,"category_id":1,"bbox":[2,1,4,2]},{"image_id":1,"category_id":2,
            "segmentation":[[0,0,4,0,4,4]]}]}' >x/$split/_annotations.coco.json
    done
    run -0 lint-split x "${one[@]}" --crop-to-box -o d
    assert_line 'lint-split: x has no test set, so one is drawn from its training pictures'
    refute_output --partial 'left out'
    assert_equal "$(facts d)" $'0 - train/1.jpg.png#1\n1 - train/2.png#1'
}

# --- Pascal VOC ----------------------------------------------------------------------------------

# voc FILE NAME WxH: an object from pixel 3,2 to pixel 6,3.
voc() {
    mkdir -p "${1%/*}"
    cat >"$1" <<EOF
<annotation verified="yes">
	<folder>any</folder>
	<filename>any.jpg</filename>
	<size><width>${3%x*}</width><height>${3#*x}</height><depth>3</depth></size>
	<object>
		<name>$2</name>
		<pose>Unspecified</pose>
		<difficult>0</difficult>
		<bndbox><xmin>3</xmin><ymin>2</ymin><xmax>6</xmax><ymax>3</ymax></bndbox>
	</object>
</annotation>
EOF
}

@test "VOC's XML: Annotations/ beside JPEGImages/, in folders or not, or beside the pictures" {
    camera_trap
    mkdir y
    cp -r x y/JPEGImages
    local name
    for name in {deer,boar}/{1,2}; do voc y/Annotations/$name.xml ${name%/*} 8x4; done
    run -0 lint-split y "${one[@]}" --box-masks rectangle -o d
    assert_output ''
    assert_equal "$(mask d 4)" $'........\n..####..\n..####..\n........'
    cp y/Annotations/deer/* x/deer
    cp y/Annotations/boar/* x/boar
    run -0 lint-split x "${one[@]}" --box-masks rectangle -o e
    assert_output ''
    cmp <(tensor d mask) <(tensor e mask)
    # One flat folder of XML.
    mv y/JPEGImages/deer/1.png y/JPEGImages/deer/3.png
    mv y/JPEGImages/deer/2.png y/JPEGImages/deer/4.png
    mv y/Annotations/deer/1.xml y/Annotations/3.xml
    mv y/Annotations/deer/2.xml y/Annotations/4.xml
    mv y/Annotations/boar/* y/Annotations
    rmdir y/Annotations/*/
    run -0 lint-split y "${one[@]}" --box-masks rectangle -o e
    assert_output ''
    cmp <(tensor d mask) <(tensor e mask)
    # No class folders.
    mv y/JPEGImages/*/*.png y/JPEGImages
    rmdir y/JPEGImages/*/
    run -1 lint-split y "${one[@]}" -o e
    assert_output 'lint-split: y: no class folders; the pictures of each class belong in a folder of their own, or --crop-to-box makes a sample of each object, of its own class'
    run -0 lint-split y "${one[@]}" --crop-to-box -o e
    assert_equal "$(facts e)" $'0 - JPEGImages/1.png#1\n0 - JPEGImages/2.png#1\n1 - JPEGImages/3.png#1\n1 - JPEGImages/4.png#1'
}

@test "an XML file that makes no sense is one sentence, and one that is missing too" {
    camera_trap
    local name
    for name in {deer,boar}/{1,2}; do voc x/$name.xml ${name%/*} 8x4; done
    sed -i 's/<xmin>3/<xmin>three/' x/boar/2.xml
    run -1 lint-split x "${one[@]}" -o d
    assert_output "lint-split: x/boar/2.png: boar/2.xml: line 9: 'three' is not a number of pixels"
    run -0 lint-split x "${one[@]}" -o d --skip-bad
    assert_line "lint-split: skipped x/boar/2.png: boar/2.xml: line 9: 'three' is not a number of pixels"
    voc x/boar/2.xml boar 9x4
    run -1 lint-split x "${one[@]}" -o d
    assert_output 'lint-split: x/boar/2.png: boar/2.xml: the annotations are of a picture of 9x4, but it is 8x4'
    run -1 lint-split x "${one[@]}" --crop-to-box -o d
    assert_output 'lint-split: x/boar/2.png: boar/2.xml: the annotations are of a picture of 9x4, but it is 8x4'
    rm x/boar/2.xml
    run -1 lint-split x "${one[@]}" -o d
    assert_output 'lint-split: x/boar/2.png: boar/2.xml: No such file or directory'
    # XML that belongs to no picture is as any file.
    rm x/*/*.xml
    voc x/boar/other.xml boar 8x4
    run -0 lint-split x "${one[@]}" -o d
    assert_output 'lint-split: left out 1 file: not a picture, or not in a class folder (boar/other.xml)'
}

# --- pictures that their camera turned -----------------------------------------------------------

# turn FILE: gives a PNG the EXIF orientation 6: the stored picture is to be turned to the right.
turn() {
    perl -MCompress::Zlib=crc32 -0777 -pi -e '
        my $data = "eXIf" . "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        my $chunk = pack("N", length($data) - 4) . $data . pack("N", crc32($data));
        substr($_, 33, 0, $chunk)' "$1"
}

@test "outlines of stored pixels are turned along with their picture" {
    echo 'x/a/1.png 8x4 60,120,40
x/b/2.png 8x4 60,120,40' | pictures
    turn x/a/1.png
    turn x/b/2.png
    mkdir x/annotations
    # The left half as it is stored becomes the upper half; the other file knows the picture upright.
    echo '{"images":[{"id":0,"file_name":"1.png","width":8,"height":4},{"id":1,"file_name":"2.png","width":4,"height":8}],
        "annotations":[{"image_id":0,"bbox":[0,0,4,4]},{"image_id":1,"bbox":[0,0,4,4]}]}' >x/annotations/result.json
    run -0 lint-split x --split train --ratio 1/0/0 --size 4x8 --box-masks rectangle -o d
    assert_output ''
    assert_equal "$(tensor d mask | xargs)" "$(for i in 1 2; do printf '255 %.0s' {1..16}; printf '0 %.0s' {1..16}; done | xargs)"
    run -0 lint-split x --split train --ratio 1/0/0 --size 4x8 --box-masks rectangle --crop-to-box -o d
    assert_equal "$(tensor d mask | grep -c 255)" 64
    rm -r x/annotations
    # VOC: left half of the stored pixels; and a mask of stored pixels.
    voc x/a/1.xml a 8x4
    voc x/b/2.xml b 8x4
    sed -i 's/<xmin>3/<xmin>1/; s/<ymin>2/<ymin>1/; s/<xmax>6/<xmax>4/; s/<ymax>3/<ymax>4/' x/*/*.xml
    run -0 lint-split x --split train --ratio 1/0/0 --size 4x8 --box-masks rectangle -o e
    assert_output ''
    assert_equal "$(tensor e mask | xargs)" "$(for i in 1 2; do printf '255 %.0s' {1..16}; printf '0 %.0s' {1..16}; done | xargs)"
    mkdir -p y/images
    mv x/a x/b y/images
    echo 'y/masks/a/1.png 8x4 0 255
y/masks/b/2.png 8x4 0 255' | pictures
    run -0 lint-split y --split train --ratio 1/0/0 --size 4x8 -o e
    assert_equal "$(tensor e mask | sed -n '9,12p' | xargs)" '0 255 255 0'
}

@test "links in Annotations/ that lead back are passed over, not walked in every order" {
    echo 'x/images/a/1.png 4x4 1
x/images/b/1.png 4x4 2' | "$SUPPORT"/pictures
    mkdir x/Annotations
    for link in 1 2 3 4 5 6 7 8; do ln -s . x/Annotations/$link; done
    for i in {9..40}; do
        mkdir -p x/Annotations/$i
        ln -s ../$((i + 1)) x/Annotations/$i/left
        ln -s ../$((i + 1)) x/Annotations/$i/right
    done
    mkdir x/Annotations/41
    run -1 timeout 30 lint-split x -o d --size 2
    assert_output --partial 'x: images/ lies beside Annotations/, so these are not the folders of classes'
}

@test "many boxes of one picture take little memory" {
    if grep -q __asan_init "$(command -v lint-split)"; then skip 'the address sanitizer reserves terabytes'; fi
    mkdir x
    perl -MCompress::Zlib=compress,crc32 -e '
        sub chunk { my $all = "$_[0]$_[1]"; return pack("N", length $_[1]) . $all . pack "N", crc32($all) }
        srand 1;
        my $rows = join "", map { "\0" . join "", map { chr int rand 256 } 1 .. 64 } 1 .. 64;
        print "\x89PNG\r\n\x1a\n", chunk("IHDR", pack "NNC5", 64, 64, 8, 0, 0, 0, 0),
            chunk("IDAT", compress($rows)), chunk("IEND", "")' >x/a.png
    perl -e '
        my $boxes = join ",", map { sprintf q({"id":%d,"image_id":1,"category_id":%d,"bbox":[0,0,16,16]}), $_, $_ % 2 } 1 .. 1500;
        print qq({"images":[{"id":1,"file_name":"a.png","width":64,"height":64}],"annotations":[$boxes],),
            q("categories":[{"id":0,"name":"c"},{"id":1,"name":"d"}]})' >x/coco.json
    run -1 bash -c 'ulimit -v 60000; lint-split x --threads 1 --annotations x/coco.json --crop-to-box --size 4x4 -o d'
    assert_line --partial '1 series of 1500 samples in all, 1500 at most (of one picture: 1499,'
    assert_line --partial 'no picture of class'
}
