#define _GNU_SOURCE /* program_invocation_short_name */
#include "base/cli.h"
#include "base/grow.h"
#include "base/standard_io.h"

#include "base/cli_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64, FIRST_LONG = 256, HELP = 1000, VERSION };

/* Prints one line on standard error, even if a name in it has control characters. */
static void say(const char *text, const char *tail) {
    lint_err e;
    lint_fail(&e, "%s", text);
    fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, e.msg, tail);
}

void lint_warn(const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    say(text, "");
}

void lint_die(const lint_err *e) {
    say(e->msg, "");
    exit(1);
}

void lint_usage(const char *fmt, ...) {
    char text[1024], tail[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(tail, sizeof tail, " (see %s --help)", program_invocation_short_name);
    say(text, tail);
    exit(2);
}

/* jansson loses characters, numbers or members where it gets no memory, and says so to nobody. */
static void *memory_or_end(size_t bytes) {
    void *p = malloc(bytes);
    if (p) return p;
    lint_warn("out of memory for JSON");
    _exit(1);
}

/* --- values ----------------------------------------------------------------------------------- */

static int parse_real(const char *s, double *v) {
    char *end;
    errno = 0;
    double x = strtod(s, &end);
    if (end == s || *end || !isfinite(x) || strchr(" \t\n", *s)) return -1;
    *v = x;
    return 0;
}

static int parse_long(const char *s, long *v) {
    char *end;
    errno = 0;
    long x = strtol(s, &end, 10);
    if (end == s || *end || errno || strchr(" \t\n+", *s)) return -1;
    *v = x;
    return 0;
}

static int parse_u64(const char *s, uint64_t *v) {
    char *end;
    if (*s < '0' || *s > '9') return -1;
    errno = 0;
    uintmax_t x = strtoumax(s, &end, 10);
    if (*end || errno || x > UINT64_MAX) return -1;
    *v = x;
    return 0;
}

static int parse_size(const char *s, lint_size *v) {
    char copy[32];
    long w, h;
    if (strlen(s) >= sizeof copy) return -1;
    strcpy(copy, s);
    char *x = strchr(copy, 'x');
    if (x) *x = 0;
    if (parse_long(copy, &w) < 0 || parse_long(x ? x + 1 : copy, &h) < 0) return -1;
    if (w < 1 || h < 1 || w > 16384 || h > 16384) return -1;
    *v = (lint_size){(int)w, (int)h};
    return 0;
}

static int parse_choice(const char *s, const char *choices, int *v) {
    size_t len = strlen(s);
    int i = 0;
    for (const char *c = choices; c; c = strchr(c, '|'), c = c ? c + 1 : NULL, i++)
        if (strcspn(c, "|") == len && strncmp(c, s, len) == 0) {
            *v = i;
            return 0;
        }
    return -1;
}

static void append(lint_list *l, const char *value) {
    const char **v = lint_grow(l->v, l->n, &l->room, sizeof *v);
    if (!v) {
        lint_err e;
        lint_fail_mem(&e, "options");
        lint_die(&e);
    }
    l->v = v;
    l->v[l->n++] = value;
}

static void check_limits(const lint_option *o, double v, const char *text) {
    if (o->min == 0 && o->max == 0) return;
    if (v >= o->min && v <= o->max) return;
    lint_usage("--%s %s: expected %.10g to %.10g", o->name, text, o->min, o->max);
}

static void set_option(const lint_option *o, const char *text) {
    switch (o->type) {
    case LINT_OPT_FLAG:
        *(int *)o->to = 1;
        break;
    case LINT_OPT_QUIET:
        *(lint_verbosity *)o->to = LINT_QUIET;
        break;
    case LINT_OPT_VERBOSE:
        *(lint_verbosity *)o->to = LINT_VERBOSE;
        break;
    case LINT_OPT_INT:
        if (parse_long(text, o->to) < 0)
            lint_usage("--%s %s: expected a whole number", o->name, text);
        check_limits(o, (double)*(long *)o->to, text);
        break;
    case LINT_OPT_U64:
        if (parse_u64(text, o->to) < 0)
            lint_usage("--%s %s: expected a whole number, 0 or more", o->name, text);
        break;
    case LINT_OPT_REAL:
        if (parse_real(text, o->to) < 0) lint_usage("--%s %s: expected a number", o->name, text);
        check_limits(o, *(double *)o->to, text);
        break;
    case LINT_OPT_STR:
        *(const char **)o->to = text;
        break;
    case LINT_OPT_SIZE:
        if (parse_size(text, o->to) < 0)
            lint_usage("--%s %s: expected WxH, each 1 to 16384", o->name, text);
        break;
    case LINT_OPT_CHOICE:
        if (parse_choice(text, o->choices, o->to) < 0)
            lint_usage("--%s %s: expected %s", o->name, text, o->choices);
        break;
    case LINT_OPT_LIST:
        append(o->to, text);
        break;
    case LINT_OPT_GROUP:
        break;
    }
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* If a descriptor from 0 to 2 is closed, the next file opened gets its number, and messages end up
 * in that file. So each closed one is opened in a way that makes its use fail: 0 write-only, 1 and
 * 2 read-only. */
static void fill_closed_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) _exit(1);
}

/* The tables of getopt_long. An option's number is its row's. */
static void make_tables(const lint_program *p, struct option *longs, char *letters) {
    size_t n = 0;
    *letters++ = ':';
    for (int row = 0; p->options[row].name && n < OPTIONS_MAX; row++) {
        const lint_option *o = &p->options[row];
        if (o->type == LINT_OPT_GROUP) continue;
        int arg = lint_cli_has_value(o) ? required_argument : no_argument;
        longs[n++] = (struct option){o->name, arg, NULL, FIRST_LONG + row};
        if (!o->letter) continue;
        *letters++ = (char)o->letter;
        if (arg == required_argument) *letters++ = ':';
    }
    longs[n] = (struct option){"help", optional_argument, NULL, HELP};
    longs[n + 1] = (struct option){"version", no_argument, NULL, VERSION};
    longs[n + 2] = (struct option){0};
    *letters++ = 'h';
    *letters = 0;
}

/* The row of the option that getopt_long returned, as a letter or as a number of make_tables. */
static const lint_option *option_of(const lint_program *p, int c) {
    if (c >= FIRST_LONG) return &p->options[c - FIRST_LONG];
    const lint_option *o = p->options;
    while (o->type == LINT_OPT_GROUP || o->letter != c)
        o++;
    return o;
}

static _Noreturn void version(const lint_program *p) {
    printf("%s (lint) %s\n", p->name, LINT_VERSION);
    lint_close_stdout();
    exit(0);
}

/* Refuses what getopt_long did not accept. number: the option that was given a value but takes
 * none, or an unknown letter; 0 if the name in `word` is unknown. */
static _Noreturn void refuse(const lint_program *p, const char *word, int number) {
    if (number == VERSION)
        lint_usage("%s: --version takes no value", word);
    else if (number >= FIRST_LONG)
        lint_usage("%s: --%s takes no value", word, option_of(p, number)->name);
    else if (number)
        lint_usage("unknown option -%c", number);
    lint_cli_mistake(p, word);
}

static _Noreturn void refuse_without_value(const lint_option *o) {
    lint_usage("--%s needs a value: --%s %s", o->name, o->name, o->arg);
}

static void check_operands(const lint_program *p, int operands, char **operand) {
    if (operands < p->operands.min) lint_usage("expected: %s %s", p->name, p->usage);
    if (p->operands.max >= 0 && operands > p->operands.max)
        lint_usage("unexpected operand '%s'", operand[p->operands.max]);
}

char **lint_cli_parse(const lint_program *p, int argc, char **argv) {
    struct option longs[OPTIONS_MAX + 3];
    char letters[2 * OPTIONS_MAX + 4];
    int c;
    fill_closed_descriptors();
    json_set_alloc_funcs(memory_or_end, free);
    make_tables(p, longs, letters);
    opterr = 0;
    while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == 'h' || c == HELP)
            lint_cli_help(p, optarg);
        else if (c == VERSION)
            version(p);
        else if (c == ':')
            refuse_without_value(option_of(p, optopt));
        else if (c == '?')
            refuse(p, argv[optind - 1], optopt);
        else
            set_option(option_of(p, c), optarg);
    }
    check_operands(p, argc - optind, argv + optind);
    return argv + optind;
}

/* --- files ------------------------------------------------------------------------------------ */

void lint_refuse_terminal(const char *out) {
    if (lint_is_stdio(out) && isatty(STDOUT_FILENO))
        lint_usage("not writing a binary stream to a terminal: use -o FILE or a pipe");
}

void lint_close_stdout(void) {
    int err = ferror(stdout);
    errno = 0;
    if (fclose(stdout) != 0 || err) {
        lint_err e;
        lint_fail(&e, "standard output: %s", strerror(errno ? errno : EIO));
        lint_die(&e);
    }
}

FILE *lint_open_input(const char *path, const char **name) {
    lint_err e;
    FILE *f = lint_input_open(path, &e);
    if (!f) lint_die(&e);
    *name = lint_input_name(path);
    return f;
}

void lint_close_input(FILE *in) {
    lint_input_close(in);
}

/* --- progress --------------------------------------------------------------------------------- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void lint_progress_start(lint_progress *p, const char *what, const char *unit, size_t total,
                         lint_verbosity v) {
    *p = (lint_progress){.what = what, .unit = unit, .total = total, .verbosity = v};
    p->began = p->last = now();
    p->terminal = isatty(STDERR_FILENO);
}

static void show(const lint_progress *p, size_t done, double t) {
    enum { BAR = 24 };
    double spent = t - p->began;
    double rate = spent > 0 ? (double)done / spent : 0;
    if (p->terminal) fputc('\r', stderr);
    fprintf(stderr, "%s ", p->what);
    if (p->total) {
        int full = (int)((double)BAR * (double)done / (double)p->total);
        if (p->terminal)
            fprintf(stderr, "[%.*s%.*s] ", full, "########################", BAR - full,
                    "........................");
        fprintf(stderr, "%zu/%zu %s", done, p->total, p->unit);
    } else {
        fprintf(stderr, "%zu %s", done, p->unit);
    }
    fprintf(stderr, ", %.*f/s", rate < 10 ? 1 : 0, rate);
    if (p->total && rate > 0 && done < p->total)
        fprintf(stderr, ", %.0f s left", ((double)p->total - (double)done) / rate);
    fputs(p->terminal ? "\033[K" : "\n", stderr);
}

void lint_progress_at(lint_progress *p, size_t done) {
    double t = now();
    if (p->verbosity == LINT_QUIET) return;
    if (!p->terminal && p->verbosity != LINT_VERBOSE) return;
    if (t - p->last < (p->terminal ? 0.1 : 10.0)) return;
    p->last = t;
    show(p, done, t);
}

void lint_progress_end(lint_progress *p, size_t done) {
    if (p->verbosity == LINT_QUIET) return;
    if (!p->terminal && p->verbosity != LINT_VERBOSE) return;
    show(p, done, now());
    if (p->terminal) fputc('\n', stderr);
}
