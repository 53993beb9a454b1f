/* page: a chat to look at, for whoever opens "/" in a browser: the files of src/web, which the
 * build puts into the program (scripts/embed), and mqtt.js. Built without mqtt.js there is one
 * file, a hint in plain text. They say nothing of the server and are for everybody: who may read
 * and write is decided by the tokens that the browser brings, when it calls the API or the broker.
 */
#ifndef CHAT21D_API_PAGE_H
#define CHAT21D_API_PAGE_H

#include "words/span.h"

struct page_file {
    const char *path; /* "/", "/page/page.css", … */
    const char *content_type;
    struct span bytes;
};

/* What the build put in; page_find is how to get at them. */
extern const struct page_file PAGE_FILES[];
extern const size_t PAGE_FILE_COUNT;

/* The file that is served at a path; NULL: none. */
const struct page_file *page_find(struct span path);

/* The headers that each of them is sent with, besides Content-Type and what every reply has. A page
 * that shows what strangers write may load nothing from elsewhere, run nothing that came in a text,
 * and stand in nobody's frame; WebSockets may go anywhere, as the broker may be anywhere. */
struct page_header {
    const char *name, *value;
};
enum { PAGE_HEADER_COUNT = 2 };
extern const struct page_header PAGE_HEADERS[PAGE_HEADER_COUNT];

#endif
