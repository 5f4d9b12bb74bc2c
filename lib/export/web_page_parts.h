/* The files of page/ as bytes, which the Makefile turns into web_page_text.c. Internal to
 * web_page.c. */
#ifndef LINT_EXPORT_WEB_PAGE_PARTS_H
#define LINT_EXPORT_WEB_PAGE_PARTS_H

#include <stddef.h>

extern const unsigned char lint_web_page_html[], lint_web_page_js[];
extern const size_t lint_web_page_html_size, lint_web_page_js_size;

#endif
