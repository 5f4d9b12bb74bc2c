#include "picture/pieces.h"

void lint_pixels_around(int i, int h, int w, int around[4]) {
    int x = i % w, y = i / w;
    around[0] = x > 0 ? i - 1 : -1;
    around[1] = x + 1 < w ? i + 1 : -1;
    around[2] = y > 0 ? i - w : -1;
    around[3] = y + 1 < h ? i + w : -1;
}

static void flood(const int *value, int h, int w, int from, int number, int *piece, int *queue) {
    int begin = 0, end = 0, to[4];
    piece[from] = number;
    queue[end++] = from;
    while (begin < end) {
        int here = queue[begin++];
        lint_pixels_around(here, h, w, to);
        for (int k = 0; k < 4; k++)
            if (to[k] >= 0 && piece[to[k]] < 0 && value[to[k]] == value[here]) {
                piece[to[k]] = number;
                queue[end++] = to[k];
            }
    }
}

int lint_pieces(const int *value, int h, int w, int *piece, int *queue) {
    int n = 0;
    for (int i = 0; i < h * w; i++)
        piece[i] = -1;
    for (int i = 0; i < h * w; i++)
        if (piece[i] < 0) flood(value, h, w, i, n++, piece, queue);
    return n;
}
