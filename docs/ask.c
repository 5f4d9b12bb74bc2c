/* Asks a model of pictures, through liblint: class and probability of each, as lint-predict prints them.
 *
 *     cc ask.c $(pkg-config --cflags --libs lint) -o ask
 *     ./ask model.safetensors photo.jpg */
#include <lint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    lint_error error;
    if (argc < 2) return 2;
    lint_model *model = lint_model_open(argv[1], 0, 1, &error);
    if (!model) {
        fprintf(stderr, "ask: %s\n", error.message);
        return 1;
    }
    size_t classes = lint_model_classes(model);
    float *p = malloc(classes * sizeof *p);
    int status = p ? 0 : 1;
    for (int i = 2; i < argc && p; i++) {
        const char *path = argv[i];
        if (lint_model_ask_files(model, 1, &path, p, NULL, &error) < 0) {
            fprintf(stderr, "ask: %s\n", error.message);
            status = 1;
            continue;
        }
        size_t best = 0;
        lint_softmax(p, classes, p);
        for (size_t c = 1; c < classes; c++)
            if (p[c] > p[best]) best = c;
        printf("%s\t%s\t%.4f\n", path, lint_model_class(model, best), p[best]);
    }
    free(p);
    lint_model_close(model);
    return status;
}
