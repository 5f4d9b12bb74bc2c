/* The checksum of event files, by the vectors of RFC 3720 (iSCSI), B.4. */
#include "export/tfevents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void crc32c_is_that_of_rfc_3720(void **state) {
    unsigned char bytes[32];
    (void)state;
    assert_int_equal(lint_crc32c("", 0), 0);
    assert_int_equal(lint_crc32c("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(lint_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(lint_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(lint_crc32c(bytes, sizeof bytes), 0x46dd794e);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(lint_crc32c(bytes, sizeof bytes), 0x113fdb5c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(crc32c_is_that_of_rfc_3720)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
