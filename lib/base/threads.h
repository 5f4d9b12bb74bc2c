/* threads: work cut into parts that depend on the data alone, claimed by threads.
 *
 * lint_threads_run calls fn(ctx, part, worker) for every part in 0..parts-1 and returns when all
 * are done. Which thread takes which part is left to chance; a function that writes only what
 * belongs to its part gives the same bytes for any number of threads. `worker` is in
 * 0..lint_threads_count()-1 and names scratch memory that no other running part uses.
 * One run at a time; a part must not call lint_threads_run on its own pool.
 *
 *     lint_threads *pool = lint_threads_new(threads, &e);
 *     lint_threads_run(pool, n, decode_one, &job);
 *     lint_threads_free(pool);
 */
#ifndef LINT_BASE_THREADS_H
#define LINT_BASE_THREADS_H

#include "base/err.h"
#include <stddef.h>

typedef struct lint_threads lint_threads;
typedef void lint_part_fn(void *ctx, size_t part, int worker);

/* Processors that this process may use. */
int lint_processors(void);

/* threads 0 means one for each of them. NULL on error. */
lint_threads *lint_threads_new(int threads, lint_err *e);
void lint_threads_free(lint_threads *p);
int lint_threads_count(const lint_threads *p);
void lint_threads_run(lint_threads *p, size_t parts, lint_part_fn *fn, void *ctx);

#endif
