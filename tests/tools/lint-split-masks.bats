# Masks that are pictures: which file is whose, and what is told of them. What the values of a mask
# mean is tested in tests/picture/test_mask_image.c.
load ../support/helpers

# pictures: see tests/support/pictures.
pictures() { "$SUPPORT"/pictures; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    echo 'x/images/a/1.2.png 8x4 10,20,30
x/images/b/2.png 8x4 200,200,200' | pictures
}

one=(--split train --ratio 1/0/0 --size 8x4)

@test "a mask may have more in its name than its picture, and its ending in capitals" {
    local name
    for name in 1.2.png 1.2.PNG 1.2_mask.png 1.2-Mask.PNG 1.2_segmentation.png 1.2.png.png '1.2 gt.png'; do
        rm -rf x/masks
        echo 'x/masks/a/m.png 8x4 0 255
x/masks/a/1.png 8x4 0
x/masks/a/1.20_mask.png 8x4 0
x/masks/b/2.png 8x4 0 255' | pictures
        mv x/masks/a/m.png "x/masks/a/$name"
        run -0 lint-split x "${one[@]}" -o d
        assert_output ''
        assert_equal "$(tensor d mask | grep -c 255)" 16
    done
    # The nearest name counts.
    echo 'x/masks/a/1.2.png 8x4 255' | pictures
    lint-split x "${one[@]}" -o d -q
    assert_equal "$(tensor d mask | grep -c 255)" 40
    rm x/masks/a/1.2*
    run -1 lint-split x "${one[@]}" -o d
    assert_output 'lint-split: x/images/a/1.2.png: its mask x/masks/a/1.2.png is missing'
}

@test "masks that mark nothing, all, or the corners are counted and told once" {
    local i
    for i in 3 4 5 6; do echo "x/images/a/$i.png 8x4 $i"; done | pictures
    echo 'x/masks/a/1.2.png 8x4 0
x/masks/a/3.png 8x4 0
x/masks/a/4.png 8x4 255
x/masks/a/5.png 8x4 0 255
x/masks/a/6.png 8x4 255 0
x/masks/b/2.png 8x4 255 0' | pictures
    run -0 lint-split x "${one[@]}" -o d
    assert_output 'lint-split: of 6 masks 2 mark nothing (masks/a/1.2.png, …), 1 marks everything (masks/a/4.png), 2 mark the corners more than the middle (masks/a/6.png, …); white is to be the object (--mask-labels)'
    run -0 lint-split x "${one[@]}" -o d -q
    assert_output ''
}

@test "labels are all the object, or those that --mask-labels names" {
    echo 'x/masks/a/1.2.png 8x4 3 1
x/masks/b/2.png 8x4 0 2' | pictures
    lint-split x "${one[@]}" -o d -q
    assert_equal "$(tensor d mask | grep -c 255)" 40
    run -0 lint-split x "${one[@]}" -o d --mask-labels 1-2,7
    assert_output ''
    assert_equal "$(tensor d mask | grep -c 255)" 16
    run -2 lint-split x "${one[@]}" -o d --mask-labels 1-
    assert_output --partial "--mask-labels '1-': expected labels from 0 to 65535, such as 1,3,7-9"
    rm -r x/masks
    run -1 lint-split x/images "${one[@]}" -o d --mask-labels 1
    assert_output 'lint-split: --mask-labels has no effect here: x/images has no pictures of masks'
}

@test "masks beside their pictures, even several, are no pictures" {
    local i
    for i in 1 2; do
        echo "y/a/p ($i).png 8x4 $i
y/a/p ($i)_mask.png 8x4 0 255
y/b/q$i.png 8x4 10$i
y/b/q${i}_mask.png 8x4 0 255"
    done | sed 's/p (/p(/' | pictures
    echo 'y/b/q2_mask_1.png 8x4 255 0' | pictures
    run -0 lint-split y "${one[@]}" -o d
    assert_output 'lint-split: of 4 masks 1 marks everything (b/q2_mask.png); white is to be the object (--mask-labels)'
    assert_equal "$(facts d)" $'0 - a/p(1).png\n0 - a/p(2).png\n1 - b/q1.png\n1 - b/q2.png'
    assert_equal "$(tensor d mask | grep -c 255)" 56
    rm y/a/*1*_mask.png
    run -1 lint-split y "${one[@]}" -o d
    assert_output 'lint-split: y/a/p(1).png: its mask a/p(1)_mask.png is missing'
    echo 'y/b/q2_mask_1.png 4x4 255 0' | pictures
    rm y/a/p\(1\).png
    run -1 lint-split y "${one[@]}" -o d
    assert_output 'lint-split: y/b/q2.png: its mask b/q2_mask_1.png: 4x4, but b/q2_mask.png is 8x4'
    # One such pair among many pictures may be chance.
    rm y/*/*_mask*
    echo 'y/a/p(2)_mask.png 8x4 7' | pictures
    run -0 lint-split y "${one[@]}" -o d
    assert_equal "$(facts d | wc -l)" 4
}

@test "each of several masks beside a picture counts, however they are numbered" {
    local end sum
    for end in _mask_0.png+_mask_1.png _mask.png+_mask_2.png _mask_01.png+_mask_7.png _mask.png+_mask_1.PNG; do
        rm -rf y d
        for i in 1 2; do
            echo "y/a/p$i.png 8x4 $i
y/b/q$i.png 8x4 10$i
y/a/p$i${end%+*} 8x4 0 255
y/b/q$i${end%+*} 8x4 0 255
y/a/p$i${end#*+} 8x4 255 0
y/b/q$i${end#*+} 8x4 0"
        done | pictures
        run -0 lint-split y "${one[@]}" -o d -q
        assert_equal "$end $(facts d | wc -l)" "$end 4"
        # The first marks 8 of 32 pixels; in two pictures the second marks the others.
        assert_equal "$end $(tensor d mask | grep -c 255)" "$end 80"
    done
}

@test "a chunk that is longer than its PNG takes no memory" {
    mkdir -p long/images/a long/images/b long/masks/a long/masks/b
    cp "$CLONE/tests/picture/formats/picture.png" long/images/a/x.png
    cp "$CLONE/tests/picture/formats/picture.png" long/images/b/x.png
    cp "$CLONE/tests/picture/formats/picture.png" long/masks/b/x.png
    cp "$CLONE/tests/fuzz/found/png/long-chunk.png" long/masks/a/x.png # it says 1.4 GB
    run -1 bash -c 'ulimit -v 1000000; lint-split -q --threads 1 --size 16x16 --split train --ratio 1/0/0 long -o sets'
    assert_output 'lint-split: long/images/a/x.png: its mask masks/a/x.png: PNG: the file ends too early'
}
