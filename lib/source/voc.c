/* expat calls back at each tag. What an element means depends on those that it lies in, which are kept
 * as a path of words: 0 where the word does not matter. */
#include "source/voc.h"
#include "picture/image.h"

#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum word { OTHER, ANNOTATION, SIZE, OBJECT, BNDBOX, NAME, WIDTH, HEIGHT, XMIN, YMIN, XMAX, YMAX };
enum { TEXT_MAX = 256, EDGES = 4 };

static const char *const WORD[] = {"",      "annotation", "size", "object", "bndbox", "name",
                                   "width", "height",     "xmin", "ymin",   "xmax",   "ymax"};

typedef struct reading {
    XML_Parser parser;
    lint_objects *to;
    enum word path[LINT_VOC_DEPTH];
    size_t depth;
    char text[TEXT_MAX], name[TEXT_MAX];
    size_t n; /* of the text; TEXT_MAX: too long */
    double edge[EDGES];
    int edges; /* bits: which of them this object has */
    int failed;
    lint_err *e;
} reading;

static enum word word_of(const char *name) {
    for (size_t k = 1; k < sizeof WORD / sizeof *WORD; k++)
        if (strcmp(name, WORD[k]) == 0) return (enum word)k;
    return OTHER;
}

/* Ends the parsing; the message is in *e. */
static void stop(reading *r) {
    lint_err_prefix(r->e, "line %lu: ", (unsigned long)XML_GetCurrentLineNumber(r->parser));
    r->failed = 1;
    XML_StopParser(r->parser, XML_FALSE);
}

static int is_in(const reading *r, size_t depth, enum word a, enum word b) {
    return r->depth == depth && r->path[1] == a && (depth < 4 || r->path[2] == b);
}

static int get_number(const reading *r, double *v, lint_err *e) {
    char *end;
    const char *at = r->text + strspn(r->text, " \t\r\n");
    size_t n = strcspn(at, " \t\r\n");
    *v = strtod(at, &end);
    if (r->n < TEXT_MAX && n && end == at + n && strspn(at, "0123456789+-.eE") == n &&
        fabs(*v) <= LINT_OUTLINE_FAR)
        return 0;
    return lint_fail(e, "'%.40s' is not a number of pixels", at);
}

/* Some programs write 0 where they do not know. */
static int take_side(reading *r, int *side) {
    double v;
    if (get_number(r, &v, r->e) < 0) return -1;
    if (v < 0 || v > LINT_IMAGE_MAX || v != floor(v))
        return lint_fail(r->e, "%g is no size for a picture", v);
    *side = (int)v;
    return 0;
}

static int take_edge(reading *r, enum word edge) {
    int k = (int)edge - XMIN;
    r->edges |= 1 << k;
    return get_number(r, &r->edge[k], r->e);
}

static int take_object(reading *r) {
    const double *v = r->edge;
    if (r->edges != (1 << EDGES) - 1)
        return lint_fail(r->e, "an object without the four edges of a bndbox");
    const double box[4] = {v[0] - 1, v[1] - 1, v[2] - v[0] + 1, v[3] - v[1] + 1};
    if (box[2] <= 0 || box[3] <= 0)
        return lint_fail(r->e, "a box of %gx%g has no area", box[2], box[3]);
    return lint_objects_add(r->to, box, *r->name ? r->name : NULL, r->e);
}

static int take_name(reading *r) {
    if (r->n == TEXT_MAX) return lint_fail(r->e, "a name of %d bytes or more", TEXT_MAX);
    const char *at = r->text + strspn(r->text, " \t\r\n");
    size_t n = strlen(at);
    while (n && strchr(" \t\r\n", at[n - 1]))
        n--;
    memcpy(r->name, at, n);
    r->name[n] = 0;
    return 0;
}

static int take_element(reading *r, enum word word) {
    if (is_in(r, 3, SIZE, 0) && (word == WIDTH || word == HEIGHT))
        return take_side(r, word == WIDTH ? &r->to->w : &r->to->h);
    if (is_in(r, 3, OBJECT, 0) && word == NAME) return take_name(r);
    if (is_in(r, 4, OBJECT, BNDBOX) && word >= XMIN) return take_edge(r, word);
    return r->depth == 2 && word == OBJECT ? take_object(r) : 0;
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attributes) {
    reading *r = ctx;
    (void)attributes;
    if (r->failed) return;
    if (r->depth == LINT_VOC_DEPTH) {
        lint_fail(r->e, "elements more than %d deep", LINT_VOC_DEPTH);
        stop(r);
        return;
    }
    enum word word = word_of(name);
    if (r->depth == 0 && word != ANNOTATION) {
        lint_fail(r->e, "<%.40s>, expected <annotation>", name);
        stop(r);
        return;
    }
    r->path[r->depth++] = word;
    if (r->depth == 2 && word == OBJECT) r->edges = 0, *r->name = 0;
    r->n = 0;
    *r->text = 0;
}

static void XMLCALL on_end(void *ctx, const char *name) {
    reading *r = ctx;
    (void)name;
    if (r->failed) return;
    if (take_element(r, r->path[r->depth - 1]) < 0) {
        stop(r);
        return;
    }
    r->depth--;
    r->n = 0;
    *r->text = 0;
}

static void XMLCALL on_text(void *ctx, const char *text, int len) {
    reading *r = ctx;
    size_t n = (size_t)len;
    if (r->n + n >= TEXT_MAX) {
        r->n = TEXT_MAX; /* matters only where the text does */
        return;
    }
    memcpy(r->text + r->n, text, n);
    r->text[r->n += n] = 0;
}

/* A few entities can stand for gigabytes, or for other files. */
static void XMLCALL on_entity(void *ctx, const char *name, int is_parameter, const char *value,
                              int length, const char *base, const char *system, const char *public,
                              const char *notation) {
    reading *r = ctx;
    (void)is_parameter, (void)value, (void)length, (void)base, (void)system, (void)public;
    (void)notation;
    if (r->failed) return;
    lint_fail(r->e, "declares the entity '%.40s', which no annotation needs", name);
    stop(r);
}

int lint_voc_read(const char *xml, size_t len, lint_objects *to, lint_err *e) {
    reading r = {.parser = XML_ParserCreate(NULL), .to = to, .e = e};
    if (!r.parser) return lint_fail_mem(e, "annotations");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetEntityDeclHandler(r.parser, on_entity);
    int err = len > LINT_VOC_BYTES ? lint_fail(e, "larger than %u MiB", LINT_VOC_BYTES >> 20) : 0;
    if (!err && XML_Parse(r.parser, xml, (int)len, 1) != XML_STATUS_OK) {
        enum XML_Error why = XML_GetErrorCode(r.parser);
        err = -1;
        if (!r.failed && why == XML_ERROR_NO_MEMORY)
            lint_fail_mem(e, "annotations");
        else if (!r.failed)
            lint_fail(e, "line %lu: not valid XML: %s",
                      (unsigned long)XML_GetCurrentLineNumber(r.parser), XML_ErrorString(why));
    }
    XML_ParserFree(r.parser);
    if (!err && (!to->w || !to->h)) to->w = to->h = 0;
    return err;
}
