/* cli: options, help, messages and progress, alike in every program. The only part of liblint that
 * prints and exits.
 *
 * A program describes its options in one table, which serves the parser, --help, the man page and
 * the shell completions. cli_help.c prints the help; cli_mistake.c explains a wrong option.
 *
 *     static struct {
 *         const char *out;
 *         double sigma;
 *         int fit;
 *     } o = {.sigma = 0.25};
 *     static const lint_option options[] = {
 *         LINT_OPTION_OUT(&o.out, "samples"),
 *         LINT_OPTION_GROUP("Pictures"),
 *         {"sigma", 0, LINT_OPT_REAL, &o.sigma, "S", .help = "width of the blur (default 0.25)",
 *          .min = 0.01, .max = 10},
 *         {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW", .help = "stretch, crop or pad (default stretch)",
 *          .choices = "stretch|crop|pad"},
 *         {0}};
 *     static const lint_program program = {
 *         .name = "lint-split", .usage = "[options] SRC", .purpose = "One line.",
 *         .options = options, .example = "  example command\n", .operands = {1, 1}};
 *     char **arg = lint_cli_parse(&program, argc, argv);   // NULL-terminated operands
 *
 * Exit status: 0 for success, 1 if the data or the system fails, 2 for wrong usage. A message is
 * one line on standard error that begins with the program's name.
 */
#ifndef LINT_BASE_CLI_H
#define LINT_BASE_CLI_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINT_VERSION "0.2.0"

typedef enum lint_opt_type {
    LINT_OPT_FLAG,    /* int *, set to 1 */
    LINT_OPT_QUIET,   /* lint_verbosity *, set to LINT_QUIET */
    LINT_OPT_VERBOSE, /* lint_verbosity *, set to LINT_VERBOSE; of both, the last one counts */
    LINT_OPT_INT,     /* long *, min..max */
    LINT_OPT_U64,     /* uint64_t * */
    LINT_OPT_REAL,    /* double *, min..max, finite */
    LINT_OPT_STR,     /* const char ** */
    LINT_OPT_SIZE,    /* lint_size *: WxH, or N for NxN; each 1..16384 */
    LINT_OPT_CHOICE,  /* int *: index of the word in choices */
    LINT_OPT_LIST,    /* lint_list *: every use of the option adds a value */
    LINT_OPT_GROUP    /* no option: `name` is a heading in --help over the rows that follow */
} lint_opt_type;

typedef enum { LINT_NORMAL, LINT_QUIET, LINT_VERBOSE } lint_verbosity;

typedef struct lint_size {
    int w, h;
} lint_size;

typedef struct lint_list {
    const char **v; /* from malloc; lives as long as the program */
    size_t n, room;
} lint_list;

typedef struct lint_option {
    const char *name;
    int letter; /* 0 if there is none */
    lint_opt_type type;
    void *to;
    const char *arg;  /* name of the value in --help */
    const char *help; /* a noun phrase that is complete when read alone; ends in (default X) */
    double min, max;  /* of INT and REAL; no limits if both are 0 */
    const char *choices;
} lint_option;

#define LINT_OPTION_GROUP(heading)                                                                 \
    { heading, 0, LINT_OPT_GROUP, NULL, NULL, NULL, 0, 0, NULL }

/* Rows for options that many programs share, so that each has one wording. `to` is as above; `what`
 * is a string literal. --quiet and --verbose share a variable.
 *
 *     LINT_OPTION_OUT(&o.out, "model"),
 *     LINT_OPTION_SEED(&o.seed, "initial weights and sample order"),
 */
#define LINT_OPTION_OUT(to, what)                                                                  \
    {                                                                                              \
        "out", 'o', LINT_OPT_STR, to, "FILE",                                                      \
            "output file for the " what " (default: standard output)", 0, 0, NULL                  \
    }
#define LINT_OPTION_SEED(to, what)                                                                 \
    { "seed", 0, LINT_OPT_U64, to, "N", "random seed for " what " (default 0)", 0, 0, NULL }
#define LINT_OPTION_THREADS(to)                                                                    \
    {                                                                                              \
        "threads", 0, LINT_OPT_INT, to, "N",                                                       \
            "number of threads; 0 means one for each processor (default 0)", 0, 1024, NULL         \
    }
#define LINT_OPTION_PRECISION(to)                                                                  \
    {                                                                                              \
        "precision", 0, LINT_OPT_CHOICE, to, "FORMAT",                                             \
            "number format of products: f32 or bf16 (default f32)", 0, 0, "f32|bf16"               \
    }
#define LINT_OPTION_MAX_PIXELS(to)                                                                 \
    {                                                                                              \
        "max-pixels", 0, LINT_OPT_INT, to, "N",                                                    \
            "pixels that a picture may have; one with more is an error (default 200000000)", 1,    \
            1 << 30, NULL                                                                          \
    }
#define LINT_OPTION_QUIET(to)                                                                      \
    { "quiet", 'q', LINT_OPT_QUIET, to, NULL, "no progress and no warnings", 0, 0, NULL }
#define LINT_OPTION_VERBOSE(to)                                                                    \
    {                                                                                              \
        "verbose", 'v', LINT_OPT_VERBOSE, to, NULL,                                                \
            "more detail on standard error; progress lines where it is not a terminal", 0, 0, NULL \
    }

typedef struct lint_program {
    const char *name;    /* "lint-split" */
    const char *usage;   /* what follows the name */
    const char *purpose; /* one sentence */
    const lint_option *options;
    const char *example; /* one or a few lines, each ending in a newline */
    struct {
        int min, max; /* number of operands; max -1 means no limit */
    } operands;
    const char *first; /* names of the options on the first screen of help, separated by blanks;
                          NULL: all */
} lint_program;

/* Parses the options into the variables that the table points to. Returns the operands,
 * NULL-terminated, as pointers into argv. Adds --help and --version to the table: --help prints the
 * options that `first` names, --help=all prints every option under its heading, and --help=table
 * prints the same tab-separated, for man pages and completions. A long option may be shortened to
 * any unambiguous beginning. Exits with status 2 on wrong usage.
 *
 * SIGPIPE keeps its default action: writing to a closed pipe ends the program silently. If
 * descriptors 0 to 2 are closed, they are opened on /dev/null in the wrong direction. Reading or
 * writing them then fails, and no file that is opened later becomes standard output. */
char **lint_cli_parse(const lint_program *p, int argc, char **argv);

/* Prints `NAME: message` and exits 1. */
_Noreturn void lint_die(const lint_err *e);
/* Prints `NAME: message (see NAME --help)` and exits 2. */
_Noreturn void lint_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints `NAME: message` and goes on. */
void lint_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Wrong usage if out is NULL or "-" and standard output is a terminal. */
void lint_refuse_terminal(const char *out);
/* Flushes and closes standard output; exits 1 if that fails (a full disk, a closed descriptor).
 * Every program that prints calls it last. */
void lint_close_stdout(void);

/* Opens a file for reading ("-" or NULL is standard input); exits 1 if that fails. Sets *name to
 * the file's name for messages. */
FILE *lint_open_input(const char *path, const char **name);
/* Closes `in`, unless it is standard input. */
void lint_close_input(FILE *in);

/* --- progress --------------------------------------------------------------------------------- */

/* On a terminal, shows one line with a bar, the rate and the time left, redrawn at most ten times a
 * second. Elsewhere, prints a plain line every ten seconds if verbose. Prints nothing if quiet. A
 * total of 0 means that the total is unknown. */
typedef struct lint_progress {
    const char *what; /* "decoding" */
    const char *unit; /* "images" */
    size_t total;
    lint_verbosity verbosity;
    double began, last; /* set by start */
    int terminal;
} lint_progress;

void lint_progress_start(lint_progress *p, const char *what, const char *unit, size_t total,
                         lint_verbosity v);
void lint_progress_at(lint_progress *p, size_t done);
void lint_progress_end(lint_progress *p, size_t done);

#endif
