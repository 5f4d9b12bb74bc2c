/* sandbox: the folder that a stage's command runs in.
 *
 * It looks like the project's folder, by links, but that of what other stages make only what the
 * stage says it reads is there, and that its outputs go into empty folders. So a command is the
 * same text wherever its inputs and outputs lie; a stage that reads what it does not name fails;
 * and what is half done is never where anybody looks for it.
 *
 *     sandbox_make(dir, &s, &e);
 *     if (sandbox_run(dir, &s, &e) == 0) ...      // what it made is at dir/NAME
 *     remove_all(dir, &e);
 */
#ifndef STAGE_SANDBOX_H
#define STAGE_SANDBOX_H

#include "step.h"

/* Folders of these names are not linked: what is read of them is, one by one. */
#define SANDBOX_OWN "data", "models", ".cache", ".git"

/* Makes dir anew. */
int sandbox_make(const char *dir, const step *s, lint_err *e);

/* Runs the command by bash and waits for it; its exit status, 128 + a signal that ended it, or
 * -1. Signals that end this process are passed on to all that the command started, and so are
 * Ctrl-Z and its end. */
int sandbox_run(const char *dir, const step *s, lint_err *e);

#endif
