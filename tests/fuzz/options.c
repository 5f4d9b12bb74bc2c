/* A command line of any words: it is parsed to values within their limits, or refused with status 2. */
#include "base/cli.h"
#include "support/fuzz.h"
#include "support/wrapped.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 32 };

static struct {
    int flag, choice;
    lint_verbosity verbosity;
    long whole, any;
    uint64_t seed;
    double real;
    const char *text;
    lint_size size;
    lint_list list;
} o;

static const lint_option options[] = {
    LINT_OPTION_GROUP("Values"),
    {"flag", 'f', LINT_OPT_FLAG, &o.flag, NULL, "a flag", 0, 0, NULL},
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {"whole", 'w', LINT_OPT_INT, &o.whole, "N", "a number", -3, 1024, NULL},
    {"any", 'a', LINT_OPT_INT, &o.any, "N", "a number", 0, 0, NULL},
    LINT_OPTION_SEED(&o.seed, "nothing"),
    {"real", 'r', LINT_OPT_REAL, &o.real, "X", "a number", 0, 1.5, NULL},
    {"text", 't', LINT_OPT_STR, &o.text, "TEXT", "a text", 0, 0, NULL},
    {"size", 's', LINT_OPT_SIZE, &o.size, "WxH", "a size", 0, 0, NULL},
    {"choice", 'c', LINT_OPT_CHOICE, &o.choice, "WORD", "a word", 0, 0, "one|two|three"},
    {"list", 'l', LINT_OPT_LIST, &o.list, "TEXT", "a text", 0, 0, NULL},
    {0}};

static const lint_program program = {
    "lint-fuzz", "[options] [input...]", "Nothing.", options, "  lint-fuzz\n", {0, 3}, NULL};

static void check(char **operand) {
    int n = 0;
    while (operand[n])
        n++;
    if (n > 3 || o.whole < -3 || o.whole > 1024 || !(o.real >= 0 && o.real <= 1.5)) abort();
    if (o.size.w < 0 || o.size.w > 16384 || o.size.h < 0 || o.size.h > 16384) abort();
    if (o.choice < 0 || o.choice > 2) abort();
}

/* Words are the input's lines. */
static int split(char *text, char **argv) {
    static char name[] = "lint-fuzz";
    int n = 0;
    argv[n++] = name;
    for (char *at = text; *at && n < WORDS; n++) {
        argv[n] = at;
        at += strcspn(at, "\n");
        if (*at) *at++ = 0;
    }
    argv[n] = NULL;
    return n;
}

/* The status that it ends with; -1: none. */
static int parse(int argc, char **argv) {
    jmp_buf back;
    optind = 0;
    fuzz_status = -1;
    fuzz_at_exit = &back;
    if (setjmp(back) == 0) check(lint_cli_parse(&program, argc, argv));
    fuzz_at_exit = NULL;
    return fuzz_status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char *argv[WORDS + 1], *text = fuzz_text(bytes, n);
    FILE *out = stdout, *err = stderr, *mine = fopen("/dev/null", "w");
    int argc = split(text, argv);
    if (!mine) abort();
    memset(&o, 0, sizeof o);
    stdout = mine;
    stderr = fuzz_null();
    fuzz_begin();
    int status = parse(argc, argv);
    fuzz_end(n, 0);
    if (status != 0) fclose(mine); /* --help has closed it */
    stdout = out;
    stderr = err;
    if (status == 1) abort();
    free(o.list.v);
    free(text);
    return 0;
}
