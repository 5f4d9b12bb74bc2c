/* What every program does the same way: options, messages, exit status, standard output. Each test
 * runs a small program of its own in a child and looks at what a shell would see. */
#include "base/cli.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the program ------------------------------------------------------------------------------ */

static struct {
    int loud, fit;
    long count;
    uint64_t seed;
    double sigma;
    const char *out;
    lint_size size;
    lint_list add;
    lint_verbosity verbosity;
} o;

static const lint_option options[] = {
    {"out", 'o', LINT_OPT_STR, &o.out, "FILE", "write here (default: standard output)", 0, 0, NULL},
    {"loud", 'l', LINT_OPT_FLAG, &o.loud, NULL, "say more", 0, 0, NULL},
    {"count", 'n', LINT_OPT_INT, &o.count, "N",
     "how many, which is explained here at such a length that one line of eighty columns cannot "
     "hold it (8)",
     1, 100, NULL},
    {"level", 0, LINT_OPT_INT, &o.count, "N", "any whole number", 0, 0, NULL},
    {"seed", 0, LINT_OPT_U64, &o.seed, "N", "seed of every random choice (0)", 0, 0, NULL},
    {"sigma", 0, LINT_OPT_REAL, &o.sigma, "S", "width (0.25)", 0.01, 10, NULL},
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH", "size (192x192)", 0, 0, NULL},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW", "stretch, crop or pad", 0, 0, "stretch|crop|pad"},
    {"add", 0, LINT_OPT_LIST, &o.add, "NAME", "one more; may be repeated", 0, 0, NULL},
    {"title", 0, LINT_OPT_STR, &o.out, "TEXT",
     "the words that stand above all of the answers (default: the name of the file)", 0, 0, NULL},
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0},
};

static const lint_program program = {
    .name = "lint-test",
    .usage = "[options] A [B]",
    .purpose = "Tests what all programs share.",
    .options = options,
    .example = "lint-test --size 8x4 in.lts\n",
    .operands = {1, 2},
};

/* A program with many options: headings, and a first screen of help. */
static const lint_option grouped[] = {
    LINT_OPTION_GROUP("Files"),
    LINT_OPTION_OUT(&o.out, "answers"),
    LINT_OPTION_GROUP("Numbers"),
    LINT_OPTION_SEED(&o.seed, "every test"),
    {"sigma", 0, LINT_OPT_REAL, &o.sigma, "S", "width (default 0.25)", 0.01, 10, NULL},
    {0},
};

static const lint_program grouped_program = {
    .name = "lint-test",
    .usage = "[options]",
    .purpose = "Tests headings.",
    .options = grouped,
    .first = "seed out",
};

/* Parses and prints what came out. */
static void print_parsed(int argc, char **argv) {
    char **operand = lint_cli_parse(&program, argc, argv);
    static const char *const verbosity[] = {"normal", "quiet", "verbose"};
    printf("%s loud %d fit %d count %ld seed %" PRIu64 " sigma %g size %dx%d out %s add",
           verbosity[o.verbosity], o.loud, o.fit, o.count, o.seed, o.sigma, o.size.w, o.size.h,
           o.out ? o.out : "-");
    for (size_t i = 0; i < o.add.n; i++)
        printf(" %s", o.add.v[i]);
    printf(" operands");
    for (; *operand; operand++)
        printf(" %s", *operand);
    printf("\n");
    lint_close_stdout();
}

/* --- running it ------------------------------------------------------------------------------- */

enum { TEXT = 4096, ARGS = 32 };

typedef struct seen {
    int status; /* exit status, or -1 for a signal */
    char out[TEXT], err[TEXT];
} seen;

static void take(FILE *f, char text[TEXT]) {
    rewind(f);
    size_t n = fread(text, 1, TEXT - 1, f);
    text[n] = 0;
    fclose(f);
}

typedef void body(int argc, char **argv);

/* Runs body in a child. `to` replaces standard output: NULL keeps it for reading, "" closes it. */
static seen run_to(const char *to, body *b, const char *const *args) {
    seen s = {0};
    FILE *out = tmpfile(), *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[ARGS] = {(char *)"lint-test"};
        int argc = 1;
        for (; args && args[argc - 1] && argc < ARGS - 1; argc++)
            argv[argc] = (char *)args[argc - 1];
        dup2(fileno(err), 2);
        if (!to)
            dup2(fileno(out), 1);
        else if (*to)
            dup2(open(to, O_WRONLY), 1);
        else
            close(1);
        b(argc, argv);
        exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    s.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    take(out, s.out);
    take(err, s.err);
    return s;
}

static void parse_grouped(int argc, char **argv) {
    lint_cli_parse(&grouped_program, argc, argv);
    printf("seed %" PRIu64 " sigma %g out %s\n", o.seed, o.sigma, o.out ? o.out : "-");
    lint_close_stdout();
}

#define RUN_GROUPED(...) run_to(NULL, parse_grouped, (const char *const[]){__VA_ARGS__, NULL})

#define RUN(...) run_to(NULL, print_parsed, (const char *const[]){__VA_ARGS__, NULL})

static void expect_out(seen s, const char *out) {
    if (s.status != 0) fail_msg("status %d: %s", s.status, s.err);
    assert_string_equal(s.err, "");
    if (!strstr(s.out, out)) fail_msg("'%s' lacks '%s'", s.out, out);
}

static int lines(const char *text) {
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* One line on standard error that begins with the program's name; nothing on standard output. */
static void expect_refused(seen s, int status, const char *text) {
    assert_int_equal(s.status, status);
    assert_string_equal(s.out, "");
    assert_int_equal(lines(s.err), 1);
    if (!strstr(s.err, text)) fail_msg("'%s' lacks '%s'", s.err, text);
    /* The name is the running program's, which here is the test. */
    assert_int_equal(strncmp(s.err, "test_cli: ", strlen("test_cli: ")), 0);
}

/* --- options ---------------------------------------------------------------------------------- */

static void every_type_of_option_is_read(void **state) {
    (void)state;
    expect_out(RUN("-l", "-n", "7", "--seed", "18446744073709551615", "--sigma=1e-1", "--size",
                   "8x4", "--fit", "crop", "-o", "file", "--add", "a", "--add=b", "in"),
               "loud 1 fit 1 count 7 seed 18446744073709551615 sigma 0.1 size 8x4 out file add a b "
               "operands in\n");
    expect_out(RUN("--size", "16", "x"), "size 16x16");
    expect_out(RUN("--fit", "stretch", "x"), "fit 0");
    expect_out(RUN("--fit", "pad", "x"), "fit 2");
    expect_out(RUN("--level", "-3", "x"), "count -3");
}

static void the_last_of_quiet_and_verbose_counts(void **state) {
    (void)state;
    expect_out(RUN("in"), "normal ");
    expect_out(RUN("-q", "in"), "quiet ");
    expect_out(RUN("-v", "in"), "verbose ");
    expect_out(RUN("-q", "--verbose", "in"), "verbose ");
    expect_out(RUN("-v", "in", "--quiet"), "quiet ");
    expect_out(RUN("-vq", "in"), "quiet ");
    expect_refused(RUN("--quiet=1", "in"), 2, "--quiet=1: --quiet takes no value");
}

static void options_may_stand_behind_operands_and_end_with_two_dashes(void **state) {
    (void)state;
    expect_out(RUN("in", "-l", "other"), "loud 1 fit 0 count 0 seed 0 sigma 0 size 0x0 out - add "
                                         "operands in other\n");
    expect_out(RUN("--", "-l", "--seed"), "loud 0");
    expect_out(RUN("--", "-l", "--seed"), "operands -l --seed\n");
    expect_out(RUN("-"), "operands -\n");
}

static void numbers_are_read_whole_and_in_their_range(void **state) {
    (void)state;
    const char *const bad[][3] = {
        {"--count", "0", "expected 1 to 100"},
        {"--count", "101", "expected 1 to 100"},
        {"--count", "7x", "expected a whole number"},
        {"--count", "", "expected a whole number"},
        {"--count", " 7", "expected a whole number"},
        {"--count", "1.5", "expected a whole number"},
        {"--count", "99999999999999999999", "expected a whole number"},
        {"--seed", "-1", "expected a whole number, 0 or more"},
        {"--seed", "18446744073709551616", "expected a whole number, 0 or more"},
        {"--seed", "0x10", "expected a whole number, 0 or more"},
        {"--seed", "", "expected a whole number, 0 or more"},
        {"--sigma", "nan", "expected a number"},
        {"--sigma", "inf", "expected a number"},
        {"--sigma", "1e999", "expected a number"},
        {"--sigma", "0.25,", "expected a number"},
        {"--sigma", "", "expected a number"},
        {"--sigma", "11", "expected 0.01 to 10"},
        {"--sigma", "-0.25", "expected 0.01 to 10"},
        {"--size", "0x8", "expected WxH"},
        {"--size", "8x", "expected WxH"},
        {"--size", "x8", "expected WxH"},
        {"--size", "8x8x8", "expected WxH"},
        {"--size", "16385x1", "expected WxH"},
        {"--size", "8X8", "expected WxH"},
        {"--size", "8x99999999999999999999999999999999", "expected WxH"},
        {"--fit", "cro", "expected stretch|crop|pad"},
        {"--fit", "", "expected stretch|crop|pad"},
        {"--fit", "stretch|crop", "expected stretch|crop|pad"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        seen s = RUN(bad[i][0], bad[i][1], "in");
        expect_refused(s, 2, bad[i][2]);
        if (!strstr(s.err, bad[i][0])) fail_msg("'%s' does not name %s", s.err, bad[i][0]);
    }
}

static void wrong_usage_is_status_2_and_one_line_that_points_to_help(void **state) {
    (void)state;
    expect_refused(RUN("-z", "in"), 2, "unknown option -z (");
    expect_refused(RUN("-lz", "in"), 2, "unknown option -z (");
    expect_refused(RUN("in", "--seed"), 2, "--seed needs a value: --seed N");
    expect_refused(RUN("in", "--see"), 2, "--seed needs a value: --seed N");
    expect_refused(RUN("in", "-n"), 2, "--count needs a value: --count N");
    expect_refused(RUN("in", "-ln"), 2, "--count needs a value: --count N");
    expect_refused(RUN("--loud=3", "in"), 2, "--loud=3: --loud takes no value");
    expect_refused(RUN("--version=3", "in"), 2, "--version takes no value");
    expect_refused(RUN("-l"), 2, "expected: lint-test [options] A [B]");
    expect_refused(RUN("a", "b", "c"), 2, "unexpected operand 'c'");
    expect_refused(RUN("a", "b", "c"), 2, "(see test_cli --help)\n");
}

static void an_option_that_may_be_shortened_to_several_lists_them(void **state) {
    (void)state;
    expect_out(RUN("--see", "7", "in"), "seed 7 ");
    expect_refused(RUN("--si", "2", "in"), 2, "--si is ambiguous: --sigma or --size (");
    expect_refused(RUN("--l=2", "in"), 2, "--l is ambiguous: --loud or --level (");
    expect_refused(RUN("--s", "2", "in"), 2, "--s is ambiguous: --seed, --sigma or --size (");
}

static void an_unknown_option_names_the_one_that_was_probably_meant(void **state) {
    (void)state;
    const char *const wrong[][2] = {
        {"--cuont", "--count"},                               /* two letters swapped */
        {"--cont=7", "--count"},                              /* one missing */
        {"--levels", "--level"},                              /* one too many */
        {"--sized", "--size"},   {"--size-of-all", "--size"}, /* a whole name at the beginning */
        {"--hlep", "--help"},    {"--versoin", "--version"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char message[64];
        snprintf(message, sizeof message, "did you mean %s? (", wrong[i][1]);
        expect_refused(RUN(wrong[i][0], "in"), 2, message);
    }
    expect_refused(RUN("--nonsense=8", "in"), 2, "unknown option --nonsense (");
    expect_refused(RUN("--x", "in"), 2, "unknown option --x (");
    expect_refused(RUN("--=3", "in"), 2, "unknown option --");
    char longest[600];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "--", 2);
    longest[sizeof longest - 1] = 0;
    expect_refused(RUN(longest, "in"), 2, "unknown option --xxx");
    /* A heading is no option. */
    expect_refused(RUN_GROUPED("--Numbers", "3"), 2, "unknown option --Numbers (");
}

/* --- help ------------------------------------------------------------------------------------- */

static void help_shows_every_option_and_an_example_in_80_columns(void **state) {
    (void)state;
    seen s = RUN("--help");
    expect_out(s, "Usage: lint-test [options] A [B]\nTests what all programs share.\n");
    for (const lint_option *p = options; p->name; p++) {
        char name[32];
        snprintf(name, sizeof name, "--%s", p->name);
        if (!strstr(s.out, name)) fail_msg("help lacks %s", name);
        if (p->arg && !strstr(s.out, p->arg)) fail_msg("help lacks %s", p->arg);
    }
    expect_out(s, "\nExample:\nlint-test --size 8x4 in.lts\n");
    expect_out(s, "-o, --out FILE");
    for (const char *line = s.out; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    /* A default stays on one line. */
    expect_out(s, "above all of the answers\n                          (default: the name of the "
                  "file)\n");
    expect_out(RUN("-h"), "Usage: ");
    /* Help is asked for, so wrong operands do not matter. */
    expect_out(RUN("a", "b", "c", "--help"), "Usage: ");
}

static void headings_group_the_options_and_a_first_screen_shows_some(void **state) {
    (void)state;
    expect_out(RUN_GROUPED("--seed", "8", "-o", "x", "--sigma", "2"), "seed 8 sigma 2 out x\n");
    seen s = RUN_GROUPED("--help");
    expect_out(s, "Tests headings.\n\nThe options that most runs need:\n  -o, --out FILE ");
    expect_out(s, "--seed N            random seed for every test (default 0)\n");
    expect_out(s, "--help=all prints every option");
    assert_null(strstr(s.out, "--sigma"));
    assert_null(strstr(s.out, "Numbers"));
    s = RUN_GROUPED("--help=all");
    expect_out(s, "Tests headings.\n\nFiles:\n  -o, --out FILE ");
    expect_out(s, "\n\nNumbers:\n      --seed N ");
    expect_out(s, "--sigma S           width (default 0.25)\n\nHelp:\n  -h, --help ");
    s = RUN_GROUPED("--help=table");
    expect_out(s,
               "purpose\tTests headings.\ngroup\tFiles\noption\to\tout\ttext\tFILE\t\toutput file");
    expect_out(s, "group\tNumbers\noption\t\tseed\tint\tN\t\t");
    expect_out(s, "group\tHelp\noption\th\thelp\tflag\t\t\t");
    expect_refused(RUN_GROUPED("--help=some"), 2, "--help=some: expected all or table");
    /* A program without a first screen shows all. */
    assert_string_equal(RUN("--help").out, RUN("--help=all").out);
}

static void version_is_one_line(void **state) {
    (void)state;
    seen s = RUN("--version");
    expect_out(s, "lint-test (lint) " LINT_VERSION "\n");
    assert_int_equal(lines(s.out), 1);
}

/* --- standard output and messages ------------------------------------------------------------- */

static void a_full_or_closed_standard_output_is_an_error(void **state) {
    (void)state;
    const char *const good[] = {"in", NULL}, *const help[] = {"--help", NULL};
    expect_refused(run_to("/dev/full", print_parsed, good), 1,
                   "standard output: No space left on device");
    expect_refused(run_to("/dev/full", print_parsed, help), 1,
                   "standard output: No space left on device");
    expect_refused(run_to("", print_parsed, good), 1, "standard output: ");
    expect_refused(run_to("", print_parsed, help), 1, "standard output: ");
}

/* With descriptor 1 closed, the next file opened must not become standard output. */
static void open_a_file(int argc, char **argv) {
    lint_cli_parse(&program, argc, argv);
    int fd = open("/dev/null", O_RDONLY);
    _exit(fd > 2 ? 0 : 3);
}

static void no_file_takes_the_place_of_a_closed_descriptor(void **state) {
    (void)state;
    const char *const good[] = {"in", NULL};
    assert_int_equal(run_to("", open_a_file, good).status, 0);
}

static void die_badly(int argc, char **argv) {
    (void)argc;
    (void)argv;
    lint_err e;
    lint_fail(&e, "a\nb\033[31m: %s", "broken");
    lint_err_prefix(&e, "file %d: ", 7);
    lint_die(&e);
}

static void a_message_is_one_line_whatever_is_in_a_name(void **state) {
    (void)state;
    expect_refused(run_to(NULL, die_badly, NULL), 1, "file 7: a?b?[31m: broken\n");
    expect_refused(RUN("--fit", "a\nb", "in"), 2, "--fit a?b: expected");
    expect_refused(RUN("a", "b", "c\033[31m"), 2, "unexpected operand 'c?[31m'");
}

static void open_nothing(int argc, char **argv) {
    (void)argc;
    (void)argv;
    const char *name;
    lint_open_input("/nonexistent/in.lts", &name);
}

static void an_input_that_is_not_there_is_named(void **state) {
    (void)state;
    expect_refused(run_to(NULL, open_nothing, NULL), 1,
                   "/nonexistent/in.lts: No such file or directory");
}

static void long_messages_are_cut_not_overrun(void **state) {
    (void)state;
    lint_err e;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_int_equal(lint_fail(&e, "%s", text), -1);
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    assert_int_equal(lint_err_prefix(&e, "%s", text), -1);
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    lint_fail(&e, "short");
    lint_err_prefix(&e, "%s: ", "name");
    assert_string_equal(e.msg, "name: short");
}

static void show_progress(int argc, char **argv) {
    lint_progress p;
    lint_verbosity v = argc > 1 && strcmp(argv[1], "-v") == 0 ? LINT_VERBOSE : LINT_NORMAL;
    lint_progress_start(&p, "decoding", "images", 10, v);
    lint_progress_at(&p, 5);
    lint_progress_end(&p, 10);
}

static void progress_is_silent_without_a_terminal_unless_asked(void **state) {
    (void)state;
    seen s = run_to(NULL, show_progress, NULL);
    assert_string_equal(s.err, "");
    s = run_to(NULL, show_progress, (const char *const[]){"-v", NULL});
    assert_non_null(strstr(s.err, "decoding 10/10 images"));
    assert_null(strchr(s.err, '\r'));
    assert_null(strchr(s.err, '\033'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_option_is_read),
        cmocka_unit_test(the_last_of_quiet_and_verbose_counts),
        cmocka_unit_test(options_may_stand_behind_operands_and_end_with_two_dashes),
        cmocka_unit_test(numbers_are_read_whole_and_in_their_range),
        cmocka_unit_test(wrong_usage_is_status_2_and_one_line_that_points_to_help),
        cmocka_unit_test(help_shows_every_option_and_an_example_in_80_columns),
        cmocka_unit_test(an_option_that_may_be_shortened_to_several_lists_them),
        cmocka_unit_test(an_unknown_option_names_the_one_that_was_probably_meant),
        cmocka_unit_test(headings_group_the_options_and_a_first_screen_shows_some),
        cmocka_unit_test(version_is_one_line),
        cmocka_unit_test(a_full_or_closed_standard_output_is_an_error),
        cmocka_unit_test(no_file_takes_the_place_of_a_closed_descriptor),
        cmocka_unit_test(a_message_is_one_line_whatever_is_in_a_name),
        cmocka_unit_test(an_input_that_is_not_there_is_named),
        cmocka_unit_test(long_messages_are_cut_not_overrun),
        cmocka_unit_test(progress_is_silent_without_a_terminal_unless_asked),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
