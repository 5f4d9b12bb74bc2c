# docs/architecture.md against the tree.
load ../support/helpers

setup() {
    cd "$CLONE"
}

@test "every file and folder that it names is there" {
    local path missing=
    # Names in backticks that look like paths, from the root or from lib.
    for path in $(grep -oE '`[a-z_./-]+(/|\.[a-z]+|/[a-z-]+)`' docs/architecture.md | tr -d '`' | sort -u); do
        [ -e "$path" ] || [ -e "lib/$path" ] || [ -e "docs/$path" ] ||
            compgen -G "lib/*/$path" >/dev/null || compgen -G "lib/engine/$path" >/dev/null ||
            compgen -G "pipelines/$path" >/dev/null || missing+=" $path"
    done
    assert_equal "$missing" ''
}

@test "every file that its picture names is there" {
    local path
    for path in $(grep -oE 'class="file"[^>]*>[^<]+' docs/architecture.svg | sed 's/.*>//'); do
        case $path in
        net_cam_) path=engine/net_cam_gradient.c ;;
        gradient.c) continue ;;
        frame_read.c) path=stream/$path ;;
        esac
        assert_exists "lib/$path"
    done
}

@test "its table of floors is the one that includes are held to" {
    run -0 awk '/^    floors = / { split($0, quoted, "\""); print quoted[2] }' tests/make/include-order
    local floors=$output
    run -0 awk -F' *[|] *' '/^[|] [0-9]/ { gsub(/,/, "", $3); all = all (all ? "|" : "") $3 } END { print all }' \
        docs/architecture.md
    assert_output "$floors"
}

@test "every folder of lib has its paragraph" {
    local folder
    for folder in lib/*/; do
        run -0 grep -F "**${folder%/}**" docs/architecture.md
    done
}

@test "its picture is well-formed, and the tools that it names are there" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    run -0 python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' docs/architecture.svg
    local tool
    for tool in $(grep -oE 'lint-[a-z]+' docs/architecture.svg | sort -u); do
        assert_exists "tools/$tool.c"
    done
}
