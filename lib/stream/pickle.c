#include "stream/pickle.h"
#include "base/grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_WEIGHTS "save the weights alone: torch.save(model.state_dict(), FILE)"

/* --- values ------------------------------------------------------------------------------------ */

static int has_items(const lint_pickle_value *v) {
    return v->kind == LINT_PICKLE_TUPLE || v->kind == LINT_PICKLE_LIST ||
           v->kind == LINT_PICKLE_DICT || v->kind == LINT_PICKLE_CALL ||
           v->kind == LINT_PICKLE_OUTSIDE;
}

const lint_pickle_value *lint_pickle_item(const lint_pickle *p, const lint_pickle_value *v,
                                          size_t i) {
    return v && has_items(v) && i < v->count ? &p->value[v->item[i]] : NULL;
}

int lint_pickle_is_text(const lint_pickle_value *v, const char *text) {
    return v && v->kind == LINT_PICKLE_TEXT && v->count == strlen(text) &&
           memcmp(v->text, text, v->count) == 0;
}

const lint_pickle_value *lint_pickle_find(const lint_pickle *p, const lint_pickle_value *dict,
                                          const char *key) {
    for (size_t i = dict->count; i >= 2; i -= 2)
        if (lint_pickle_is_text(lint_pickle_item(p, dict, i - 2), key))
            return lint_pickle_item(p, dict, i - 1);
    return NULL;
}

void lint_pickle_free(lint_pickle *p) {
    for (size_t i = 0; i < p->count; i++)
        if (has_items(&p->value[i])) free(p->value[i].item);
    free(p->value);
    *p = (lint_pickle){0};
}

/* --- the machine ------------------------------------------------------------------------------- */

/* The class that makes a dict; numbered behind the caller's globals. */
static const char ordered_dict[] = "collections OrderedDict";

typedef struct ids {
    uint32_t *v;
    size_t n, room;
} ids;

typedef struct machine {
    lint_pickle *p;
    const unsigned char *begin, *at, *end;
    const char *const *globals;
    int64_t known; /* globals of the caller */
    size_t paired; /* items of all OrderedDicts that came as lists of pairs */
    ids stack;
    ids memo;
    ids marks; /* heights of the stack */
    lint_err *e;
} machine;

static int push_id(machine *m, ids *to, uint32_t id) {
    uint32_t *more = lint_grow(to->v, to->n, &to->room, sizeof *more);
    if (!more) return lint_fail_mem(m->e, "a pickle");
    to->v = more;
    more[to->n++] = id;
    return 0;
}

/* Adds a value and puts it on the stack. */
static int push(machine *m, lint_pickle_value v) {
    lint_pickle *p = m->p;
    lint_pickle_value *more = NULL;
    if (p->count < LINT_PICKLE_VALUES_MAX)
        more = lint_grow(p->value, p->count, &p->room, sizeof *more);
    else
        lint_fail(m->e, "a pickle of more than %d values", LINT_PICKLE_VALUES_MAX);
    if (!more && p->count < LINT_PICKLE_VALUES_MAX) lint_fail_mem(m->e, "a pickle");
    if (!more) {
        if (has_items(&v)) free(v.item);
        return -1;
    }
    p->value = more;
    more[p->count] = v;
    return push_id(m, &m->stack, (uint32_t)p->count++);
}

static int too_few(machine *m) {
    return lint_fail(m->e, "a damaged pickle: an opcode finds too few values");
}

/* The lowest slot of the stack that opcodes may take from: below the last mark, values belong to
 * others. */
static size_t ground(const machine *m) {
    return m->marks.n ? m->marks.v[m->marks.n - 1] : 0;
}

/* Takes k values from the stack: where they stand, until the next push. NULL on error. */
static const uint32_t *pop(machine *m, size_t k) {
    if (m->stack.n - ground(m) < k) {
        too_few(m);
        return NULL;
    }
    m->stack.n -= k;
    return m->stack.v + m->stack.n;
}

/* Takes what was pushed since the last mark, and the mark. */
static const uint32_t *pop_mark(machine *m, size_t *count) {
    if (m->marks.n == 0) {
        too_few(m);
        return NULL;
    }
    size_t from = m->marks.v[--m->marks.n];
    *count = m->stack.n - from;
    m->stack.n = from;
    return m->stack.v + from;
}

/* The value that stays on top; NULL on error. */
static lint_pickle_value *top(machine *m) {
    if (m->stack.n == ground(m)) {
        too_few(m);
        return NULL;
    }
    return &m->p->value[m->stack.v[m->stack.n - 1]];
}

static int append(machine *m, lint_pickle_value *to, const uint32_t *id, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t *more = lint_grow(to->item, to->count, &to->room, sizeof *more);
        if (!more) return lint_fail_mem(m->e, "a pickle");
        to->item = more;
        more[to->count++] = id[i];
    }
    return 0;
}

/* Pushes a value of these items, which lie on the stack's free end. */
static int push_of(machine *m, lint_pickle_kind kind, const uint32_t *id, size_t n) {
    lint_pickle_value v = {.kind = kind};
    v.item = NULL;
    if (append(m, &v, id, n) < 0) {
        free(v.item);
        return -1;
    }
    return push(m, v);
}

/* --- arguments of opcodes ---------------------------------------------------------------------- */

/* The next n bytes; NULL on error. */
static const unsigned char *take(machine *m, uint64_t n) {
    if ((uint64_t)(m->end - m->at) < n) {
        lint_fail(m->e, "truncated: the pickle ends within an opcode");
        return NULL;
    }
    const unsigned char *p = m->at;
    m->at += n;
    return p;
}

static int take_little(machine *m, size_t bytes, uint64_t *v) {
    const unsigned char *p = take(m, bytes);
    *v = 0;
    while (p && bytes--)
        *v = *v << 8 | p[bytes];
    return p ? 0 : -1;
}

/* A line of text, up to a newline that is passed over. */
static const char *take_line(machine *m, size_t *length) {
    const unsigned char *p = m->at, *nl = memchr(p, '\n', (size_t)(m->end - p));
    if (!nl) {
        lint_fail(m->e, "truncated: the pickle ends within an opcode");
        return NULL;
    }
    *length = (size_t)(nl - p);
    m->at = nl + 1;
    return (const char *)p;
}

/* --- opcodes ----------------------------------------------------------------------------------- */

static int push_int(machine *m, int64_t v) {
    return push(m, (lint_pickle_value){.kind = LINT_PICKLE_INT, .number = v});
}

static int read_int(machine *m, size_t bytes) {
    uint64_t v;
    if (take_little(m, bytes, &v) < 0) return -1;
    return push_int(m, bytes == 4 ? (int32_t)v : (int64_t)v);
}

/* Two's complement, of up to 255 bytes. */
static int read_long(machine *m) {
    uint64_t n, v = 0;
    if (take_little(m, 1, &n) < 0) return -1;
    const unsigned char *p = take(m, n);
    if (!p) return -1;
    if (n == 0) return push_int(m, 0);
    int negative = p[n - 1] >> 7;
    if (n > 8) {
        lint_pickle_value huge = {.kind = LINT_PICKLE_REAL, .real = negative ? -0x1p64 : 0x1p64};
        return push(m, huge);
    }
    if (negative) v = UINT64_MAX;
    for (uint64_t i = n; i-- > 0;)
        v = v << 8 | p[i];
    int64_t number;
    memcpy(&number, &v, sizeof number);
    return push_int(m, number);
}

/* Big-endian, unlike all else. */
static int read_real(machine *m) {
    const unsigned char *p = take(m, 8);
    uint64_t bits = 0;
    if (!p) return -1;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    lint_pickle_value v = {.kind = LINT_PICKLE_REAL};
    memcpy(&v.real, &bits, sizeof bits);
    return push(m, v);
}

static int read_text(machine *m, size_t bytes_of_length) {
    uint64_t n;
    if (take_little(m, bytes_of_length, &n) < 0) return -1;
    const char *text = (const char *)take(m, n);
    if (!text) return -1;
    return push(m, (lint_pickle_value){.kind = LINT_PICKLE_TEXT, .text = text, .count = (size_t)n});
}

/* Whether "module name" is the line `module`, a space, and the line `name`. */
static int is_global(const char *known, const char *module, size_t a, const char *name, size_t b) {
    return strlen(known) == a + 1 + b && memcmp(known, module, a) == 0 && known[a] == ' ' &&
           memcmp(known + a + 1, name, b) == 0;
}

static int read_global(machine *m) {
    size_t a, b = 0;
    const char *module = take_line(m, &a), *name = module ? take_line(m, &b) : NULL;
    if (!name) return -1;
    lint_pickle_value v = {.kind = LINT_PICKLE_GLOBAL, .number = m->known};
    if (is_global(ordered_dict, module, a, name, b)) return push(m, v);
    for (v.number = 0; v.number < m->known; v.number++)
        if (is_global(m->globals[v.number], module, a, name, b)) return push(m, v);
    return lint_fail(
        m->e, "the pickle names '%.*s.%.*s', which is no part of a state dict; " SAVE_WEIGHTS,
        (int)(a < 200 ? a : 200), module, (int)(b < 200 ? b : 200), name);
}

static int no_pairs(machine *m) {
    return lint_fail(m->e, "a damaged pickle: an OrderedDict of something else than pairs");
}

/* All other items were pushed by an opcode each. These are copies: of one list that is remembered, a few
 * bytes could make any number of dicts. */
static int append_pairs(machine *m, lint_pickle_value *dict, const lint_pickle_value *pairs) {
    for (size_t i = 0; i < pairs->count; i++) {
        const lint_pickle_value *pair = lint_pickle_item(m->p, pairs, i);
        if (!has_items(pair) || pair->count != 2) return no_pairs(m);
        m->paired += 2;
        if (m->paired > (size_t)(m->at - m->begin))
            return lint_fail(m->e, "a damaged pickle: more items of OrderedDicts than bytes");
        if (append(m, dict, pair->item, 2) < 0) return -1;
    }
    return 0;
}

/* OrderedDict(), or of a list of pairs, which Python 2 wrote. */
static int make_dict(machine *m, const lint_pickle_value *arguments) {
    lint_pickle_value dict = {.kind = LINT_PICKLE_DICT};
    dict.item = NULL;
    const lint_pickle_value *pairs = lint_pickle_item(m->p, arguments, 0);
    if (arguments->count > 1 || (pairs && !has_items(pairs))) return no_pairs(m);
    if (!pairs || append_pairs(m, &dict, pairs) == 0) return push(m, dict);
    free(dict.item);
    return -1;
}

static int read_call(machine *m) {
    const uint32_t *id = pop(m, 2);
    if (!id) return -1;
    const lint_pickle_value *called = &m->p->value[id[0]], *arguments = &m->p->value[id[1]];
    if (called->kind != LINT_PICKLE_GLOBAL || arguments->kind != LINT_PICKLE_TUPLE)
        return lint_fail(m->e, "a damaged pickle: it calls something that is no function");
    if (called->number == m->known) return make_dict(m, arguments);
    return push_of(m, LINT_PICKLE_CALL, id, 2);
}

/* Ignores a dict's attributes, which say nothing about its tensors. */
static int read_build(machine *m) {
    if (!pop(m, 1)) return -1;
    const lint_pickle_value *v = top(m);
    if (!v || v->kind == LINT_PICKLE_DICT) return v ? 0 : -1;
    return lint_fail(m->e, "the pickle sets attributes of something that is no dict");
}

static int add_items(machine *m, lint_pickle_kind to, const uint32_t *id, size_t n) {
    lint_pickle_value *v = id ? top(m) : NULL;
    if (!v) return -1;
    if (v->kind != to || (to == LINT_PICKLE_DICT && n % 2))
        return lint_fail(m->e, "a damaged pickle: items for something that has none");
    return append(m, v, id, n);
}

static int read_items(machine *m, lint_pickle_kind to) {
    size_t n = 0;
    const uint32_t *id = pop_mark(m, &n);
    return add_items(m, to, id, n);
}

static int read_tuple(machine *m, size_t n) {
    const uint32_t *id = pop(m, n);
    return id ? push_of(m, LINT_PICKLE_TUPLE, id, n) : -1;
}

static int read_marked_tuple(machine *m) {
    size_t n = 0;
    const uint32_t *id = pop_mark(m, &n);
    return id ? push_of(m, LINT_PICKLE_TUPLE, id, n) : -1;
}

static int read_outside(machine *m) {
    const uint32_t *id = pop(m, 1);
    return id ? push_of(m, LINT_PICKLE_OUTSIDE, id, 1) : -1;
}

/* Picklers number what they remember one after the other, so a gap is no pickler's. */
static int memo_put(machine *m, size_t bytes) {
    uint64_t i;
    if (take_little(m, bytes, &i) < 0 || !top(m)) return -1;
    uint32_t id = m->stack.v[m->stack.n - 1];
    if (i > m->memo.n)
        return lint_fail(m->e, "a damaged pickle: memo %" PRIu64 " follows memo %zu", i, m->memo.n);
    if (i == m->memo.n) return push_id(m, &m->memo, id);
    m->memo.v[i] = id;
    return 0;
}

static int memo_get(machine *m, size_t bytes) {
    uint64_t i;
    if (take_little(m, bytes, &i) < 0) return -1;
    if (i >= m->memo.n) return lint_fail(m->e, "a damaged pickle: no memo %" PRIu64, i);
    return push_id(m, &m->stack, m->memo.v[i]);
}

static int read_protocol(machine *m) {
    uint64_t v;
    if (take_little(m, 1, &v) < 0) return -1;
    return v <= 5 ? 0 : lint_fail(m->e, "a pickle of protocol %d, expected 2", (int)v);
}

/* --- opcodes by number ------------------------------------------------------------------------- */

enum {
    MARK = '(',
    STOP = '.',
    BINPERSID = 'Q',
    BINFLOAT = 'G',
    BININT = 'J',
    BININT1 = 'K',
    BININT2 = 'M',
    NONE = 'N',
    REDUCE = 'R',
    BINSTRING = 'T',
    SHORT_BINSTRING = 'U',
    BINUNICODE = 'X',
    EMPTY_LIST = ']',
    APPEND = 'a',
    BUILD = 'b',
    GLOBAL = 'c',
    APPENDS = 'e',
    BINGET = 'h',
    LONG_BINGET = 'j',
    BINPUT = 'q',
    LONG_BINPUT = 'r',
    SETITEM = 's',
    TUPLE = 't',
    EMPTY_TUPLE = ')',
    SETITEMS = 'u',
    EMPTY_DICT = '}',
    PROTO = 0x80,
    TUPLE1 = 0x85,
    TUPLE2 = 0x86,
    TUPLE3 = 0x87,
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    LONG1 = 0x8a
};

/* The others, for the message that refuses one. */
static const struct {
    unsigned char code;
    const char *name;
} OTHER[] = {
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'B', "BINBYTES"},
    {'C', "SHORT_BINBYTES"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'V', "UNICODE"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x81, "NEWOBJ"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8c, "SHORT_BINUNICODE"},
    {0x8d, "BINUNICODE8"},
    {0x8e, "BINBYTES8"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x93, "STACK_GLOBAL"},
    {0x94, "MEMOIZE"},
    {0x95, "FRAME"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
};

static int refuse(machine *m, unsigned char code) {
    for (size_t i = 0; i < sizeof OTHER / sizeof *OTHER; i++)
        if (OTHER[i].code == code)
            return lint_fail(
                m->e, "the pickle uses the opcode %s, which no state dict needs; " SAVE_WEIGHTS,
                OTHER[i].name);
    return lint_fail(m->e, "a damaged pickle: unknown opcode 0x%02x", code);
}

static int push_kind(machine *m, lint_pickle_kind kind, int64_t number) {
    return push(m, (lint_pickle_value){.kind = kind, .number = number});
}

/* What makes a value of bytes that follow. */
static int step_value(machine *m, unsigned char code) {
    switch (code) {
    case NONE:
        return push_kind(m, LINT_PICKLE_NONE, 0);
    case NEWTRUE:
    case NEWFALSE:
        return push_kind(m, LINT_PICKLE_BOOL, code == NEWTRUE);
    case BININT1:
        return read_int(m, 1);
    case BININT2:
        return read_int(m, 2);
    case BININT:
        return read_int(m, 4);
    case LONG1:
        return read_long(m);
    case BINFLOAT:
        return read_real(m);
    case SHORT_BINSTRING:
        return read_text(m, 1);
    case BINSTRING:
    case BINUNICODE:
        return read_text(m, 4);
    case GLOBAL:
        return read_global(m);
    case PROTO:
        return read_protocol(m);
    default:
        return refuse(m, code);
    }
}

/* What takes values from the stack. */
static int step(machine *m, unsigned char code) {
    switch (code) {
    case MARK:
        return push_id(m, &m->marks, (uint32_t)m->stack.n);
    case EMPTY_TUPLE:
        return push_of(m, LINT_PICKLE_TUPLE, NULL, 0);
    case EMPTY_LIST:
        return push_of(m, LINT_PICKLE_LIST, NULL, 0);
    case EMPTY_DICT:
        return push_of(m, LINT_PICKLE_DICT, NULL, 0);
    case TUPLE1:
    case TUPLE2:
    case TUPLE3:
        return read_tuple(m, code - TUPLE1 + 1u);
    case TUPLE:
        return read_marked_tuple(m);
    case APPEND:
        return add_items(m, LINT_PICKLE_LIST, pop(m, 1), 1);
    case APPENDS:
        return read_items(m, LINT_PICKLE_LIST);
    case SETITEM:
        return add_items(m, LINT_PICKLE_DICT, pop(m, 2), 2);
    case SETITEMS:
        return read_items(m, LINT_PICKLE_DICT);
    case REDUCE:
        return read_call(m);
    case BUILD:
        return read_build(m);
    case BINPERSID:
        return read_outside(m);
    case BINPUT:
    case LONG_BINPUT:
        return memo_put(m, code == BINPUT ? 1 : 4);
    case BINGET:
    case LONG_BINGET:
        return memo_get(m, code == BINGET ? 1 : 4);
    default:
        return step_value(m, code);
    }
}

static int run(machine *m) {
    for (;;) {
        const unsigned char *code = take(m, 1);
        if (!code) return -1;
        if (*code == STOP) break;
        if (step(m, *code) < 0) return -1;
    }
    if (m->stack.n != 1 || m->marks.n)
        return lint_fail(m->e, "a damaged pickle: it ends with %zu values, expected one",
                         m->stack.n);
    m->p->top = m->stack.v[0];
    return 0;
}

int lint_pickle_read(lint_pickle *p, const unsigned char *bytes, size_t n,
                     const char *const *globals, lint_err *e) {
    size_t most = n < LINT_PICKLE_BYTES_MAX ? n : LINT_PICKLE_BYTES_MAX;
    machine m = {
        .p = p, .begin = bytes, .at = bytes, .end = bytes + most, .globals = globals, .e = e};
    *p = (lint_pickle){0};
    while (globals[m.known])
        m.known++;
    m.stack.v = lint_grow(NULL, 0, &m.stack.room, sizeof *m.stack.v); /* never NULL from here on */
    int err = m.stack.v ? run(&m) : lint_fail_mem(e, "a pickle");
    p->length = (size_t)(m.at - bytes);
    free(m.stack.v);
    free(m.memo.v);
    free(m.marks.v);
    if (err < 0) lint_pickle_free(p);
    return err;
}
