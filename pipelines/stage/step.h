/* step: what a stage is: a command, what it reads, what it makes.
 *
 * Make describes a stage in lines, a word before each; the runner adds what it finds in the
 * command, and the digests. The same lines make up the records in the cache and the lock files:
 *
 *     stage orca-leopard/s0/split
 *       run  lint-split --seed 0 -o data/orca-leopard/s0 data/orca-leopard/s0/pictures
 *       in   DIGEST data/orca-leopard/s0/pictures/
 *       out  DIGEST data/orca-leopard/s0/test.lts
 *       tool DIGEST lint-split
 *       fact kernels v3
 *
 * A path that ends in a slash is a folder. Make writes no digests, and may say besides
 *
 *     data DATA=/home/ann/pets        a folder outside, which the command calls DATA
 *     with tuxpaint-stamps 2022.06    anything else that the outputs depend on
 *     resumes                         interrupted, it goes on from what it left in its folder
 *
 * key.h says by what a stage is known in the cache.
 *
 *     step s;
 *     while (step_read(&s, &at, root, &e) > 0) { ...; step_free(&s); }
 */
#ifndef STAGE_STEP_H
#define STAGE_STEP_H

#include "hashes.h"
#include <stdio.h>

typedef struct item {
    char *name; /* as the command says it */
    char *real; /* where it is */
    content_kind kind;
    char hex[LINT_SHA256_HEX]; /* empty: not known */
} item;

typedef struct items {
    item *v;
    size_t n, room;
} items;

typedef struct step {
    char *name, *run;
    items in, out, tool;
    items with, fact; /* only names: lines of text */
    int resumes;
} step;

/* Reads the next stage from the text *at, and moves it on. 0 at the end. What stages make and read
 * of each other lies under root. The text is changed. */
int step_read(step *s, char **at, const char *root, lint_err *e);
void step_free(step *s);

/* Adds what else the command reads: each of its words that names a file, or a folder below this
 * one, and its programs named lint-*, by PATH. A program that is not found is an error. */
int step_look_into_command(step *s, lint_err *e);

/* A line of text, such as a fact. */
int step_add_text(items *to, const char *text, lint_err *e);

/* As it stands in records, from malloc. */
char *step_text(const step *s, lint_err *e);

item *items_find(const items *list, const char *name);

/* A line of a record for each: WORD DIGEST NAME, or WORD NAME. */
void items_put(FILE *f, const char *word, const items *list);
void items_put_names(FILE *f, const char *word, const items *list);

#endif
