# What every .bats file loads: the libraries, and the functions of tests/support/stream as commands.
bats_require_minimum_version 1.5.0
export BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

# The clone, and what tests share.
CLONE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
SUPPORT=$CLONE/tests/support
STREAM=$SUPPORT/stream
bytes() { "$STREAM" bytes "$@"; }
header() { "$STREAM" header "$@"; }
little() { "$STREAM" little "$@"; }
samples() { METADATA=${METADATA:-} "$STREAM" samples "$@"; }
headers() { "$STREAM" headers "$@"; }
tensor() { "$STREAM" tensor "$@"; }
names() { "$STREAM" names "$@"; }
facts() { "$STREAM" facts "$@"; }
# png_size FILE: "W H" of a PNG, from its header.
png_size() {
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
    od -An -j16 -N8 -tu4 --endian=big "$1" | xargs
}
