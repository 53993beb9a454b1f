/* The words for what the store has: timelines and conversations, of the app that the script speaks
 * of. */
#include "words.h"

#include "world.h"

int say_app(struct script *script, struct why *why) {
    (void)why;
    script->app = arena_copy(script->arena, script_word(script));
    return 0;
}

static int history(struct script *script, struct span owner, struct span other,
                   struct store_entry **entries, size_t *count, struct why *why) {
    return store_history(script->world->reader, script->arena, script->app, owner, other, 0, 10000,
                         entries, count, why);
}

int say_history(struct script *script, struct why *why) {
    struct span owner = script_word(script), other = script_word(script);
    long wanted = script_number(script);
    struct store_entry *entries;
    size_t count;
    if (history(script, owner, other, &entries, &count, why) != 0)
        return -1;
    return count == (size_t)wanted ? 0 : why_say(why, "%zu entries", count);
}

int say_newest(struct script *script, struct why *why) {
    struct span owner = script_word(script), other = script_word(script),
                wanted = script_rest(script);
    struct store_entry *entries;
    size_t count;
    if (history(script, owner, other, &entries, &count, why) != 0)
        return -1;
    return count ? words_compare(script, wanted, entries[0].json, why) : why_say(why, "no entries");
}

/* entry OWNER OTHER ID JSON */
int say_entry(struct script *script, struct why *why) {
    struct span owner = script_word(script), other = script_word(script), id = script_word(script),
                wanted = script_rest(script);
    struct store_entry *entries;
    size_t count;
    if (history(script, owner, other, &entries, &count, why) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (span_equal(entries[i].message_id, id))
            return words_compare(script, wanted, entries[i].json, why);
    return why_say(why, "it is not there");
}

/* conversation OWNER OTHER JSON, or null: there is none. */
int say_conversation(struct script *script, struct why *why) {
    struct facts facts = store_reader_facts(script->world->reader);
    struct span owner = script_word(script), other = script_word(script),
                wanted = script_rest(script);
    struct fact_conversation found;
    enum fact fact =
        facts.conversation(facts.self, script->arena, script->app, owner, other, &found);
    if (fact == FACT_UNAVAILABLE)
        return why_say(why, "it cannot be read");
    bool is_there = fact == FACT_FOUND, should_be = !span_is(wanted, "null");
    if (is_there != should_be)
        return why_say(why, "it is %s", is_there ? "there" : "not there");
    return is_there ? words_compare(script, wanted, found.json, why) : 0;
}
