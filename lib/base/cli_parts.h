/* cli_parts: declarations shared by cli.c, cli_help.c and cli_mistake.c. Other files use cli.h. */
#ifndef LINT_BASE_CLI_PARTS_H
#define LINT_BASE_CLI_PARTS_H

#include "base/cli.h"

/* Help texts of --help and --version, which are not in any program's table. */
#define LINT_CLI_HELP       "this help"
#define LINT_CLI_HELP_FIRST "this help; --help=all prints every option"
#define LINT_CLI_VERSION    "version of the program"

/* Whether an option takes a value. */
static inline int lint_cli_has_value(const lint_option *o) {
    return o->type != LINT_OPT_FLAG && o->type != LINT_OPT_QUIET && o->type != LINT_OPT_VERBOSE;
}

/* Prints --help (if `how` is NULL), --help=all or --help=table and exits. Any other `how` is wrong
 * usage. */
_Noreturn void lint_cli_help(const lint_program *p, const char *how);

/* Explains what is wrong with `word`, an ambiguous or unknown long option, and exits with status 2.
 * The message lists the options that begin with `word`, or the one with the most similar spelling.
 */
_Noreturn void lint_cli_mistake(const lint_program *p, const char *word);

#endif
