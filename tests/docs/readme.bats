# Every command in README.md is run, as it stands there, in a folder that has what a checkout has.
# Stand-ins before the real programs make it quick: small pictures, a small network, two epochs.
load ../support/helpers

small() {
    printf '#!/bin/bash\n%s\n' "$2" >"$BATS_TEST_TMPDIR/small/$1"
    chmod +x "$BATS_TEST_TMPDIR/small/$1"
}

setup() {
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES DATA EXPERIMENT SEED OUT
    local root=$CLONE tool
    cd "$BATS_TEST_TMPDIR"
    mkdir checkout small
    cp -r "$root/Makefile" "$root/README.md" "$root/pipelines" "$root/bench" "$root/docs" checkout
    rm -r checkout/pipelines/stage # is built, as the tools are
    mkdir checkout/models checkout/data checkout/build
    cp "$root"/models/*.net checkout/models
    for tool in "$BUILD"/lint-*; do [ ! -x "$tool" ] || ln -s "$tool" checkout/build; done

    small lint-synth "exec '$BUILD/lint-synth' --size 16x16 --train 24,16 --val 6 --test 9 \"\$@\""
    small lint-split "exec '$BUILD/lint-split' \"\$@\" --size 16x16"
    small lint-train "args=(\"\${@/#cnn/$SUPPORT/tiny.net}\")
exec '$BUILD/lint-train' \"\${args[@]}\" --phase 2:lr=0.001"
    small make "real=$(command -v make)
case \" \$* \" in *' test '*) exec \$real -n deps ;; esac # This is the test.
exec \$real BUILD='$BUILD' SIZE=16x16 NET='$SUPPORT/tiny.net' EPOCHS=2 SEEDS=2 \
    PICTURES='--train 24,16 --val 6 --test 9' \"\$@\""
    # torchvision would download what it is asked for.
    small python3 "cd ..; '$BUILD/lint-split' -q --size 16x16 --split train drawn |
'$BUILD/lint-train' -q --net '$SUPPORT/tiny.net' --epochs 1 -o checkout/resnet18.pth"
    cd checkout
}

# The blocks of commands, one after the other.
commands() {
    sed -n 's/^    //p' README.md | sed "s|/my/folders|$BATS_TEST_TMPDIR/my/folders|; s|folders-NAME|folders-folders|"
}

@test "the commands in README.md work, in their order" {
    local cls i
    for cls in cat dog owl; do
        mkdir -p "$BATS_TEST_TMPDIR/my/folders/$cls"
    done
    "$BUILD/lint-synth" --size 16x16 --train 24,16 --val 2 --test 2 -o "$BATS_TEST_TMPDIR/drawn" orca-leopard
    i=0
    for f in "$BATS_TEST_TMPDIR"/drawn/images/*.png; do
        case $((i++ % 3)) in 0) cls=cat ;; 1) cls=dog ;; *) cls=owl ;; esac
        cp "$f" "$BATS_TEST_TMPDIR/my/folders/$cls"
    done
    cp "$f" new.jpg

    commands >all.sh
    run -0 grep -c . all.sh
    assert [ "$output" -ge 12 ]
    # PATH=... in it must not hide the stand-ins.
    sed -i "s|^PATH=\(.*\)|PATH=$BATS_TEST_TMPDIR/small:\1|" all.sh
    PATH=$BATS_TEST_TMPDIR/small:$PATH run -0 bash -e -x -o pipefail all.sh
    assert_exists models/orca-leopard/s0/camloss/sheet.png
    assert_exists models/folders-folders/s0/camloss/sheet.png
    assert_exists camloss.safetensors
    assert_exists sheet.png
    assert_equal "$(head -c 4 why/* | tail -c 3)" PNG
}

@test "targets and settings that README.md and docs name are those of make help" {
    local word
    run -0 make help
    for word in $(cat README.md docs/pipelines.md | grep -o '`make [a-z]*' | sed 's/.*make //' | sort -u); do
        assert_line --regexp "^  $word "
    done
    for word in $(cat README.md docs/pipelines.md | grep -oE '\b[A-Z_]{3,}=' | grep -v '^PATH=\|^DESTDIR=' | sort -u); do
        assert_line --regexp "^  ${word%=} "
    done
}

@test "files and folders that README.md and docs link to are there" {
    local root=$CLONE page link
    cd "$root"
    for page in README.md docs/*.md data/README.md; do
        for link in $(grep -oE '\]\([^)]+\)' "$page" | tr -d '()]' | grep -v '^http'); do
            assert_exists "$(dirname "$page")/${link%%#*}"
        done
    done
}
