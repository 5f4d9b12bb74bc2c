/* tfevents: a training's log as the event file that TensorBoard shows.
 *
 * A file is records, TFRecord: length (8 bytes, little-endian), a checksum of the length, the
 * data, a checksum of the data. A checksum is CRC32C, masked: turned right by 15 bits, plus
 * 0xa282ead8. The data is a protobuf `Event` (tensorflow/core/util/event.proto), of which four
 * fields are written: wall_time = 1, step = 2, file_version = 3, summary = 5. First comes the
 * version, then the settings as a table (plugin `text`), then an event an epoch with a value for
 * each column. Values that there are not (`nan`) are left out.
 *
 *     lint_tfevents_write(out, &log, 0, &e);
 *
 * The log holds no times. An event's is `time` plus its epoch in seconds, so that the same log
 * gives the same bytes, and TensorBoard's relative time counts epochs.
 */
#ifndef LINT_EXPORT_TFEVENTS_H
#define LINT_EXPORT_TFEVENTS_H

#include "export/run_log.h"

/* time: seconds since 1970 at which training began, as far as is known. Does not flush. */
int lint_tfevents_write(FILE *out, const lint_run_log *log, uint64_t time, lint_err *e);

/* CRC32C (Castagnoli) of n bytes, not masked. */
uint32_t lint_crc32c(const void *bytes, size_t n);

#endif
