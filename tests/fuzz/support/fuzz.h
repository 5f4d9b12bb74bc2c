/* fuzz: what the targets of libFuzzer share.
 *
 * A target is a file tests/fuzz/NAME.c with the one function that libFuzzer calls. It feeds the bytes
 * to a reader and aborts where the reader breaks its word. Every target keeps these bounds by calling
 * fuzz_begin and fuzz_end: 64 MiB of memory above what the result needs, and a second for each MiB
 * that is read or made.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
 *         lint_err e = {0};
 *         fuzz_begin();
 *         FILE *in = fuzz_stream(bytes, n);
 *         fuzz_told(lint_run_log_read(&log, in, &e), &e);
 *         fclose(in);
 *         fuzz_end(n, 0);
 *         return 0;
 *     }
 *
 * Built without libFuzzer (support/main.c), a target reads files or standard input, as AFL++ has it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What libFuzzer calls, what it offers to mutators, and what a target may define instead of its own
 * mutation. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed);

void fuzz_begin(void);
/* Aborts where more time or memory went since fuzz_begin than n bytes of input and `made` bytes of
 * result may take. */
void fuzz_end(size_t n, size_t made);

/* Aborts unless an error has a message of one line. */
void fuzz_told(int err, const lint_err *e);

/* Reads every byte, so that a sanitizer sees those that are not there. */
void fuzz_touch(const void *bytes, size_t n);

/* The path of a file in memory that holds these bytes, until the next call. */
const char *fuzz_file(const void *bytes, size_t n);
/* The same, opened to be read; the caller closes it. */
FILE *fuzz_stream(const void *bytes, size_t n);
/* A copy with a NUL behind it, from malloc. */
char *fuzz_text(const uint8_t *bytes, size_t n);

enum { FUZZ_PATH = 64 };
/* Makes a folder, in memory where that is possible, and writes its path; the caller removes it. */
const char *fuzz_folder(char path[FUZZ_PATH], const char *name);
/* /dev/null, open for writing. */
FILE *fuzz_null(void);

/* --- mutators: most bytes that libFuzzer makes up fail at a length or a checksum --------------- */

/* Changes the header or the data of a safetensors file, then mends lengths and offsets, mostly. Of
 * what is no such file it makes start [of] first; NULL: no file to start from. */
size_t fuzz_mutate_frame(uint8_t *bytes, size_t n, size_t room, unsigned seed, const void *start,
                         size_t of);
/* Mends the checksums of a PNG's chunks; of a zip archive's members. */
size_t fuzz_mutate_png(uint8_t *bytes, size_t n, size_t room, unsigned seed);
size_t fuzz_mutate_zip(uint8_t *bytes, size_t n, size_t room, unsigned seed);

#endif
