/* run_net: a network that a stranger's text became, run once.
 *
 *     lint_threads *pool = fuzz_pool();
 *     lint_net *net = lint_net_new(text, "fuzz", 2, FUZZ_BATCH, LINT_NET_TRAIN, pool, &e);
 *     if (net) fuzz_run_net(net, 1);
 */
#ifndef FUZZ_RUN_NET_H
#define FUZZ_RUN_NET_H

#include "engine/net.h"

enum { FUZZ_BATCH = 2 };

/* One thread, and one of OpenBLAS. */
lint_threads *fuzz_pool(void);

/* A forward pass, maps, and with `trains` a training step; nothing where the network is large. */
void fuzz_run_net(lint_net *net, int trains);

#endif
