#include "server/config_webhooks.h"

#include "ports/hook.h"

#define ENDPOINTS "webhook_endpoints (WEBHOOK_ENDPOINTS): "

static int check_url(const struct outbox_endpoint *endpoints, size_t count, struct span url,
                     bool allows_private, struct why *why) {
    struct why detail;
    if (count == OUTBOX_ENDPOINTS_MAX)
        return why_say(why, ENDPOINTS "names more than %d URLs", OUTBOX_ENDPOINTS_MAX);
    if (hook_check_url(url, allows_private, &detail) != 0)
        return why_say(why, ENDPOINTS "URL number %zu %s", count + 1, detail.words);
    for (size_t i = 0; i < count; i++)
        if (span_equal(endpoints[i].url, url))
            return why_say(why, ENDPOINTS "URL number %zu is the same as number %zu", count + 1,
                           i + 1);
    return 0;
}

static int read_endpoints(struct span list, uint32_t kinds, bool allows_private,
                          struct outbox_endpoint *endpoints, size_t *count, struct why *why) {
    while (list.size) {
        const char *comma = memchr(list.at, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.at) : list.size;
        struct span url = span_trim(span_cut(list, 0, size));
        if (url.size && check_url(endpoints, *count, url, allows_private, why) != 0)
            return -1;
        if (url.size)
            endpoints[(*count)++] = (struct outbox_endpoint){url, kinds};
        list = span_cut(list, comma ? size + 1 : size, list.size);
    }
    return *count ? 0 : why_say(why, ENDPOINTS "is not set, and webhooks (WEBHOOK_ENABLED) are on");
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

int config_webhooks(struct arena *arena, struct config *config, struct why *why) {
    struct outbox_endpoint *endpoints = arena_array(arena, OUTBOX_ENDPOINTS_MAX, sizeof *endpoints);
    struct outbox_settings *outbox = &config->webhooks.outbox;
    uint32_t kinds;
    size_t count = 0;
    if (!config->webhooks.is_on)
        return 0;
    if (read_kinds(config, &kinds, why) != 0 ||
        read_endpoints(span_of(config->webhooks.endpoints), kinds, config->posting.allows_private,
                       endpoints, &count, why) != 0)
        return -1;
    outbox->endpoints = endpoints;
    outbox->endpoint_count = count;
    return 0;
}
