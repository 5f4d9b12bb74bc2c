#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void vwrite(lint_err *e, const char *fmt, va_list ap) {
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    for (char *p = e->msg; *p; p++)
        if ((unsigned char)*p < 32 || *p == 127) *p = '?';
}

int lint_fail(lint_err *e, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vwrite(e, fmt, ap);
    va_end(ap);
    return -1;
}

int lint_fail_mem(lint_err *e, const char *what) {
    return lint_fail(e, "out of memory for %s", what);
}

int lint_err_prefix(lint_err *e, const char *fmt, ...) {
    lint_err old = *e;
    va_list ap;
    va_start(ap, fmt);
    vwrite(e, fmt, ap);
    va_end(ap);
    size_t len = strlen(e->msg);
    snprintf(e->msg + len, sizeof e->msg - len, "%s", old.msg);
    return -1;
}
