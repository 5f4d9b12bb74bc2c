#include "picture/heif_decoder.h"

#include <errno.h>
#include <sys/socket.h>

int lint_heif_put(int socket, const void *bytes, size_t n) {
    const char *p = bytes;
    while (n > 0) {
        ssize_t sent = send(socket, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return -1;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

int lint_heif_get(int socket, void *bytes, size_t n) {
    char *p = bytes;
    while (n > 0) {
        ssize_t got = recv(socket, p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        p += got;
        n -= (size_t)got;
    }
    return 0;
}
