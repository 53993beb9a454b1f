/* Cursors and bounds of a page, as the query has them: limit, before, after. */
#include "api/inside.h"

#include <inttypes.h>
#include <stdlib.h>

bool page_is_asked_for(struct api_call *call) {
    return query_text(call, "limit").at || query_text(call, "before").at ||
           query_text(call, "after").at;
}

struct span page_cursor(struct api_call *call, int64_t seq) {
    return arena_print(call->arena, "%" PRId64, seq);
}

static bool read_number(struct span text, int64_t *number) {
    return json_check(text, NULL, NULL) == 0 && json_whole(json_value(text), number);
}

/* A cursor is the receive sequence as a number; of messages it may be a message's id too. */
static int read_cursor(struct api_call *call, const struct page_of *of, const char *name, bool *has,
                       int64_t *seq) {
    const struct facts *facts = &call->api->facts;
    struct span text = query_text(call, name);
    struct fact_message found;
    *has = text.size > 0;
    if (!*has || read_number(text, seq))
        return 0;
    if (of && facts->entry(facts->self, call->arena, call->app, of->owner, of->other, text, false,
                           &found) == FACT_FOUND) {
        *seq = found.seq;
        return 0;
    }
    struct span words =
        arena_print(call->arena, "`%s` is none of the cursors that pages come with%s", name,
                    of ? ", nor the id of a message there" : "");
    reply_refusal(call, 400, "bad_cursor", arena_string(call->arena, words));
    return -1;
}

int page_read_limit(struct api_call *call, struct store_page *page) {
    struct span limit = query_text(call, "limit");
    int64_t number = STORE_PAGE_MAX;
    *page = (struct store_page){.limit = STORE_PAGE_MAX};
    if (limit.at && (!read_number(limit, &number) || number < 1)) {
        reply_refusal(call, 400, "bad_limit", "`limit` is a number from 1 to 200");
        return -1;
    }
    if (number < STORE_PAGE_MAX)
        page->limit = (size_t)number;
    return 0;
}

int page_read(struct api_call *call, const struct page_of *of, struct store_page *page) {
    if (page_read_limit(call, page) != 0)
        return -1;
    if (read_cursor(call, of, "before", &page->has_before, &page->before) != 0 ||
        read_cursor(call, of, "after", &page->has_after, &page->after) != 0)
        return -1;
    if (page->has_before && page->has_after) {
        reply_refusal(call, 400, "bad_cursor", "`before` and `after` do not go together");
        return -1;
    }
    return 0;
}
