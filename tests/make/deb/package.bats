# The Debian package, in a Debian that tests/make/deb/run has made for it. The tests build on each other: it
# is installed, used, and taken away again.
load ../../support/helpers

setup() {
    cd "$CLONE"
    PACKAGE=$(echo "$DEB"/lint_*_*.deb)
}

# inside USER COMMAND...: in the root, with nothing of this environment but the way to the mirror, and
# with a /proc that is unmounted when the command ends.
inside() {
    local user=$1
    shift
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/nonexistent \
        DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} \
        unshare --mount --pid --fork --mount-proc="$ROOT/proc" chroot --userspec="$user" "$ROOT" "$@"
}

@test "lintian finds no error" {
    run -0 lintian --fail-on error --allow-root "$DEB"/lint_*.changes
}

@test "apt installs it, and its dependencies" {
    cp "$PACKAGE" "$ROOT/tmp/lint.deb"
    run -1 inside root:root which lint-train
    run -0 inside root:root apt-get install -q -y --no-install-recommends /tmp/lint.deb
    run -0 inside root:root dpkg-query -W -f '${db:Status-Status}' lint
    assert_output installed
}

@test "every tool runs there" {
    local tool
    for tool in $(cd tools && ls lint-*.c | sed 's/\.c$//'); do
        run -0 inside nobody:nogroup "$tool" --version
        assert_output --partial "$tool (lint) "
    done
}

@test "in an empty folder, as an ordinary user, the pipes of README.md run as they stand there" {
    sed -n '/^## Pipes/,/^## [^P]/p' README.md | sed -n 's/^    //p' >"$ROOT/tmp/pipes"
    run -0 grep -c . "$ROOT/tmp/pipes"
    assert [ "$output" -ge 7 ]
    mkdir "$ROOT/srv/empty"
    chmod 777 "$ROOT/srv/empty"
    run -0 inside nobody:nogroup bash -c 'cd /srv/empty && exec bash -e -x -o pipefail /tmp/pipes'
    assert_line --regexp '^worst_group'
    assert_equal "$(head -c 4 "$ROOT/srv/empty/sheet.png" | tail -c 3)" PNG
    # What it trained answers for pictures.
    run -0 inside nobody:nogroup bash -c 'lint-predict /srv/empty/camloss.safetensors /srv/empty/animals/images/*.png'
    assert_line --partial leopard
}

@test "its man pages, completions, networks and documents are there" {
    run -0 inside root:root dpkg -L lint
    local file
    for file in man/man1/lint-train.1.gz man/man5/lint-stream.5.gz man/man5/lint-net.5.gz doc/lint/README.md \
        bash-completion/completions/lint-train zsh/vendor-completions/_lint-train lint/standard.net lint/lts.py; do
        assert_line --regexp "^/usr/share/$file(\.gz)?$"
    done
}

@test "the packages of the library have its files" {
    run -0 bash -c 'for f in "$1"/liblint0_*.deb "$1"/liblint-dev_*.deb; do dpkg-deb --fsys-tarfile "$f" | tar -t; done' - "$DEB"
    local file
    for file in include/lint.h 'lib/[^/]*/liblint.so.0' 'lib/[^/]*/liblint.so' 'lib/[^/]*/liblint.a' 'lib/[^/]*/pkgconfig/lint.pc'; do
        assert_line --regexp "^./usr/$file\$"
    done
}

@test "taken away, nothing of it is left" {
    run -0 inside root:root apt-get purge -q -y lint
    run -0 find "$ROOT/usr" "$ROOT/etc" "$ROOT/var/lib" \( -name lint -o -name 'lint-*' -o -name 'lint.*' \)
    assert_output ''
}
