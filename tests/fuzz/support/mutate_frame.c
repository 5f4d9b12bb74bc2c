/* Safetensors files that are right but for what was changed. */
#include "support/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8 }; /* the header's length comes first */

static const char *const dtype[] = {"BOOL", "U8",  "I8",  "F8_E5M2", "F8_E4M3", "F8_E8M0",
                                    "I16",  "U16", "F16", "BF16",    "I32",     "U32",
                                    "F32",  "F64", "I64", "U64",     "C64"};
static const unsigned width[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 8};
enum { DTYPES = sizeof width / sizeof *width };

static size_t get_length(const uint8_t *bytes, size_t n) {
    uint64_t v = 0;
    for (int i = LENGTH - 1; i >= 0 && n >= LENGTH; i--)
        v = v << 8 | bytes[i];
    return n >= LENGTH && v <= n - LENGTH ? (size_t)v : SIZE_MAX;
}

static void put_length(uint8_t *bytes, size_t v) {
    for (int i = 0; i < LENGTH; i++, v >>= 8)
        bytes[i] = (uint8_t)v;
}

static unsigned next(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 8;
}

/* --- the header as JSON ----------------------------------------------------------------------- */

static const char *member(json_t *root, unsigned which) {
    const char *key;
    json_t *v;
    which %= (unsigned)json_object_size(root);
    json_object_foreach(root, key, v) {
        if (which-- == 0) return key;
    }
    return NULL;
}

/* A dimension becomes another small one, mostly; one comes or goes. */
static void change_shape(json_t *shape, unsigned *seed) {
    static const json_int_t size[] = {0,  1,   2,     3,     4,     5,       8,
                                      16, 255, 32768, 32769, 65537, 1 << 30, INT64_MAX};
    json_int_t v = size[next(seed) % (next(seed) % 4 ? 8 : sizeof size / sizeof *size)];
    size_t rank = json_array_size(shape);
    unsigned how = next(seed) % 6;
    if (how == 0)
        json_array_append_new(shape, json_integer(v));
    else if (how == 1 && rank)
        json_array_remove(shape, next(seed) % rank);
    else if (rank)
        json_array_set_new(shape, next(seed) % rank, json_integer(v));
}

static void change_member(json_t *root, unsigned *seed) {
    static const char *const name[] = {"image", "label",    "place",  "weight", "mask",
                                       "name",  "features", "logits", "cam",    "other"};
    if (!json_object_size(root)) return;
    const char *key = member(root, next(seed));
    json_t *v = json_object_get(root, key);
    switch (next(seed) % 8) {
    case 0:
        json_object_del(root, key);
        break;
    case 1:
        json_object_set_new(root, name[next(seed) % 10], json_deep_copy(v));
        break;
    case 2:
        json_object_set_new(v, "dtype", json_string(dtype[next(seed) % DTYPES]));
        break;
    default:
        if (json_array_size(json_object_get(v, "shape")))
            change_shape(json_object_get(v, "shape"), seed);
    }
}

static uint64_t bytes_of(json_t *tensor) {
    const char *word = json_string_value(json_object_get(tensor, "dtype"));
    json_t *shape = json_object_get(tensor, "shape");
    uint64_t n = 0;
    for (size_t i = 0; word && i < DTYPES; i++)
        if (strcmp(word, dtype[i]) == 0) n = width[i];
    for (size_t i = 0; i < json_array_size(shape); i++)
        if (__builtin_mul_overflow(n, (uint64_t)json_integer_value(json_array_get(shape, i)), &n))
            return 0;
    return n;
}

/* Tensors one behind the other; returns the bytes of all. */
static uint64_t set_offsets(json_t *root) {
    uint64_t at = 0;
    const char *key;
    json_t *v;
    json_object_foreach(root, key, v) {
        if (!json_is_object(v) || strcmp(key, "__metadata__") == 0) continue;
        uint64_t end = at + bytes_of(v);
        json_object_set_new(v, "data_offsets", json_pack("[I,I]", (json_int_t)at, (json_int_t)end));
        at = end;
    }
    return at;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Puts length, header and data together; what data lacks is 0. */
static size_t put(uint8_t *bytes, size_t room, const char *text, const uint8_t *data, size_t n,
                  uint64_t want) {
    size_t header = strlen(text);
    if (LENGTH + header > room) return 0;
    if (want > room - LENGTH - header) want = room - LENGTH - header;
    if (n > want) n = (size_t)want;
    uint8_t *to = bytes + LENGTH + header;
    memmove(to, data, n);
    memset(to + n, 0, (size_t)want - n);
    put_length(bytes, header);
    memcpy(bytes + LENGTH, text, header); // NOLINT(bugprone-not-null-terminated-result): no text
    return LENGTH + header + (size_t)want;
}

/* The header, changed by its meaning, with offsets that fit. 0: it is none. */
static size_t change_header(uint8_t *bytes, size_t n, size_t room, size_t header, unsigned *seed) {
    size_t made = 0, rest = n - LENGTH - header;
    json_t *root = json_loadb((const char *)bytes + LENGTH, header, 0, NULL);
    if (json_is_object(root)) {
        if (next(seed) % 2) change_member(root, seed);
        uint64_t want = set_offsets(root);
        char *text = json_dumps(root, JSON_COMPACT);
        uint8_t *data = malloc(rest + 1);
        if (text && data) {
            memcpy(data, bytes + LENGTH + header, rest);
            made = put(bytes, room, text, data, rest, want);
        }
        free(data);
        free(text);
    }
    json_decref(root);
    return made;
}

/* The header's text, or the data, changed as libFuzzer does. */
static size_t change_part(uint8_t *bytes, size_t n, size_t room, size_t header, unsigned *seed) {
    size_t rest = n - LENGTH - header;
    if (rest && next(seed) % 2) return n - rest + LLVMFuzzerMutate(bytes + n - rest, rest, rest);
    size_t more = room - n < 64 ? room - n : 64;
    if (header + more == 0) return n; /* libFuzzer writes a byte even where there is no room */
    uint8_t *text = malloc(header + more + 1), *data = malloc(rest + 1);
    if (!text || !data) abort();
    memcpy(text, bytes + LENGTH, header);
    memcpy(data, bytes + LENGTH + header, rest);
    size_t now = LLVMFuzzerMutate(text, header, header + more);
    put_length(bytes, now);
    memcpy(bytes + LENGTH, text, now);
    memcpy(bytes + LENGTH + now, data, rest);
    free(text);
    free(data);
    return LENGTH + now + rest;
}

size_t fuzz_mutate_frame(uint8_t *bytes, size_t n, size_t room, unsigned seed, const void *start,
                         size_t of) {
    size_t header = get_length(bytes, n);
    if (start && of <= room && (header == SIZE_MAX || next(&seed) % 256 == 0)) {
        memcpy(bytes, start, of);
        n = of;
        header = get_length(bytes, n);
    }
    if (header == SIZE_MAX || next(&seed) % 8 == 0) return LLVMFuzzerMutate(bytes, n, room);
    if (next(&seed) % 2) n = change_part(bytes, n, room, header, &seed);
    header = get_length(bytes, n);
    size_t made = next(&seed) % 8 ? change_header(bytes, n, room, header, &seed) : 0;
    return made ? made : n;
}
