/* What heif-decoder answers, once a hostile HEIC commands it: a tool holds, whatever that says. */
#include "support/picture.h"
#include "support/wrapped.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t *answer;
static size_t length;

static int call(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
        send(pair[1], answer, length, MSG_NOSIGNAL) != (ssize_t)length)
        abort();
    close(pair[1]);
    return pair[0];
}

/* The length of the file decides how fuzz_picture asks. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    uint8_t file[36] = {0, 0, 0, 24, 'f', 't', 'y', 'p', 'h', 'e', 'i', 'c'};
    answer = bytes;
    length = n;
    fuzz_heif_call = call;
    return fuzz_picture(file, 24 + n % 12);
}
