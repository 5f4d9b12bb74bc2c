#include "base/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lint_spool_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

int lint_spool_open(lint_err *e) {
    char path[4096];
    const char *folder = lint_spool_folder();
    if (snprintf(path, sizeof path, "%s/lint-XXXXXX", folder) >= (int)sizeof path)
        return lint_fail(e, "the path in TMPDIR is too long");
    int fd = mkstemp(path);
    if (fd < 0)
        return lint_fail_errno(e, "cannot make a file in %s (TMPDIR chooses another place)",
                               folder);
    unlink(path);
    return fd;
}
