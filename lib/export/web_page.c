#include "export/web_page.h"
#include "base/cli.h"
#include "base/json.h"
#include "base/names.h"
#include "export/web_page_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- the network as JSON ---------------------------------------------------------------------- */

static json_t *shape(lint_shape s) {
    return json_pack("[III]", (json_int_t)s.c, (json_int_t)s.h, (json_int_t)s.w);
}

static json_t *pair(const size_t v[2]) {
    return json_pack("[II]", (json_int_t)v[0], (json_int_t)v[1]);
}

/* The weights of a node: first number and count of each among all. */
static json_t *weights_of(const lint_net_node *n, const lint_frame *model, size_t *at) {
    static const char *const words[] = {"weight", "bias", "running_mean", "running_var"};
    json_t *all = json_object();
    for (size_t i = 0; all && *n->name && i < sizeof words / sizeof *words; i++) {
        char name[LINT_LAYER_NAME + 16];
        snprintf(name, sizeof name, "%s.%s", n->name, words[i]);
        const lint_tensor *t = lint_frame_find(model, name);
        if (!t) continue;
        size_t count = t->bytes / sizeof(float);
        json_object_set_new(all, words[i], json_pack("[II]", (json_int_t)*at, (json_int_t)count));
        *at += count;
    }
    return all;
}

static json_t *node_json(const lint_net_node *n, const lint_frame *model, size_t *at) {
    json_t *j =
        json_pack("{s:s, s:I, s:o, s:o, s:o}", "op", n->word, "from", (json_int_t)n->from, "in",
                  shape(n->in), "out", shape(n->out), "weights", weights_of(n, model, at));
    if (j && n->joins) json_object_set_new(j, "also", json_integer((json_int_t)n->also));
    if (j && n->g.taps[0]) {
        json_object_set_new(j, "taps", pair(n->g.taps));
        json_object_set_new(j, "stride", pair(n->g.stride));
        json_object_set_new(j, "pad", pair(n->g.pad));
    }
    if (j && n->g.groups) {
        json_object_set_new(j, "groups", json_integer((json_int_t)n->g.groups));
        json_object_set_new(j, "dilation", json_integer((json_int_t)n->g.dilation));
    }
    if (j && n->g.eps > 0) json_object_set_new(j, "eps", json_real(n->g.eps));
    return j;
}

static json_t *nodes_json(const lint_net_graph *g, const lint_frame *model) {
    json_t *all = json_array();
    size_t at = 0;
    for (size_t i = 0; all && i < g->count; i++)
        if (json_array_append_new(all, node_json(&g->node[i], model, &at)) < 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

/* A name for every class. */
static json_t *classes_json(const lint_net_graph *g, const lint_frame *model, lint_err *e) {
    lint_names names = {0};
    char number[32];
    if (lint_names_parse(&names, lint_frame_meta(model, "classes"), e) < 0) return NULL;
    json_t *all = json_array();
    for (size_t k = 0; all && k < g->classes; k++)
        json_array_append_new(all,
                              json_string(lint_names_get(&names, (int32_t)k, "class", number)));
    lint_names_free(&names);
    if (!all) lint_fail_mem(e, "a page");
    return all;
}

static json_t *model_json(const lint_net_graph *g, const lint_frame *model, lint_err *e) {
    const lint_net_input *in = &g->input;
    const char *fit = lint_frame_meta(model, "fit");
    json_t *classes = classes_json(g, model, e);
    if (!classes) return NULL;
    json_t *j =
        json_pack("{s:s, s:o, s:s, s:I, s:o, s:{s:I, s:I, s:[fff], s:[fff]}}", "version",
                  LINT_VERSION, "classes", classes, "fit", fit ? fit : "stretch", "cam",
                  (json_int_t)g->cam, "nodes", nodes_json(g, model), "input", "width",
                  (json_int_t)in->width, "height", (json_int_t)in->height, "mean", in->mean[0],
                  in->mean[1], in->mean[2], "std", in->std[0], in->std[1], in->std[2]);
    if (!j) lint_fail_mem(e, "a page");
    return j;
}

/* --- the page --------------------------------------------------------------------------------- */

/* '<' only occurs in a string, where it might end the script that the text stands in. */
static void put_json(FILE *out, const char *text) {
    for (; *text; text++)
        if (*text == '<')
            fputs("\\u003c", out);
        else
            putc(*text, out);
}

/* Numbers in base64, of which a group of three is four letters. `held` carries bytes over from one
 * tensor to the next. */
typedef struct base64 {
    FILE *out;
    unsigned char held[3];
    size_t n;
    size_t groups; /* of this part of the text */
} base64;

/* A browser's text may not have a gigabyte. */
enum { GROUPS = 1 << 24 };
#define NEXT_PART "</script>\n<script type=\"text/plain\" class=\"weights\">"

static void put_group(base64 *b) {
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned v = (unsigned)b->held[0] << 16 | (unsigned)b->held[1] << 8 | b->held[2];
    char four[4];
    if (b->groups++ == GROUPS) {
        fputs(NEXT_PART, b->out);
        b->groups = 1;
    }
    for (unsigned i = 0; i < 4; i++)
        four[i] = i <= b->n ? letter[v >> (18 - 6 * i) & 63] : '=';
    fwrite(four, 1, 4, b->out);
    b->held[0] = b->held[1] = b->held[2] = 0;
    b->n = 0;
}

static void put_base64(base64 *b, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        b->held[b->n++] = bytes[i];
        if (b->n == 3) put_group(b);
    }
}

/* In the order in which weights_of counts. */
static void put_weights(FILE *out, const lint_net_graph *g, const lint_frame *model) {
    static const char *const words[] = {"weight", "bias", "running_mean", "running_var"};
    base64 b = {.out = out};
    for (size_t i = 0; i < g->count; i++)
        for (size_t w = 0; *g->node[i].name && w < sizeof words / sizeof *words; w++) {
            char name[LINT_LAYER_NAME + 16];
            snprintf(name, sizeof name, "%s.%s", g->node[i].name, words[w]);
            const lint_tensor *t = lint_frame_find(model, name);
            if (t) put_base64(&b, t->data, t->bytes);
        }
    if (b.n) put_group(&b);
}

/* Writes the page up to `mark`, and moves *at behind it. */
static void put_until(FILE *out, const char *mark, size_t *at) {
    size_t n = strlen(mark), end = *at;
    const unsigned char *html = lint_web_page_html;
    while (end + n <= lint_web_page_html_size && memcmp(html + end, mark, n) != 0)
        end++;
    fwrite(html + *at, 1, end - *at, out);
    *at = end + n;
}

int lint_web_page_write(FILE *out, const lint_net_graph *graph, const lint_frame *model,
                        lint_err *e) {
    if (graph->input.features || graph->input.mask)
        return lint_fail(e, "the model takes %s, not pictures, so a page cannot ask it",
                         graph->input.mask ? "masks" : "features");
    json_t *root = model_json(graph, model, e);
    if (!root) return -1;
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (!text) return lint_fail_mem(e, "a page");
    size_t at = 0;
    put_until(out, "@model@", &at);
    put_json(out, text);
    free(text);
    put_until(out, "@weights@", &at);
    put_weights(out, graph, model);
    put_until(out, "@net@\n", &at);
    fwrite(lint_web_page_js, 1, lint_web_page_js_size, out);
    fwrite(lint_web_page_html + at, 1, lint_web_page_html_size - at, out);
    return ferror(out) ? lint_fail(e, "%s", strerror(errno ? errno : EIO)) : 0;
}
