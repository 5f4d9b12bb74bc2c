/* interrupt: Ctrl-C ends a long run in good order.
 *
 * The one place of the project that installs signal handlers. SIGINT (Ctrl-C), SIGTERM (kill, a
 * scheduler's time limit) and SIGHUP (a closed terminal) only set a number; the run looks at it
 * after every step, keeps what it has and ends. A second signal kills at once.
 *
 *     const volatile sig_atomic_t *stop = lint_interrupt_catch();
 *     while (!*stop && work_is_left()) ...
 *     write_what_there_is();
 *     if (*stop) lint_interrupt_die();
 *
 * Signals belong to the whole process, so a program calls this, never a library function.
 */
#ifndef LINT_BASE_INTERRUPT_H
#define LINT_BASE_INTERRUPT_H

#include <signal.h>

/* Catches the first of the three signals. Returns where its number will stand; 0 until it comes.
 * Reads that wait, such as those of a pipe, then fail with EINTR instead of going on. A SIGHUP that
 * is ignored stays ignored, as nohup wants it. */
const volatile sig_atomic_t *lint_interrupt_catch(void);

/* Dies of the signal that came, as shells, make and schedulers expect of an interrupted program:
 * they see status 130 (SIGINT), 143 (SIGTERM) or 129 (SIGHUP). Does nothing if none came. */
void lint_interrupt_die(void);

#endif
