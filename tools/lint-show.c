/* lint-show: lists the contents of streams, models and networks, or draws sheets of samples. */
#include "answer/gallery.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "engine/net_path.h"
#include "engine/net_table.h"
#include "stream/describe.h"
#include "stream/each_frame.h"

#include <stdlib.h>
#include <string.h>

enum { PICK_NOT_GIVEN = -1, SHEET_TILES = 64, SHEET_COLUMNS = 8, CLASSES = 2 };
#define NO_SEED UINT64_MAX

static struct {
    const char *out;
    lint_list title;
    long max, columns, classes; /* classes 0: not given */
    int pick;
    lint_verbosity verbosity;
    uint64_t seed;
} o = {.pick = PICK_NOT_GIVEN, .seed = NO_SEED, .max = SHEET_TILES, .columns = SHEET_COLUMNS};

static const lint_option options[] = {
    {"out", 'o', LINT_OPT_STR, &o.out, "FILE",
     .help = "PNG sheet of samples instead of a listing; predictions are drawn with their maps"},
    {"classes", 0, LINT_OPT_INT, &o.classes, "N",
     "number of classes to assume in the listing of a network (default 2)", .min = 1,
     .max = 1000000},
    {"max", 0, LINT_OPT_INT, &o.max, "N",
     "maximum number of samples of each stream on the sheet (default 64)", .min = 1, .max = 10000},
    {"columns", 0, LINT_OPT_INT, &o.columns, "N",
     "number of pictures in each row of the sheet (default 8)", .min = 1, .max = 200},
    {"pick", 0, LINT_OPT_CHOICE, &o.pick, "HOW",
     "samples on the sheet: first, random, worst (wrong answers, most confident first) or spread "
     "(equally from each class and place) (default spread)",
     .choices = LINT_PICK_CHOICES},
    {"seed", 0, LINT_OPT_U64, &o.seed, "N",
     .help = "random seed for --pick random, which it implies; streams of equal length give the "
             "same samples (default 0)"},
    {"title", 0, LINT_OPT_LIST, &o.title, "TEXT",
     .help = "title over a stream's rows, given once for each stream (default: its name)"},
    LINT_OPTION_QUIET(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-show",
    .usage = "[options] [FILE...]",
    .purpose = "Lists what streams and models hold: frames, tensors, samples by class and place; a "
               "model's network and training. For a network (NAME.net) it lists the layers: output "
               "shapes, parameters, multiply-adds, receptive fields. With -o it draws a sheet of "
               "pictures instead, with a block of rows for each stream.",
    .options = options,
    .example = "  lint-show data/train.lts model.safetensors\n"
               "  lint-show models/resnet50.net\n"
               "  lint-split --split test photos | lint-show\n"
               "  lint-show -o compare.png --max 8 --title default --title camloss \\\n"
               "      default/test.lts camloss/test.lts\n",
    .operands = {0, -1},
};

/* --- in words --------------------------------------------------------------------------------- */

static int list_frame(void *ctx, const lint_frame *f, lint_err *e) {
    return lint_describe_add(ctx, f, e);
}

/* Calls fn for every frame of the stream at `path`; gives what messages call it. */
static const char *each_frame(const char *path, lint_frame_fn *fn, void *ctx) {
    lint_err e;
    const char *name;
    FILE *in = lint_open_input(path, &name);
    if (lint_each_frame(in, name, fn, ctx, &e) < 0) lint_die(&e);
    lint_close_input(in);
    return name;
}

static void list_stream(const char *path) {
    lint_err e;
    lint_describe *l = lint_describe_new(&e);
    if (!l) lint_die(&e);
    const char *name = each_frame(path, list_frame, l);
    lint_describe_write(l, name, stdout);
    lint_describe_free(l);
}

static int is_network(const char *path) {
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".net") == 0;
}

static void list_network(const char *path) {
    lint_err e;
    const char *name;
    char *text = lint_net_read(path, &name, &e);
    if (!text) lint_die(&e);
    if (lint_net_table(text, name, o.classes ? (size_t)o.classes : CLASSES, stdout, &e) < 0)
        lint_die(&e);
    free(text);
}

static void list(char **paths, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i) putchar('\n');
        if (is_network(paths[i]))
            list_network(paths[i]);
        else
            list_stream(paths[i]);
    }
    lint_close_stdout();
}

/* --- as pictures ------------------------------------------------------------------------------ */

static int draw_frame(void *ctx, const lint_frame *f, lint_err *e) {
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = lint_gallery_add(ctx, &s, e);
    lint_samples_free(&s);
    return err;
}

static lint_gallery *gallery_of(const char *path, const char **name) {
    lint_err e;
    int how = o.pick != PICK_NOT_GIVEN ? o.pick
              : o.seed != NO_SEED      ? LINT_PICK_RANDOM
                                       : LINT_PICK_SPREAD;
    lint_gallery *g =
        lint_gallery_new((lint_pick_how)how, (size_t)o.max, o.seed != NO_SEED ? o.seed : 0, &e);
    if (!g) lint_die(&e);
    *name = each_frame(path, draw_frame, g);
    return g;
}

static void save(const lint_block *block, size_t n) {
    lint_err e;
    lint_image sheet = {0};
    if (lint_sheet(&sheet, block, n, (int)o.columns, LINT_HEAT_WORDS, &e) < 0) {
        const char *note = block[0].n ? "" : block[0].note; /* "no mistakes in 600" */
        lint_err_prefix(&e, "%s: %s%s", o.out, note, *note ? ": " : "");
        lint_die(&e);
    }
    if (lint_image_save(&sheet, o.out, &e) < 0) lint_die(&e);
    lint_image_free(&sheet);
}

static void draw(char **paths, size_t n) {
    lint_err e;
    lint_block *block = calloc(n, sizeof *block);
    lint_gallery **gallery = calloc(n, sizeof *gallery);
    if (!block || !gallery) {
        lint_fail_mem(&e, "a sheet");
        lint_die(&e);
    }
    for (size_t i = 0; i < n; i++) {
        const char *name;
        gallery[i] = gallery_of(paths[i], &name);
        block[i] = lint_gallery_block(gallery[i], i < o.title.n ? o.title.v[i] : name);
    }
    save(block, n);
    for (size_t i = 0; i < n; i++)
        lint_gallery_free(gallery[i]);
    free(gallery);
    free(block);
    lint_draw_end();
}

int main(int argc, char **argv) {
    static char *from_stdin[] = {"-", NULL};
    char **paths = lint_cli_parse(&program, argc, argv);
    size_t n = 0, stdins = 0, networks = 0;
    if (!*paths) paths = from_stdin;
    for (; paths[n]; n++) {
        stdins += lint_is_stdio(paths[n]);
        networks += (size_t)is_network(paths[n]);
    }
    if (stdins > 1) lint_usage("standard input can be shown only once");
    if (!o.out && (o.title.n || o.seed != NO_SEED || o.pick != PICK_NOT_GIVEN ||
                   o.max != SHEET_TILES || o.columns != SHEET_COLUMNS))
        lint_usage("--max, --columns, --pick, --seed and --title need -o");
    if (o.seed != NO_SEED && o.pick != PICK_NOT_GIVEN && o.pick != LINT_PICK_RANDOM)
        lint_usage("--seed needs --pick random");
    for (size_t i = 0; o.out && i < n; i++)
        if (is_network(paths[i])) lint_usage("%s: a network has no pictures to draw", paths[i]);
    if (o.classes && !networks) lint_usage("--classes needs a network (NAME.net)");
    if (o.title.n > n) lint_usage("%zu titles for %zu streams", o.title.n, n);
    if (o.out) {
        lint_refuse_terminal(o.out);
        draw(paths, n);
    } else {
        list(paths, n);
    }
    return 0;
}
