/* pickle: what a pickle of Python says, as data. Nothing is executed.
 *
 * Knows the opcodes that numbers, texts, lists, tuples, dicts and calls of named functions take in
 * protocol 2, which is what torch.save writes. A call is noted, not made: it is a value with the
 * function's name and its arguments. Only functions and classes from the caller's list may be named
 * at all. Everything else is refused by name.
 *
 *     static const char *const globals[] = {"torch FloatStorage", NULL};
 *     lint_pickle p;
 *     if (lint_pickle_read(&p, bytes, n, globals, &e) < 0) ...
 *     const lint_pickle_value *v = lint_pickle_get(&p, p.top);
 *     ...
 *     lint_pickle_free(&p);
 *
 * Values are numbered, and refer to each other by number: a list or dict may hold itself, so whoever
 * follows references bounds the depth. A pickle has at most LINT_PICKLE_VALUES_MAX values in
 * LINT_PICKLE_BYTES_MAX bytes.
 *
 * Format: Lib/pickletools.py of CPython.
 */
#ifndef LINT_STREAM_PICKLE_H
#define LINT_STREAM_PICKLE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { LINT_PICKLE_VALUES_MAX = 4000000, LINT_PICKLE_BYTES_MAX = 100000000 };

typedef enum lint_pickle_kind {
    LINT_PICKLE_NONE,
    LINT_PICKLE_BOOL,
    LINT_PICKLE_INT,
    LINT_PICKLE_REAL, /* also an integer of more than 64 bits */
    LINT_PICKLE_TEXT,
    LINT_PICKLE_TUPLE,
    LINT_PICKLE_LIST,
    LINT_PICKLE_DICT,   /* of an OrderedDict too: item 2i is a key, 2i + 1 its value */
    LINT_PICKLE_GLOBAL, /* `number` counts in the caller's list */
    LINT_PICKLE_CALL,   /* item 0 is the global, item 1 the tuple of its arguments */
    LINT_PICKLE_OUTSIDE /* item 0 names something that is stored outside the pickle */
} lint_pickle_kind;

typedef struct lint_pickle_value {
    lint_pickle_kind kind;
    union {
        int64_t number;
        double real;
        const char *text; /* in the pickle's bytes, not terminated, any bytes */
        uint32_t *item;
    };
    size_t count, room; /* bytes of a text; items */
} lint_pickle_value;

typedef struct lint_pickle {
    lint_pickle_value *value;
    size_t count, room;
    uint32_t top;
    size_t length; /* bytes up to the pickle's end, which others may follow */
} lint_pickle;

/* Reads the pickle at the start of bytes [n], which must outlive it. globals: "module name" of what
 * may be named, ended by NULL; "collections OrderedDict" is always known. Errors: an opcode or a
 * global that is not known, by name; a pickle that is cut off or makes no sense. On error there is
 * nothing to free. */
int lint_pickle_read(lint_pickle *p, const unsigned char *bytes, size_t n,
                     const char *const *globals, lint_err *e);
void lint_pickle_free(lint_pickle *p);

static inline const lint_pickle_value *lint_pickle_get(const lint_pickle *p, uint32_t id) {
    return &p->value[id];
}

/* Item i of a value that has one, or else NULL. */
const lint_pickle_value *lint_pickle_item(const lint_pickle *p, const lint_pickle_value *v,
                                          size_t i);

/* Whether it is this text. */
int lint_pickle_is_text(const lint_pickle_value *v, const char *text);

/* The value of a dict's key, the last one of that name; NULL: there is none. */
const lint_pickle_value *lint_pickle_find(const lint_pickle *p, const lint_pickle_value *dict,
                                          const char *key);

#endif
