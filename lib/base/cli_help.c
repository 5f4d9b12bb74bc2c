/* --help in its three forms, made from a program's table. */
#include "base/cli_parts.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, COLUMN = 26 };

/* Length of the next piece of a text that stays on one line: a word, or a short "(default 0.25)". */
static size_t piece(const char *text, int room) {
    size_t word = strcspn(text, " ");
    if (strncmp(text, "(default", 8) != 0) return word;
    size_t whole = strcspn(text, ")");
    while (text[whole] && text[whole] != ' ')
        whole++;
    return whole <= (size_t)room ? whole : word;
}

/* Prints text from column `at` on, broken at spaces before column 80. */
static void print_wrapped(const char *text, int at) {
    int col = at;
    while (*text) {
        size_t word = piece(text, WIDTH - at);
        if (col > at && col + 1 + (int)word > WIDTH) {
            printf("\n%*s", at, "");
            col = at;
        } else if (col > at) {
            putchar(' ');
            col++;
        }
        printf("%.*s", (int)word, text);
        col += (int)word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const char *name, int letter, const char *arg, const char *help) {
    char left[96];
    int n = letter ? snprintf(left, sizeof left, "  -%c, --%s", letter, name)
                   : snprintf(left, sizeof left, "      --%s", name);
    if (arg) n += snprintf(left + n, sizeof left - (size_t)n, " %s", arg);
    if (n + 2 > COLUMN)
        printf("%s\n%*s", left, COLUMN, "");
    else
        printf("%-*s", COLUMN, left);
    print_wrapped(help, COLUMN);
}

static void print_row(const lint_option *o) {
    if (o->type == LINT_OPT_GROUP)
        printf("\n%s:\n", o->name);
    else
        print_option(o->name, o->letter, lint_cli_has_value(o) ? o->arg : NULL, o->help);
}

/* Whether the first screen shows an option; `first` holds the names of those, with blanks
 * between. */
static int is_first(const char *first, const char *name) {
    size_t len = strlen(name);
    for (const char *at = first; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == len && strncmp(at, name, len) == 0) return 1;
        at += word;
    }
    return 0;
}

static void print_first(const lint_program *p) {
    puts("\nThe options that most runs need:");
    for (const lint_option *o = p->options; o->name; o++)
        if (o->type != LINT_OPT_GROUP && is_first(p->first, o->name)) print_row(o);
}

static void print_all(const lint_program *p) {
    if (p->options->type != LINT_OPT_GROUP) putchar('\n');
    for (const lint_option *o = p->options; o->name; o++)
        print_row(o);
    if (p->options->type == LINT_OPT_GROUP) puts("\nHelp:");
}

static const char *help_of_help(const lint_program *p) {
    return p->first ? LINT_CLI_HELP_FIRST : LINT_CLI_HELP;
}

static void print_help(const lint_program *p, int all) {
    printf("Usage: %s %s\n", p->name, p->usage);
    print_wrapped(p->purpose, 0);
    if (all || !p->first)
        print_all(p);
    else
        print_first(p);
    print_option("help", 'h', NULL, help_of_help(p));
    print_option("version", 0, NULL, LINT_CLI_VERSION);
    if (p->example) printf("\nExample:\n%s", p->example);
}

/* The same for programs, tab-separated: man pages and completions are made from it. */
static void print_table(const lint_program *p) {
    static const char *const type[] = {
        [LINT_OPT_FLAG] = "flag", [LINT_OPT_QUIET] = "flag", [LINT_OPT_VERBOSE] = "flag",
        [LINT_OPT_INT] = "int",   [LINT_OPT_U64] = "int",    [LINT_OPT_REAL] = "real",
        [LINT_OPT_STR] = "text",  [LINT_OPT_SIZE] = "size",  [LINT_OPT_CHOICE] = "choice",
        [LINT_OPT_LIST] = "list"};
    printf("usage\t%s\npurpose\t%s\n", p->usage, p->purpose);
    for (const lint_option *o = p->options; o->name; o++) {
        if (o->type == LINT_OPT_GROUP) {
            printf("group\t%s\n", o->name);
            continue;
        }
        const char *arg = lint_cli_has_value(o) && o->arg ? o->arg : "";
        printf("option\t%.1s\t%s\t%s\t%s\t%s\t%s\n", (const char[]){(char)o->letter, 0}, o->name,
               type[o->type], arg, o->choices ? o->choices : "", o->help);
    }
    if (p->options->type == LINT_OPT_GROUP) puts("group\tHelp");
    printf("option\th\thelp\tflag\t\t\t%s\n", help_of_help(p));
    puts("option\t\tversion\tflag\t\t\t" LINT_CLI_VERSION);
    for (const char *at = p->example; at && *at; at += strspn(at, "\n")) {
        printf("example\t%.*s\n", (int)strcspn(at, "\n"), at);
        at += strcspn(at, "\n");
    }
}

_Noreturn void lint_cli_help(const lint_program *p, const char *how) {
    if (how && strcmp(how, "all") != 0 && strcmp(how, "table") != 0)
        lint_usage("--help=%s: expected all or table", how);
    if (how && strcmp(how, "table") == 0)
        print_table(p);
    else
        print_help(p, how != NULL);
    lint_close_stdout();
    exit(0);
}
