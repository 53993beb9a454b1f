/* The words for what waits, what is kept, and what the decision log says. */
#include "words.h"

#include "world.h"

#include "words/check.h"

#include <stdlib.h>

/* N or N.CHILD. */
static struct ident id_of(struct script *script) {
    struct span word = script_word(script);
    const char *dot = memchr(word.at, '.', word.size);
    size_t size = dot ? (size_t)(dot - word.at) : word.size;
    long child = dot ? script_number_of(span_cut(word, size + 1, word.size)) : 0;
    return ident_make(WORLD_INCARNATION, (uint64_t)script_number_of(span_cut(word, 0, size)),
                      (unsigned)child);
}

int say_release(struct script *script, struct why *why) {
    struct ident id = id_of(script);
    return flow_release(script->world->flow, &id, why);
}

int say_discard(struct script *script, struct why *why) {
    struct ident id = id_of(script);
    return flow_discard(script->world->flow, &id, why);
}

static int compare_count(struct span pair, const struct store_waiting_counts *counts,
                         struct why *why) {
    const char *sign = memchr(pair.at, '=', pair.size);
    check(sign);
    size_t at = (size_t)(sign - pair.at);
    bool is_deferred = span_is(span_cut(pair, 0, at), "deferred");
    uint64_t found = is_deferred ? counts->deferred : counts->quarantined;
    if (found == (uint64_t)script_number_of(span_cut(pair, at + 1, pair.size)))
        return 0;
    return why_say(why, "%.*s is %llu", SPAN_ARGS(span_cut(pair, 0, at)),
                   (unsigned long long)found);
}

int say_waiting(struct script *script, struct why *why) {
    struct store_waiting_counts counts = store_waiting_counts(script->world->store);
    for (struct span pair = script_word(script); pair.size; pair = script_word(script))
        if (compare_count(pair, &counts, why) != 0)
            return -1;
    return 0;
}

struct wanted {
    struct arena *arena;
    struct span policy, key, value;
};

static void find_key(void *self, const struct kv_change *stored) {
    struct wanted *wanted = self;
    if (span_equal(stored->policy, wanted->policy) && span_equal(stored->key, wanted->key) &&
        span_is(stored->app, "tilechat"))
        wanted->value = arena_copy(wanted->arena, stored->value);
}

int say_kept(struct script *script, struct why *why) {
    struct wanted wanted = {.arena = script->arena, .value = SPAN("null")};
    wanted.policy = script_word(script);
    wanted.key = script_word(script);
    struct span value = script_rest(script);
    if (store_reader_kv_each(script->world->reader, script->world->wall_ms, find_key, &wanted,
                             why) != 0)
        return -1;
    return span_equal(value, wanted.value)
               ? 0
               : why_say(why, "it is %.*s", SPAN_ARGS(span_cut(wanted.value, 0, 200)));
}

int say_decision(struct script *script, struct why *why) {
    struct world *world = script->world;
    struct span wanted = script_rest(script);
    if (world->line_at == world->line_count)
        return why_say(why, "nothing more was said");
    return words_compare(script, wanted, span_of(world->lines[world->line_at++]), why);
}

int say_decision_has(struct script *script, struct why *why) {
    const struct world *world = script->world;
    struct span part = script_rest(script);
    check(world->line_at > 0);
    const char *line = world->lines[world->line_at - 1];
    return memmem(line, strlen(line), part.at, part.size)
               ? 0
               : why_say(why, "the line is %.1000s", line);
}

int say_decisions(struct script *script, struct why *why) {
    struct world *world = script->world;
    size_t wanted = (size_t)script_number(script), left = world->line_count - world->line_at;
    if (left != wanted)
        return why_say(why, "there are %zu", left);
    world->line_at = world->line_count;
    return 0;
}
