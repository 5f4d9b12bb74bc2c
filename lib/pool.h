/* pool: work cut into parts that depend on the data alone, claimed by threads.
 *
 * lint_pool_run calls fn(ctx, part, worker) for every part in 0..parts-1 and returns when all
 * are done. Which thread takes which part is left to chance; a function that writes only what
 * belongs to its part gives the same bytes for any number of threads. `worker` is in
 * 0..lint_pool_threads()-1 and names scratch memory that no other running part uses.
 * One run at a time; a part must not call lint_pool_run on its own pool.
 *
 *     lint_pool *pool = lint_pool_new(threads, &e);
 *     lint_pool_run(pool, n, decode_one, &job);
 *     lint_pool_free(pool);
 */
#ifndef LINT_POOL_H
#define LINT_POOL_H

#include "err.h"
#include <stddef.h>

typedef struct lint_pool lint_pool;
typedef void lint_part_fn(void *ctx, size_t part, int worker);

/* Processors that this process may use. */
int lint_processors(void);

/* threads 0 means one for each of them. NULL on error. */
lint_pool *lint_pool_new(int threads, lint_err *e);
void lint_pool_free(lint_pool *p);
int lint_pool_threads(const lint_pool *p);
void lint_pool_run(lint_pool *p, size_t parts, lint_part_fn *fn, void *ctx);

#endif
