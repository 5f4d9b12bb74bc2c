/* interrupt: lets Ctrl-C end a long run cleanly.
 *
 * The only signal handlers of the project are installed here. SIGINT (Ctrl-C), SIGTERM (kill, a
 * scheduler's time limit) and SIGHUP (a closed terminal) only set a number. The run checks that
 * number after every step, saves its results and ends. A second signal kills the program at once.
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

/* Catches the first of the three signals. Returns a pointer to the signal's number, which is 0
 * until a signal arrives. Blocking reads, such as from a pipe, then fail with EINTR. An ignored
 * SIGHUP stays ignored, as nohup requires. */
const volatile sig_atomic_t *lint_interrupt_catch(void);

/* Ends the program by the signal that was caught, as shells, make and schedulers expect: they see
 * status 130 (SIGINT), 143 (SIGTERM) or 129 (SIGHUP). Does nothing if no signal was caught. */
void lint_interrupt_die(void);

#endif
