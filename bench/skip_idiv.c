/* skip_idiv: oneDNN 3.7 ends by SIGFPE for some 1x1 convolutions of resnet50. Its planner divides by zero
 * (est_eff_1x1 in jit_brgemm_conv_utils.cpp; their pull request 3453) for a number that only processors with AMX
 * use. peer.py loads this library, with which such a division leaves its registers as they are. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <ucontext.h>

static void skip(int signal_number, siginfo_t *info, void *context) {
    static const unsigned char idiv_r8d[] = {0x41, 0xf7, 0xf8};
    greg_t *ip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    (void)info;
    if (memcmp((const void *)*ip, idiv_r8d, sizeof idiv_r8d) == 0)
        *ip += sizeof idiv_r8d;
    else
        signal(signal_number, SIG_DFL); /* and come here no more */
}

__attribute__((constructor)) static void install(void) {
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, 0);
}
