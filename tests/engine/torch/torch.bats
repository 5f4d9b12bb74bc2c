# Weights go both ways between lint and torchvision. Skipped where Debian's python3-torch and
# python3-torchvision are not installed; what needs neither is in test_golden.c.
load ../../support/helpers

# Python keeps its memory: large arrays come and go, and fresh pages take most of the time.
twin() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1099511627776 /usr/bin/python3 "$BATS_TEST_DIRNAME/twin" "$@"
}
net() { echo "$CLONE/models/$1.net"; }

setup() {
    /usr/bin/python3 -c 'import torchvision, PIL' 2>/dev/null ||
        skip 'needs the Debian packages python3-torch, python3-torchvision, python3-pil'
    cd "$BATS_TEST_TMPDIR"
}

@test "torchvision's resnet50 gives the same logits in lint, and the same class for 50 pictures" {
    twin model resnet50 "$(net resnet50)" 1000 model
    twin views 50 224 1000 views
    lint-cam --quiet model views -o seen
    run -0 twin agree resnet50 model seen
    assert_output '50 pictures, 50 with the same first class, logits within 1e-4'
}

@test "a resnet18 that lint has trained loads into torchvision, strictly, and says the same" {
    sed 's/224x224x3/64x64x3/' "$(net resnet18)" >resnet18.net
    twin views 12 64 2 views
    lint-train --quiet --net resnet18.net --train views --epochs 2 --batch 4 --cam-loss energy -o model
    lint-cam --quiet model views -o seen
    run -0 twin agree resnet18 model seen
    assert_output '12 pictures, 12 with the same first class, logits within 1e-4'
}

@test "a mobilenet_v2 that lint has trained loads by the page's lines, and says the same" {
    sed 's/224x224x3/64x64x3/' "$(net mobilenet_v2)" >mobilenet_v2.net
    twin views 12 64 3 views
    lint-train --quiet --net mobilenet_v2.net --train views --epochs 2 --batch 4 --lr 0.001 -o model
    lint-cam --quiet model views -o seen
    run -0 twin agree mobilenet_v2 model seen
    assert_output '12 pictures, 12 with the same first class, logits within 1e-4'
}

@test "docs/torch_nets.py gives the logits of lint's own networks, from the model alone" {
    local name size
    for name in cnn standard small; do
        size=$(sed -n 's/^input \([0-9]*\)x.*/\1/p' "$(net $name)")
        twin views 6 "$size" 3 views
        lint-train --quiet --net "$(net $name)" --train views --epochs 1 --batch 3 --lr 0.001 -o model
        lint-cam --quiet model views -o seen
        run -0 --separate-stderr twin agree own model seen
        assert_equal "$name: $output" "$name: 6 pictures, 6 with the same first class, logits within 1e-4"
    done
    twin views 4 64 2 views
    sed 's/224x224x3/64x64x3/' "$(net resnet18)" >resnet18.net
    lint-train --quiet --net resnet18.net --train views --epochs 1 --batch 4 -o model
    run -1 twin agree own model views
    assert_output --partial 'ValueError: model: not the network cnn, standard or small'
}

@test "a head joined to torchvision's backbone loads into torchvision, strictly, and says the same" {
    local name
    twin views 6 64 2 views
    for name in resnet18 mobilenet_v2; do
        sed 's/224x224x3/64x64x3/' "$(net $name)" >$name.net
        twin state $name 1000 state
        lint-features --net $name.net --drop image state views -o features
        lint-features --net $name.net --head state -o head.net
        lint-train --quiet --net head.net --train features --epochs 2 -o head
        lint-features --net $name.net --join head state -o model
        lint-cam --quiet model views -o seen
        run -0 twin agree $name model seen
        assert_output '6 pictures, 6 with the same first class, logits within 1e-4'
    done
}

@test "a state dict of torchvision begins a training, and what is frozen stays to the bit" {
    sed 's/224x224x3/64x64x3/' "$(net resnet18)" >resnet18.net
    twin state resnet18 1000 state
    twin views 12 64 2 views
    run -0 --separate-stderr lint-train --net resnet18.net --init state --train views --epochs 1 \
        --batch 4 --freeze conv1 --freeze bn1 --freeze layer1 --freeze layer2 --freeze layer3 -o model
    assert_regex "$stderr" "fc"
    run -0 twin same layer3 state model
    assert_output '25 tensors, 25 the same'
    run -0 twin same bn1 state model
    assert_output '4 tensors, 4 the same'
    run -0 twin same layer4 state model
    assert_output '25 tensors, 0 the same'
}

@test "logits, maps and each gradient of one step are torchvision's, for every network of its" {
    local name
    for name in resnet34 mobilenet_v2 mobilenet_v3_large efficientnet_b0 densenet121 squeezenet1_1 \
        resnext50_32x4d regnet_x_400mf vgg16_bn; do
        run -0 --separate-stderr twin whole "$name" "$(net "$name")" 96x64
        assert_regex "$name: $output" "^$name: [0-9]+ tensors within 1e-4\$"
    done
}

@test "mobilenet_v2_140 pads as TensorFlow does, in logits, maps and each gradient" {
    run -0 --separate-stderr twin whole mobilenet_v2_140 "$(net mobilenet_v2_140)" 96x64
    assert_regex "$output" '^[0-9]+ tensors within 1e-4$'
}

@test "every file that torch.save writes of a state dict begins the same training" {
    sed 's/224x224x3/64x64x3/' "$(net resnet18)" >resnet18.net
    mkdir files
    twin files resnet18 1000 files
    twin views 4 64 2 views
    begin() {
        lint-train --quiet --net resnet18.net --train views --epochs 1 --lr 0 --freeze conv --freeze bn \
            --freeze layer --init "files/$1" -o "$2"
    }
    begin float32.pth expected
    run -0 twin same layer files/float32.pth expected
    assert_output '95 tensors, 95 the same'
    local file
    for file in float16.pth bfloat16.pth float64.pth old.pth parallel.pth channels-last.pth checkpoint.pth; do
        begin "$file" model
        cmp model expected
    done
    run -1 begin whole.pth model
    assert_output --partial "the pickle names 'torchvision.models.resnet.ResNet'"
    run -1 begin script.pt model
    assert_output --partial 'a TorchScript program, expected a state dict'
}
