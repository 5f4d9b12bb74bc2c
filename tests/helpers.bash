# What every .bats file loads: the libraries, and the functions of tests/stream as commands.
bats_require_minimum_version 1.5.0
export BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

STREAM=$BATS_TEST_DIRNAME/stream
bytes() { "$STREAM" bytes "$@"; }
header() { "$STREAM" header "$@"; }
little() { "$STREAM" little "$@"; }
samples() { METADATA=${METADATA:-} "$STREAM" samples "$@"; }
headers() { "$STREAM" headers "$@"; }
tensor() { "$STREAM" tensor "$@"; }
names() { "$STREAM" names "$@"; }
facts() { "$STREAM" facts "$@"; }
