#include "answer/gallery_pick.h"
#include "base/rng.h"

#include <stdlib.h>

typedef struct lint_picked picked;

int lint_pick_new(lint_pick *p, lint_pick_how how, size_t max, uint64_t seed, lint_err *e) {
    *p = (lint_pick){.how = how, .max = max, .seed = seed};
    p->slot = calloc(max + 1, sizeof *p->slot);
    return p->slot ? 0 : lint_fail_mem(e, "a choice of samples");
}

void lint_pick_free(lint_pick *p) {
    free(p->slot);
    *p = (lint_pick){0};
}

static int same_group(const picked *a, const picked *b) {
    return a->label == b->label && a->place == b->place;
}

/* Adds to the count in each slot of that group. Returns how many slots those are. */
static size_t count_group(lint_pick *p, const picked *of, int more) {
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (same_group(&p->slot[i], of)) {
            p->slot[i].group = (size_t)((long)p->slot[i].group + more);
            n++;
        }
    return n;
}

/* The latest sample of the largest group, if the newcomer's group is smaller by at least two, so
 * that an exchange evens them out. Among groups of equal size, the group whose latest sample came
 * last. */
static long evenest(lint_pick *p, const picked *newcomer) {
    long out = 0;
    for (size_t i = 1; i < p->n; i++) {
        const picked *a = &p->slot[i], *b = &p->slot[out];
        if (a->group > b->group || (a->group == b->group && a->index > b->index)) out = (long)i;
    }
    return p->n && count_group(p, newcomer, 0) + 1 < p->slot[out].group ? out : -1;
}

static long luckier(const lint_pick *p, const picked *newcomer) {
    long last = 0;
    for (size_t i = 1; i < p->n; i++)
        if (p->slot[i].rank > p->slot[last].rank) last = (long)i;
    return p->n && newcomer->rank < p->slot[last].rank ? last : -1;
}

/* The least sure sample taken so far (the last of equals), if the newcomer is surer. */
static long surer(const lint_pick *p, const picked *newcomer) {
    long least = 0;
    for (size_t i = 1; i < p->n; i++) {
        const picked *a = &p->slot[i], *b = &p->slot[least];
        if (a->mistake < b->mistake || (a->mistake == b->mistake && a->index > b->index))
            least = (long)i;
    }
    return p->n && newcomer->mistake > p->slot[least].mistake ? least : -1;
}

long lint_pick_offer(lint_pick *p, int32_t label, int32_t place, double mistake) {
    picked it = {.index = p->offered++, .label = label, .place = place, .mistake = mistake};
    long slot = -1;
    int wrong = mistake > LINT_PICK_RIGHT;
    p->mistakes += (uint64_t)wrong;
    if (p->how == LINT_PICK_WORST && !wrong) return slot;
    if (p->how == LINT_PICK_RANDOM) {
        lint_rng r = lint_rng_at(p->seed, LINT_RNG_PICK, 0, it.index);
        it.rank = lint_rng_u64(&r);
    }
    if (p->n < p->max)
        slot = (long)p->n;
    else if (p->how == LINT_PICK_RANDOM)
        slot = luckier(p, &it);
    else if (p->how == LINT_PICK_SPREAD)
        slot = evenest(p, &it);
    else if (p->how == LINT_PICK_WORST)
        slot = surer(p, &it);
    if (slot < 0) return slot;
    if (slot == (long)p->n)
        p->n++;
    else
        count_group(p, &p->slot[slot], -1);
    p->slot[slot] = it;
    p->slot[slot].group = count_group(p, &it, 1);
    return slot;
}

/* Which of two slots is shown first. */
static int before(const lint_pick *p, size_t a, size_t b) {
    const picked *x = &p->slot[a], *y = &p->slot[b];
    if (p->how == LINT_PICK_SPREAD && x->label != y->label) return x->label < y->label;
    if (p->how == LINT_PICK_SPREAD && x->place != y->place) return x->place < y->place;
    if (p->how == LINT_PICK_WORST && x->mistake != y->mistake) return x->mistake > y->mistake;
    return x->index < y->index;
}

void lint_pick_order(lint_pick *p, size_t *order) {
    for (size_t i = 0; i < p->n; i++) {
        size_t at = i; /* by insertion: a sheet's worth is few */
        for (; at > 0 && before(p, i, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}
