/* sample_list: a line for each sample with its answer and its loss, the highest loss first.
 *
 *     lint_sample_list *list = lint_sample_list_new(&e);
 *     while (lint_reader_next(r, &frame, &e) > 0) lint_sample_list_add(list, &frame, &e);
 *     lint_sample_list_write(list, stdout);
 *     lint_sample_list_free(list);
 *
 * The text is tab-separated, with a header line:
 *
 *   name             of the sample, usually a file's path; without names its number, from 1
 *   truth            the true class
 *   answer           the class of the largest logit
 *   probability      of the answer
 *   place            the background group
 *   evidence_inside  share of the evidence for the true class that lies on the object
 *                    (picture/evidence.h), where there are maps and masks
 *   loss             cross-entropy of the true class, in nats
 *
 * What is not known is `-`. A sample without a true class has no loss and comes last; among equal
 * losses the first sample comes first. Names are escaped as by lint_text_escape. Memory is a line
 * for each sample.
 */
#ifndef LINT_ANSWER_SAMPLE_LIST_H
#define LINT_ANSWER_SAMPLE_LIST_H

#include "base/err.h"
#include "stream/frame.h"
#include <stdio.h>

typedef struct lint_sample_list lint_sample_list;

lint_sample_list *lint_sample_list_new(lint_err *e);
void lint_sample_list_free(lint_sample_list *l);

/* Adds the samples of a frame with finite `logits`. All frames have the same classes and places. */
int lint_sample_list_add(lint_sample_list *l, const lint_frame *f, lint_err *e);

/* The caller checks ferror(out). Sorts the list. */
void lint_sample_list_write(lint_sample_list *l, FILE *out);

#endif
