#include "server/earlier.h"

/* Those of the seed's form are not the Node.js server's: they are bound where its queue is shared,
 * and have to be taken off again. A queue of webhooks may be bound to its keys one by one. */
static const struct {
    enum broker_queue queue;
    const char *pattern;
} PATTERNS[] = {
    {BROKER_MESSAGES, "apps.%.*s.outgoing.users.*.messages.*.outgoing"},
    {BROKER_MESSAGES, "apps.%.*s.users.*.*.messages.outgoing"},
    {BROKER_MESSAGES, ".apps.%.*s.users.*.*.messages.outgoing"},
    {BROKER_MESSAGES, "apps.%.*s.users.#.update"},
    {BROKER_MESSAGES, "apps.%.*s.users.#.archive"},
    {BROKER_MESSAGES, "apps.%.*s.users.*.presence.*"},
    {BROKER_MESSAGES, "apps.observer.%.*s.groups.update"},
    {BROKER_MESSAGES, "apps.observer.%.*s.users.*.messages.*.delivered"},
    {BROKER_PERSIST, "apps.observer.%.*s.users.*.messages.*.persist"},
    {BROKER_WEBHOOKS, "observer.webhook.apps.%.*s.*"},
    {BROKER_WEBHOOKS, "observer.webhook.apps.%.*s.message_deliver"},
    {BROKER_WEBHOOKS, "observer.webhook.apps.%.*s.message_update"},
    {BROKER_WEBHOOKS, "observer.webhook.apps.%.*s.conversation_archived"},
    {BROKER_WEBHOOKS, "observer.webhook.apps.%.*s.presence"},
};
enum { PATTERN_COUNT = sizeof PATTERNS / sizeof *PATTERNS };

struct broker_pattern *earlier_patterns(struct arena *arena, const struct config *config,
                                        size_t *count) {
    *count = config->app_count * PATTERN_COUNT;
    struct broker_pattern *all = arena_array(arena, *count, sizeof *all);
    for (size_t i = 0; i < *count; i++) {
        struct span app = config->apps[i / PATTERN_COUNT];
        all[i].queue = PATTERNS[i % PATTERN_COUNT].queue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        all[i].pattern = arena_print(arena, PATTERNS[i % PATTERN_COUNT].pattern, SPAN_ARGS(app));
#pragma GCC diagnostic pop
    }
    return all;
}
