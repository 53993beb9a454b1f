#include "server/config_webhooks.h"

#include "ports/hook.h"

#define ENDPOINTS "webhook_endpoints (WEBHOOK_ENDPOINTS): "

/* The endpoints so far, and where each stands in the list. */
struct list {
    struct outbox_endpoint *endpoints;
    size_t numbers[OUTBOX_ENDPOINTS_MAX];
    size_t count;
};

static int check_url(const struct list *list, struct span url, size_t number, bool allows_private,
                     struct why *why) {
    struct why detail;
    if (number > OUTBOX_ENDPOINTS_MAX)
        return why_say(why, ENDPOINTS "names more than %d URLs", OUTBOX_ENDPOINTS_MAX);
    if (hook_check_url(url, allows_private, &detail) != 0)
        return why_say(why, ENDPOINTS "URL number %zu %s", number, detail.words);
    for (size_t i = 0; i < list->count; i++)
        if (span_equal(list->endpoints[i].url, url))
            return why_say(why, ENDPOINTS "URL number %zu is the same as number %zu", number,
                           list->numbers[i]);
    return 0;
}

static void add(struct list *list, struct span url, size_t number, uint32_t kinds) {
    list->numbers[list->count] = number;
    list->endpoints[list->count++] = (struct outbox_endpoint){url, kinds};
}

/* What is behind the last URL that can be had is not looked at. */
static void read_endpoints(struct list *list, struct span text, uint32_t kinds, bool allows_private,
                           const struct problems *problems) {
    size_t number = 0;
    struct span url;
    while (number <= OUTBOX_ENDPOINTS_MAX && span_next(&text, ',', &url)) {
        struct why why;
        url = span_trim(url);
        if (!url.size)
            continue;
        if (check_url(list, url, ++number, allows_private, &why) == 0)
            add(list, url, number, kinds);
        else
            problems->add(problems->self, span_of(why.words));
    }
    if (!number)
        problems->add(problems->self,
                      SPAN(ENDPOINTS "is not set, and webhooks (WEBHOOK_ENABLED) are on"));
}

/* Where nobody says which: all there are, presence where it is kept. */
static int read_kinds(const struct config *config, uint32_t *kinds, struct why *why) {
    const char *named = config->webhooks.events;
    uint32_t presence = event_bit(EVENT_ONLINE) | event_bit(EVENT_OFFLINE);
    *kinds = ((uint32_t)1 << EVENT_KINDS) - 1;
    if (!config->presence)
        *kinds &= ~presence;
    if (named && event_read_list(span_of(named), kinds, why) != 0)
        return why_prefix(why, "webhook_events (WEBHOOK_EVENTS): ");
    return 0;
}

void config_webhooks(struct arena *arena, struct config *config, const struct problems *problems) {
    struct list list = {.endpoints =
                            arena_array(arena, OUTBOX_ENDPOINTS_MAX, sizeof *list.endpoints)};
    uint32_t kinds;
    struct why why;
    if (!config->webhooks.is_on)
        return;
    if (read_kinds(config, &kinds, &why) != 0)
        problems->add(problems->self, span_of(why.words));
    read_endpoints(&list, span_of(config->webhooks.endpoints), kinds,
                   config->posting.allows_private, problems);
    config->webhooks.outbox.endpoints = list.endpoints;
    config->webhooks.outbox.endpoint_count = list.count;
}
