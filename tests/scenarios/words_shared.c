/* The words for a queue that is shared with other consumers. */
#include "words.h"

#include "words/json.h"

int say_shares(struct script *script, struct why *why) {
    (void)why;
    script->world->shares = true;
    return 0;
}

int say_acks(struct script *script, struct why *why) {
    (void)why;
    script->world->loses_acks = span_is(script_word(script), "lost");
    return 0;
}

int say_acknowledged(struct script *script, struct why *why) {
    long wanted = script_number(script);
    size_t found = script->world->acknowledged;
    return found == (size_t)wanted ? 0 : why_say(why, "%zu are acknowledged", found);
}

/* The first that wait; what the server holds is not theirs, unless it died. */
int say_others_take(struct script *script, struct why *why) {
    struct arrivals *queue = &script->world->queue;
    if (!script->world->flow)
        world_share(script->world, 0);
    long wanted = script_number(script);
    for (size_t i = 0; wanted && i < queue->count; i++)
        if (queue->at[i].state == ARRIVAL_WAITS) {
            queue->at[i].state = ARRIVAL_GONE;
            wanted--;
        }
    return wanted ? why_say(why, "%ld fewer wait", wanted) : 0;
}

/* Where the text was first published on the key; sent_count: nowhere. */
static size_t find_first(const struct world *world, struct span key, struct span text) {
    size_t i = 0;
    while (i < world->sent_count &&
           !(span_is(key, world->sent[i].key) && span_equal(words_text_of(&world->sent[i]), text)))
        i++;
    return i;
}

int say_all_came(struct script *script, struct why *why) {
    const struct world *world = script->world;
    struct span key = script_word(script);
    size_t newest = 0;
    for (struct span word = script_word(script); word.size; word = script_word(script)) {
        size_t at = find_first(world, key, json_quote(script->arena, word));
        if (at == world->sent_count)
            return why_say(why, "%.*s did not come", SPAN_ARGS(word));
        if (at < newest && world->mishap != MISHAP_REFUSAL) /* as in say_order */
            return why_say(why, "%.*s came before its turn", SPAN_ARGS(word));
        newest = at;
    }
    return 0;
}
