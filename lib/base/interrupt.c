#define _POSIX_C_SOURCE 200809L
#include "base/interrupt.h"

#include <stddef.h>

/* A signal handler has no other way to report which signal arrived. */
static volatile sig_atomic_t caught;

static void on_signal(int signal) {
    caught = signal;
}

/* SA_RESETHAND: the second signal has its default action. No SA_RESTART: reads must end. */
static void catch_one(int signal) {
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&a.sa_mask);
    sigaction(signal, &a, NULL);
}

static int is_ignored(int signal) {
    struct sigaction a;
    return sigaction(signal, NULL, &a) == 0 && a.sa_handler == SIG_IGN;
}

/* Shells without job control start background jobs with SIGINT ignored. It is caught all the same,
 * since a signal sent to this very process is meant for it. */
const volatile sig_atomic_t *lint_interrupt_catch(void) {
    catch_one(SIGINT);
    catch_one(SIGTERM);
    if (!is_ignored(SIGHUP)) catch_one(SIGHUP);
    return &caught;
}

void lint_interrupt_die(void) {
    if (!caught) return;
    signal(caught, SIG_DFL);
    raise(caught);
}
