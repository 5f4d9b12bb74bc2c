#include "stream/state_dict.h"
#include "base/file_map.h"
#include "base/names.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "stream/frame_parts.h"
#include "stream/mapped.h"
#include "stream/torch_file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 1000 };

/* A file with tensors, in one of two formats. */
struct lint_state_dict_part {
    lint_file_map map; /* of a file of torch.save's */
    lint_torch_file torch;
    lint_mapped mapped; /* of safetensors */
};
typedef struct lint_state_dict_part part;

/* --- one file ---------------------------------------------------------------------------------- */

static lint_frame *part_frame(part *p) {
    return p->map.bytes ? &p->torch.frame : &p->mapped.frame;
}

static void free_part(part *p) {
    if (p->map.bytes)
        lint_torch_file_free(&p->torch);
    else
        lint_mapped_free(&p->mapped);
    lint_file_map_close(&p->map);
}

/* Takes the file over from its map, which is closed where that is not needed. */
static int load_part(part *p, lint_file_map *map, const char *path, lint_err *e) {
    *p = (part){0};
    if (map->bytes && lint_torch_file_is(map->bytes, map->size)) {
        int err = lint_torch_file_read(&p->torch, map->bytes, map->size, e);
        if (err == 0)
            p->map = *map;
        else
            lint_file_map_close(map);
        return err < 0 ? lint_err_prefix(e, "%s: ", path) : 0;
    }
    lint_file_map_close(map);
    return lint_mapped_load(&p->mapped, path, e);
}

/* Moves the tensors of p's frame to the end of s's. Their data stays with the part, which forgets
 * only their names and shapes. */
static int join_part(lint_state_dict *s, part *p, lint_err *e) {
    lint_frame *from = part_frame(p), *to = &s->frame;
    lint_tensor *more = realloc(to->tensors, (to->count + from->count + 1) * sizeof *more);
    if (!more) return lint_fail_mem(e, "tensors");
    to->tensors = more;
    for (size_t i = 0; i < from->count; i++) {
        lint_tensor *t = &from->tensors[i], *copy = &more[to->count];
        if (lint_tensor_describe(copy, t->name, t->dtype, t->rank, t->shape, e) < 0) return -1;
        copy->data = t->data;
        to->count++;
    }
    return 0;
}

void lint_state_dict_free(lint_state_dict *s) {
    for (size_t i = 0; i < s->frame.count; i++)
        s->frame.tensors[i].data = NULL;
    lint_frame_free(&s->frame);
    for (size_t i = 0; i < s->parts; i++)
        free_part(&s->part[i]);
    free(s->part);
    *s = (lint_state_dict){0};
}

/* Loads one more file, of which s->part has room. */
static int add_part(lint_state_dict *s, lint_file_map *map, const char *path, lint_err *e) {
    if (load_part(&s->part[s->parts], map, path, e) < 0) return -1;
    return join_part(s, &s->part[s->parts++], e);
}

static int load_one(lint_state_dict *s, lint_file_map *map, const char *path, lint_err *e) {
    s->part = malloc(sizeof *s->part);
    if (!s->part) {
        lint_file_map_close(map);
        return lint_fail_mem(e, path);
    }
    if (add_part(s, map, path, e) < 0) return -1;
    return lint_frame_copy_meta(&s->frame, part_frame(&s->part[0]), e);
}

/* --- an index of several files ----------------------------------------------------------------- */

/* A JSON object; lengths of safetensors headers are too small to begin so. */
static int is_index(const lint_file_map *map) {
    uint64_t length;
    if (!map->bytes || map->size < sizeof length || map->bytes[0] != '{') return 0;
    memcpy(&length, map->bytes, sizeof length);
    return length > LINT_HEADER_MAX;
}

static json_t *parse_index(const lint_file_map *map, lint_err *e) {
    enum { VALUES_MAX = 1000000 };
    json_error_t je;
    const char *text = (const char *)map->bytes;
    if (map->size > LINT_HEADER_MAX || lint_json_values(text, map->size) > VALUES_MAX) {
        lint_fail(e, "too long an index of tensors");
        return NULL;
    }
    json_t *root = json_loadb(text, map->size, JSON_REJECT_DUPLICATES, &je);
    if (!root) lint_fail(e, "not valid JSON: %s (byte %d)", je.text, je.position);
    return root;
}

/* Whether it is the name of a file in the index's own folder. */
static int is_beside(const char *name) {
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* The files that the map names, each once. */
static int list_files(json_t *map, lint_names *files, lint_err *e) {
    const char *tensor;
    json_t *v;
    json_object_foreach(map, tensor, v) {
        const char *file = json_string_value(v);
        if (!file) return lint_fail(e, "weight_map: the file of '%s' is not a string", tensor);
        if (!is_beside(file))
            return lint_fail(e, "weight_map: '%s' is not the name of a file beside the index",
                             file);
        if (lint_names_find(files, file) < 0) {
            if (files->n == PARTS_MAX) return lint_fail(e, "more than %d files", PARTS_MAX);
            if (lint_names_push(files, file, strlen(file), e) < 0) return -1;
        }
    }
    if (files->n == 0) return lint_fail(e, "weight_map names no file");
    return 0;
}

/* The index's folder, a slash, and the name; the caller frees it. NULL: no memory. */
static char *beside(const char *index, const char *name) {
    const char *slash = strrchr(index, '/');
    size_t folder = slash ? (size_t)(slash + 1 - index) : 0, size = folder + strlen(name) + 1;
    char *path = malloc(size);
    if (path) snprintf(path, size, "%.*s%s", (int)folder, index, name);
    return path;
}

static int add_file(lint_state_dict *s, const char *path, lint_err *e) {
    lint_file_map map;
    FILE *in = lint_regular_open(path, path, e);
    if (!in) return -1;
    fclose(in);
    if (lint_file_map_open(&map, path, e) < 0) return -1;
    if (is_index(&map)) {
        lint_file_map_close(&map);
        return lint_fail(e, "%s: an index within an index", path);
    }
    return add_part(s, &map, path, e);
}

/* The tensors of the newest part are those that the map says of the file. */
static int check_file(const lint_state_dict *s, size_t first, json_t *map, const char *file,
                      lint_err *e) {
    for (size_t i = first; i < s->frame.count; i++) {
        const char *name = s->frame.tensors[i].name;
        const char *is = json_string_value(json_object_get(map, name));
        if (!is || strcmp(is, file) != 0)
            return lint_fail(e, "'%s' is in '%s', but the index %s%s", name, file,
                             is ? "has it in " : "does not name it", is ? is : "");
    }
    return 0;
}

/* Crosses every tensor that is there off the map. */
static int check_all(const lint_state_dict *s, json_t *map, lint_err *e) {
    const char *tensor;
    json_t *file;
    for (size_t i = 0; i < s->frame.count; i++)
        json_object_del(map, s->frame.tensors[i].name);
    json_object_foreach(map, tensor, file) {
        return lint_fail(e, "'%s' is not in '%s', as the index says", tensor,
                         json_string_value(file));
    }
    return 0;
}

static int load_files(lint_state_dict *s, const char *index, json_t *map, const lint_names *files,
                      lint_err *e) {
    s->part = calloc(files->n, sizeof *s->part);
    if (!s->part) return lint_fail_mem(e, "an index of tensors");
    for (size_t i = 0; i < files->n; i++) {
        size_t first = s->frame.count;
        char *path = beside(index, files->v[i]);
        int err = path ? add_file(s, path, e) : lint_fail_mem(e, "a name");
        free(path);
        if (err < 0) return -1;
        if (check_file(s, first, map, files->v[i], e) < 0) return lint_err_prefix(e, "%s: ", index);
    }
    if (check_all(s, map, e) < 0) return lint_err_prefix(e, "%s: ", index);
    qsort(s->frame.tensors, s->frame.count, sizeof *s->frame.tensors, lint_tensor_compare);
    return 0;
}

static int load_index(lint_state_dict *s, lint_file_map *bytes, const char *path, lint_err *e) {
    lint_names files = {0};
    json_t *root = parse_index(bytes, e), *map = json_object_get(root, "weight_map");
    lint_file_map_close(bytes);
    int err = root ? 0 : -1;
    if (err == 0 && !json_is_object(map))
        err = lint_fail(e, "no weight_map, expected an index of tensors");
    if (err == 0) err = list_files(map, &files, e);
    if (err < 0) lint_err_prefix(e, "%s: ", path);
    if (err == 0) err = load_files(s, path, map, &files, e);
    lint_names_free(&files);
    json_decref(root);
    return err;
}

int lint_state_dict_load(lint_state_dict *s, const char *path, lint_err *e) {
    lint_file_map map;
    *s = (lint_state_dict){0};
    if (lint_file_map_open(&map, path, e) < 0) return -1;
    int err = is_index(&map) ? load_index(s, &map, path, e) : load_one(s, &map, path, e);
    if (err < 0) lint_state_dict_free(s);
    return err;
}
