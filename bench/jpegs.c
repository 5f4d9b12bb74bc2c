/* jpegs: a folder of JPEG files to decode, the same bytes every time. Each has what makes
 * photographs slow or fast to decode: smooth ground, a few edges, texture in places. About as many
 * bits a pixel as a camera's at quality 90. */
#include "base/cli.h"
#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
/* jpeglib.h needs size_t and FILE before it. */
#include <jpeglib.h>

static struct {
    long count;
    lint_size size;
} o = {.count = 2000, .size = {500, 375}};

static const lint_option options[] = {
    {"count", 0, LINT_OPT_INT, &o.count, "N", .help = "how many (2000)", .min = 2, .max = 1000000},
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH", .help = "their size (500x375, as ImageNet's)"},
    {0}};

static const lint_program program = {
    .name = "jpegs",
    .usage = "[options] DIR",
    .purpose = "Fills the new folder DIR with two class folders of JPEG files.",
    .options = options,
    .example = "  jpegs --count 200 pictures\n",
    .operands = {1, 1},
};

enum { QUALITY = 90, DISCS = 12, CHANNELS = 3 };

typedef struct disc {
    double x, y, r, texture, colour[CHANNELS];
} disc;

static void draw(uint8_t *px, uint64_t number) {
    lint_rng r = lint_rng_at(1, LINT_RNG_INIT, number, 0);
    int w = o.size.w, h = o.size.h;
    disc d[DISCS];
    for (int i = 0; i < DISCS; i++) {
        d[i] = (disc){lint_rng_range(&r, 0, w),
                      lint_rng_range(&r, 0, h),
                      lint_rng_range(&r, 0.05, 0.35) * w,
                      lint_rng_range(&r, 0, 40),
                      {0}};
        for (int c = 0; c < CHANNELS; c++)
            d[i].colour[c] = lint_rng_range(&r, 20, 235);
    }
    d[0].r = 4.0 * w; /* the ground */
    double fx = lint_rng_range(&r, 0.005, 0.02), fy = lint_rng_range(&r, 0.005, 0.02);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int top = DISCS - 1;
            while (top > 0 && hypot(x - d[top].x, y - d[top].y) > d[top].r)
                top--;
            double light =
                25 * sin(x * fx) * cos(y * fy) + d[top].texture * lint_rng_range(&r, -1, 1);
            for (int c = 0; c < CHANNELS; c++) {
                double v = d[top].colour[c] + light;
                *px++ = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
        }
}

static void save(const char *path, uint8_t *px) {
    lint_err e;
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr mgr;
    FILE *f = fopen(path, "wb");
    if (!f) {
        lint_fail(&e, "%s: %s", path, strerror(errno));
        lint_die(&e);
    }
    c.err = jpeg_std_error(&mgr); /* ends the program on an error, which is fine here */
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = (JDIMENSION)o.size.w;
    c.image_height = (JDIMENSION)o.size.h;
    c.input_components = CHANNELS;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, QUALITY, TRUE);
    jpeg_start_compress(&c, TRUE);
    for (JDIMENSION y = 0; y < c.image_height; y++) {
        JSAMPROW row = px + (size_t)y * c.image_width * CHANNELS;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    if (fclose(f) != 0) {
        lint_fail(&e, "%s: %s", path, strerror(errno));
        lint_die(&e);
    }
}

static void make_folder(const char *path) {
    lint_err e;
    if (mkdir(path, 0777) == 0) return;
    lint_fail(&e, "%s: %s", path, strerror(errno));
    lint_die(&e);
}

int main(int argc, char **argv) {
    lint_err e;
    char **arg = lint_cli_parse(&program, argc, argv), path[4096];
    uint8_t *px = malloc((size_t)o.size.w * (size_t)o.size.h * CHANNELS);
    if (!px) {
        lint_fail_mem(&e, "a picture");
        lint_die(&e);
    }
    make_folder(arg[0]);
    for (int class = 0; class < 2; class ++) {
        snprintf(path, sizeof path, "%s/class%d", arg[0], class);
        make_folder(path);
    }
    for (long i = 0; i < o.count; i++) {
        draw(px, (uint64_t)i);
        snprintf(path, sizeof path, "%s/class%ld/%05ld.jpg", arg[0], i % 2, i);
        save(path, px);
    }
    free(px);
    return 0;
}
