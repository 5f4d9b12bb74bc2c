#define _GNU_SOURCE /* sched_getaffinity */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lint_threads {
    int threads;
    pthread_t *ids; /* threads - 1 of them: the caller is worker 0 */
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    atomic_ulong round; /* number of runs: tells helpers a new one */
    atomic_int inside;  /* helpers that take part in this run */
    int open;           /* whether helpers that wake up may still join */
    int stop;
    lint_part_fn *fn;
    void *ctx;
    size_t parts;
    atomic_size_t next;
};

/* Polls a value before the thread sleeps for it: the runs of a network follow each other within
 * microseconds, and waking a sleeper takes tens of them. */
enum { LOOKS = 1000 };

typedef struct helper {
    lint_threads *pool;
    int worker;
} helper;

static void claim(lint_threads *p, int worker) {
    for (;;) {
        size_t part = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (part >= p->parts) return;
        p->fn(p->ctx, part, worker);
    }
}

static void relax(void) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static void *helper_main(void *arg) {
    helper h = *(helper *)arg;
    free(arg);
    lint_threads *p = h.pool;
    unsigned long seen = 0;
    for (int stop = 0, inside; !stop;) {
        for (int i = 0; i < LOOKS && atomic_load(&p->round) == seen; i++)
            relax();
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->round) == seen && !p->stop)
            pthread_cond_wait(&p->start, &p->lock);
        seen = atomic_load(&p->round);
        stop = p->stop;
        inside = p->open && !stop;
        p->inside += inside;
        pthread_mutex_unlock(&p->lock);
        if (!inside) continue;
        claim(p, h.worker);
        pthread_mutex_lock(&p->lock);
        if (--p->inside == 0) pthread_cond_signal(&p->done);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

int lint_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

static int start_helper(lint_threads *p, int worker) {
    helper *h = malloc(sizeof *h);
    if (!h) return -1;
    *h = (helper){p, worker};
    if (pthread_create(&p->ids[worker - 1], NULL, helper_main, h) == 0) return 0;
    free(h);
    return -1;
}

lint_threads *lint_threads_new(int threads, lint_err *e) {
    if (threads <= 0) threads = lint_processors();
    lint_threads *p = calloc(1, sizeof *p);
    if (p) p->ids = calloc((size_t)threads, sizeof *p->ids);
    if (!p || !p->ids) {
        free(p);
        lint_fail_mem(e, "threads");
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    p->threads = 1;
    while (p->threads < threads) {
        if (start_helper(p, p->threads) < 0) {
            lint_fail(e, "cannot start thread %d of %d", p->threads + 1, threads);
            lint_threads_free(p);
            return NULL;
        }
        p->threads++;
    }
    return p;
}

void lint_threads_free(lint_threads *p) {
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->stop = 1;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < p->threads; i++)
        pthread_join(p->ids[i - 1], NULL);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    free(p->ids);
    free(p);
}

int lint_threads_count(const lint_threads *p) {
    return p->threads;
}

void lint_threads_run(lint_threads *p, size_t parts, lint_part_fn *fn, void *ctx) {
    if (p->threads == 1 || parts <= 1) {
        for (size_t i = 0; i < parts; i++)
            fn(ctx, i, 0);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->ctx = ctx;
    p->parts = parts;
    atomic_store(&p->next, 0);
    p->open = 1;
    atomic_fetch_add(&p->round, 1);
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    claim(p, 0);
    pthread_mutex_lock(&p->lock);
    p->open = 0;
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < LOOKS && atomic_load(&p->inside) > 0; i++)
        relax();
    pthread_mutex_lock(&p->lock);
    while (p->inside > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
