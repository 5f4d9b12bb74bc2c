/* heif_decoder: HEICs and AVIFs are decoded in processes of their own.
 *
 * A file of one kilobyte can make libheif crash, take all memory or never end, and nothing in the same
 * process can prevent that. So lint does not call libheif. A program, heif-decoder, is started for the
 * first such picture. For each picture it forks a process with bounds of memory and time, which answers
 * over a socket; where that dies, one picture is bad. As the program has no other threads, it may fork,
 * which a library may not; and since each picture begins with the same process, none can change the
 * next one.
 *
 *     lint_heif_decoder *decoder = lint_heif_decoder_new();         // nothing is started yet
 *     const lint_image_ask ask = {.c = 3, .heif = decoder};
 *     lint_image im = {0};
 *     int err = lint_image_read_as(&im, "a.heic", &ask, NULL, &e);  // as many as there are
 *     lint_heif_decoder_free(decoder);
 *
 * Without one, each picture starts the program anew: 30 ms, most of it the dynamic linker's.
 *
 * The messages that are exchanged, all in this machine's order of bytes: one byte from the process, which
 * says that it is there; the file's length, 64 bits, and its bytes; a message of LINT_HEIF_SIZE; one byte, if
 * the size is welcome; a message of LINT_HEIF_PIXELS and the rows. Any other message is the last one.
 */
#ifndef LINT_PICTURE_HEIF_DECODER_H
#define LINT_PICTURE_HEIF_DECODER_H

#include "picture/image.h"
#include <stddef.h>
#include <stdint.h>

/* May be used by several threads at once. */
typedef struct lint_heif_decoder lint_heif_decoder;

/* NULL where there is no memory. */
lint_heif_decoder *lint_heif_decoder_new(void);
/* Ends the program. d may be NULL. */
void lint_heif_decoder_free(lint_heif_decoder *d);

/* A socket to a process that decodes one picture; the caller closes it. -1 on error, which is one of the
 * system. */
int lint_heif_decoder_call(lint_heif_decoder *d, lint_err *e);

/* The descriptor over which the program is given sockets. */
enum { LINT_HEIF_CALLS = 3 };

enum {
    LINT_HEIF_SIZE,   /* what the file says of its picture */
    LINT_HEIF_PIXELS, /* w, h and c of the rows that follow, [h,w,c] */
    LINT_HEIF_BAD,    /* why it cannot be decoded */
    LINT_HEIF_SYSTEM  /* the same; the system's fault */
};

typedef struct lint_heif_message {
    int32_t kind;
    int32_t w, h, stored_w, stored_h; /* as shown; as stored, or 0 */
    int32_t bits, c, multiplied;      /* c: 3 or 4; whether colours are multiplied by alpha */
    char text[160];
} lint_heif_message;

/* Sends, or receives, n bytes. 0; -1 if the other side has gone. */
int lint_heif_put(int socket, const void *bytes, size_t n);
int lint_heif_get(int socket, void *bytes, size_t n);

#endif
