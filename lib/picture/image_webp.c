/* WebP by libwebp. Of an animation, the first frame. Source of the container: RFC 9649. */
#include "base/library.h"
#include "picture/image_codec.h"

#include <errno.h>
#include <string.h>

#ifdef LINT_HAVE_LIBWEBP
#include <webp/decode.h>

#define WEBP(F) F(WebPGetFeaturesInternal) F(WebPInitDecoderConfigInternal) F(WebPDecode)

typedef struct webp {
    WEBP(LINT_LIBRARY_MEMBER)
} webp;

static const char *const names[] = {WEBP(LINT_LIBRARY_NAME)};

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, FRAME_HEADER = 16 };

/* What the container holds, as far as it matters. */
typedef struct parts {
    const uint8_t *frame; /* the first of an animation, from its header on; else NULL */
    size_t frame_bytes;
    uint32_t w, h; /* of an animation's canvas */
    int orientation;
} parts;

static void take_chunk(parts *p, const uint8_t *chunk, size_t n) {
    const uint8_t *data = chunk + CHUNK_HEADER;
    int tag = n > 6 && memcmp(data, "Exif\0", 6) == 0 ? 6 : 0; /* should not be there, often is */
    if (memcmp(chunk, "VP8X", 4) == 0 && n >= 10) {
        p->w = lint_little(data + 4, 3) + 1;
        p->h = lint_little(data + 7, 3) + 1;
    } else if (memcmp(chunk, "ANMF", 4) == 0 && n > FRAME_HEADER && !p->frame) {
        p->frame = data;
        p->frame_bytes = n;
    } else if (memcmp(chunk, "EXIF", 4) == 0) {
        p->orientation = lint_exif_orientation(data + tag, n - (size_t)tag);
    }
}

static parts take_apart(const uint8_t *b, size_t n) {
    parts p = {.orientation = 1};
    for (size_t at = RIFF_HEADER; at + CHUNK_HEADER <= n;) {
        size_t len = lint_little(b + at + 4, 4);
        if (len > n - at - CHUNK_HEADER) break;
        take_chunk(&p, b + at, len);
        at += CHUNK_HEADER + len + len % 2;
    }
    return p;
}

static int fail(VP8StatusCode status, lint_err *e) {
    /* Of an alpha channel libwebp tells a lack of memory as damage; malloc's word remains. */
    if (status == VP8_STATUS_OUT_OF_MEMORY || errno == ENOMEM) return lint_fail_mem(e, "picture");
    int cut = status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED;
    int other = status == VP8_STATUS_UNSUPPORTED_FEATURE;
    return lint_fail(e, "WebP: %s",
                     cut     ? "the file ends too early"
                     : other ? "a feature that libwebp does not know"
                             : "damaged");
}

static int decode_into(const webp *lib, uint8_t *to, size_t stride, size_t room, int c,
                       const uint8_t *b, size_t n, lint_err *e) {
    WebPDecoderConfig config;
    if (!lib->WebPInitDecoderConfigInternal(&config, WEBP_DECODER_ABI_VERSION))
        return lint_fail(e, "WebP: another version of libwebp than this was built for");
    config.output.colorspace = c == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = (WebPRGBABuffer){to, (int)stride, room};
    VP8StatusCode status = lib->WebPDecode(b, n, &config);
    return status == VP8_STATUS_OK ? 0 : fail(status, e);
}

/* Where the frame lies on the canvas, which is clear elsewhere. */
static int decode_frame(const webp *lib, lint_sink *s, const parts *p, lint_err *e) {
    WebPBitstreamFeatures f;
    const uint8_t *b = p->frame + FRAME_HEADER;
    size_t n = p->frame_bytes - FRAME_HEADER;
    VP8StatusCode status = lib->WebPGetFeaturesInternal(b, n, &f, WEBP_DECODER_ABI_VERSION);
    if (status != VP8_STATUS_OK) return fail(status, e);
    uint32_t x = 2 * lint_little(p->frame, 3), y = 2 * lint_little(p->frame + 3, 3);
    if (x + (uint32_t)f.width > p->w || y + (uint32_t)f.height > p->h)
        return lint_fail(e, "WebP: a frame that reaches beyond the picture");
    if (lint_sink_size(s, p->w, p->h, e) < 0) return -1;
    if (lint_sink_start(s, (int)p->w, (int)p->h, 4, 0, e) < 0) return -1;
    size_t stride = 4 * (size_t)p->w;
    memset(s->whole.px, 0, stride * p->h);
    return decode_into(lib, lint_sink_row(s, (int)y) + 4 * (size_t)x, stride,
                       stride * (p->h - y) - 4 * (size_t)x, 4, b, n, e);
}

static int decode_still(const webp *lib, lint_sink *s, const uint8_t *b, size_t n, lint_err *e) {
    WebPBitstreamFeatures f;
    VP8StatusCode status = lib->WebPGetFeaturesInternal(b, n, &f, WEBP_DECODER_ABI_VERSION);
    if (status != VP8_STATUS_OK) return fail(status, e);
    if (lint_sink_size(s, (uint32_t)f.width, (uint32_t)f.height, e) < 0) return -1;
    int c = f.has_alpha ? 4 : 3;
    if (lint_sink_start(s, f.width, f.height, c, 0, e) < 0) return -1;
    size_t stride = (size_t)c * (size_t)f.width;
    return decode_into(lib, lint_sink_row(s, 0), stride, stride * (size_t)f.height, c, b, n, e);
}

int lint_webp_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    webp lib;
    if (lint_library_open(&lib, "libwebp.so.7", "libwebp7", names, sizeof names / sizeof *names,
                          e) < 0)
        return lint_err_prefix(e, "a WebP: ");
    errno = 0;
    parts p = take_apart(bytes, n);
    s->orientation = p.orientation;
    return p.frame ? decode_frame(&lib, s, &p, e) : decode_still(&lib, s, bytes, n, e);
}
#else
int lint_webp_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    (void)s, (void)bytes, (void)n;
    return lint_library_absent(e, "WebP", "libwebp-dev");
}
#endif
