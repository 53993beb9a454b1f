#include "api/page.h"

const struct page_header PAGE_HEADERS[PAGE_HEADER_COUNT] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
     "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
};

const struct page_file *page_find(struct span path) {
    for (size_t i = 0; i < PAGE_FILE_COUNT; i++)
        if (span_is(path, PAGE_FILES[i].path))
            return &PAGE_FILES[i];
    return NULL;
}
