/* cli_parts: what cli.c, cli_help.c and cli_mistake.c share. For other files there is cli.h. */
#ifndef LINT_BASE_CLI_PARTS_H
#define LINT_BASE_CLI_PARTS_H

#include "base/cli.h"

/* Help of --help and --version, which are in no program's table. */
#define LINT_CLI_HELP       "this help"
#define LINT_CLI_HELP_FIRST "this help; --help=all prints every option"
#define LINT_CLI_VERSION    "version of the program"

/* Prints --help (how NULL), --help=all or --help=table and exits; other words are wrong usage. */
_Noreturn void lint_cli_help(const lint_program *p, const char *how);

/* Exits with status 2 and says what is wrong with `word`, a long option that is ambiguous or not
 * known: which options begin so, or which is spelt nearly so. */
_Noreturn void lint_cli_mistake(const lint_program *p, const char *word);

#endif
