/* threads: runs the parts of a job on several threads.
 *
 * lint_threads_run calls fn(ctx, part, worker) for every part in 0..parts-1 and returns when all
 * parts are done. Chance decides which thread takes which part. If the parts depend only on the
 * data, and fn writes only what belongs to its part, the results are the same bytes for any number
 * of threads. `worker`, in 0..lint_threads_count()-1, selects scratch memory that no other running
 * part uses. A pool does one run at a time, so a part must not call lint_threads_run on its own
 * pool.
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

/* The number of processors that this process may use. */
int lint_processors(void);

/* Starts `threads` threads, or one for each processor if `threads` is 0. NULL on error. */
lint_threads *lint_threads_new(int threads, lint_err *e);
void lint_threads_free(lint_threads *p);
int lint_threads_count(const lint_threads *p);
void lint_threads_run(lint_threads *p, size_t parts, lint_part_fn *fn, void *ctx);

#endif
