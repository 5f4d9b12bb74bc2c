#include "base/err.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void vwrite(lint_err *e, const char *fmt, va_list ap) {
    char text[sizeof e->msg];
    vsnprintf(text, sizeof text, fmt, ap);
    lint_text_clean(e->msg, sizeof e->msg, text);
}

int lint_fail(lint_err *e, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vwrite(e, fmt, ap);
    va_end(ap);
    e->system = 0;
    return -1;
}

int lint_fail_mem(lint_err *e, const char *what) {
    lint_fail(e, "out of memory for %s", what);
    e->system = 1;
    return -1;
}

static int is_about_the_path(int why) {
    switch (why) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO:
    case EINVAL:
        return 1;
    default:
        return 0;
    }
}

int lint_fail_errno(lint_err *e, const char *fmt, ...) {
    int why = errno;
    va_list ap;
    va_start(ap, fmt);
    vwrite(e, fmt, ap);
    va_end(ap);
    size_t len = strlen(e->msg);
    snprintf(e->msg + len, sizeof e->msg - len, ": %s", strerror(why));
    e->system = !is_about_the_path(why);
    return -1;
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
