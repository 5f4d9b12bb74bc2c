/* tfevents: writes a training log as an event file for TensorBoard.
 *
 * A file is a sequence of TFRecords: length (8 bytes, little-endian), checksum of the length, data,
 * checksum of the data. A checksum is a masked CRC32C: rotated right by 15 bits, plus 0xa282ead8.
 * The data is a protobuf `Event` (tensorflow/core/util/event.proto) with four fields: wall_time =
 * 1, step = 2, file_version = 3, summary = 5. The first event has the version, the second the
 * settings as a table (plugin `text`). Then each epoch has one event with a value for each column.
 * Missing values (`nan`) are left out. At the last epoch stand the scores, and the pictures (plugin
 * `images`: a tensor of the texts width, height, PNG), as tensorboard/plugins/image/summary_v2.py
 * writes them.
 *
 *     lint_tfevents_write(out, &log, &folder, &e);
 */
#ifndef LINT_EXPORT_TFEVENTS_H
#define LINT_EXPORT_TFEVENTS_H

#include "export/run_folder.h"

/* Writes the file. folder: times, scores, pictures. Does not flush. A picture that cannot be read or
 * is no PNG is an error, whose message names it. */
int lint_tfevents_write(FILE *out, const lint_run_log *log, const lint_run_folder *folder,
                        lint_err *e);

/* CRC32C (Castagnoli) of n bytes, unmasked. */
uint32_t lint_crc32c(const void *bytes, size_t n);

#endif
