/* The words for what is expected. */
#include "words.h"

#include "world.h"

#include "words/check.h"
#include "words/json.h"

int words_compare(struct script *script, struct span wanted, struct span found, struct why *why) {
    if (json_check(found, NULL, why) != 0)
        return why_prefix(why, "the body is not JSON: ");
    if (json_check(wanted, NULL, why) != 0)
        return why_prefix(why, "the script's own JSON: ");
    for (struct json_walk walk = json_walk(wanted); json_next(&walk);) {
        struct json_value value;
        struct span path = json_unquote(script->arena, walk.key);
        bool is_there = json_find_path(found, path, &value);
        if (walk.value.type == JSON_NULL && !is_there)
            continue;
        if (!is_there || !span_equal(value.text, walk.value.text))
            return why_say(why, "%.*s is %.*s, not %.*s", SPAN_ARGS(path),
                           SPAN_ARGS(is_there ? span_cut(value.text, 0, 80) : SPAN("not there")),
                           SPAN_ARGS(span_cut(walk.value.text, 0, 80)));
    }
    return 0;
}

static const struct sent *next_sent(struct script *script, struct why *why) {
    struct world *world = script->world;
    if (world->looked_at == world->sent_count) {
        why_say(why, "nothing more was published");
        return NULL;
    }
    return &world->sent[world->looked_at++];
}

int say_out(struct script *script, struct why *why) {
    struct span key = script_word(script), wanted = script_rest(script);
    const struct sent *sent = next_sent(script, why);
    if (!sent)
        return -1;
    if (sent->to_dead)
        return why_say(why, "a dead letter was published: %.200s", sent->reason);
    if (!span_is(key, sent->key))
        return why_say(why, "published on %.200s", sent->key);
    struct span found = {sent->body, sent->body_size};
    return wanted.size ? words_compare(script, wanted, found, why) : 0;
}

/* The whole body, byte for byte, but for the id that was made. */
int say_body(struct script *script, struct why *why) {
    struct span wanted = script_rest(script);
    check(script->world->looked_at > 0);
    const struct sent *sent = &script->world->sent[script->world->looked_at - 1];
    return span_is(wanted, sent->body) ? 0 : why_say(why, "the body is %.250s", sent->body);
}

int say_dead(struct script *script, struct why *why) {
    struct span part = script_rest(script);
    const struct sent *sent = next_sent(script, why);
    if (!sent)
        return -1;
    if (!sent->to_dead)
        return why_say(why, "published on %.200s", sent->key);
    if (sent->body_size > (size_t)64 * 1024)
        return why_say(why, "the letter has %zu bytes", sent->body_size);
    return span_has(span_of(sent->reason), part)
               ? 0
               : why_say(why, "the reason is: %.200s", sent->reason);
}

int say_nothing(struct script *script, struct why *why) {
    const struct world *world = script->world;
    return world->looked_at == world->sent_count
               ? 0
               : why_say(why, "%zu more were published, first on %.200s",
                         world->sent_count - world->looked_at, world->sent[world->looked_at].key);
}

int say_skip(struct script *script, struct why *why) {
    struct span count = script_word(script);
    size_t left = script->world->sent_count - script->world->looked_at;
    size_t wanted = span_is(count, "all") ? left : (size_t)script_number_of(count);
    if (wanted > left)
        return why_say(why, "only %zu were published", left);
    script->world->looked_at += wanted;
    return 0;
}

static struct span id_of(const struct sent *sent) {
    struct json_value value = {.text = SPAN_NONE};
    json_find((struct span){sent->body, sent->body_size}, SPAN("message_id"), &value);
    return value.text;
}

/* How many different ids were published in all on a key (repeats count once). */
int say_distinct(struct script *script, struct why *why) {
    struct span key = script_word(script);
    long wanted = script_number(script), distinct = 0;
    const struct world *world = script->world;
    for (size_t i = 0; i < world->sent_count; i++) {
        bool is_new = span_is(key, world->sent[i].key);
        for (size_t j = 0; is_new && j < i; j++)
            is_new = !span_is(key, world->sent[j].key) ||
                     !span_equal(id_of(&world->sent[i]), id_of(&world->sent[j]));
        distinct += is_new;
    }
    return distinct == wanted ? 0 : why_say(why, "%ld different ids", distinct);
}

struct span words_text_of(const struct sent *sent) {
    struct json_value text = {JSON_NULL, SPAN("")};
    json_find((struct span){sent->body, sent->body_size}, SPAN("text"), &text);
    return text.text;
}

/* Was a message of that id published on that key before? */
static bool is_repeat(const struct world *world, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(world->sent[i].key, world->sent[at].key) == 0 &&
            span_equal(id_of(&world->sent[i]), id_of(&world->sent[at])))
            return true;
    return false;
}

/* Takes the text out of the list; where order holds it must be the first that is left. */
static bool take_text(struct span *texts, size_t *count, struct span text, bool in_order) {
    size_t at = 0;
    while (at < *count && !in_order && !span_equal(texts[at], text))
        at++;
    if (at == *count || !span_equal(texts[at], text))
        return false;
    memmove(texts + at, texts + at + 1, (--*count - at) * sizeof *texts);
    return true;
}

/* The texts that were published on a key, whatever was published again: "one two three". What the
 * broker refuses may come after what was under way already. */
int say_order(struct script *script, struct why *why) {
    const struct world *world = script->world;
    struct span key = script_word(script), texts[64];
    size_t count = 0;
    for (struct span word = script_word(script); word.size && count < 64;
         word = script_word(script))
        texts[count++] = json_quote(script->arena, word);
    for (size_t i = 0; i < world->sent_count; i++) {
        struct span text = words_text_of(&world->sent[i]);
        if (span_is(key, world->sent[i].key) && !is_repeat(world, i) &&
            !take_text(texts, &count, text, world->mishap != MISHAP_REFUSAL))
            return why_say(why, "%.*s comes, where %.*s is expected", SPAN_ARGS(text),
                           SPAN_ARGS(count ? texts[0] : SPAN("nothing")));
    }
    return count ? why_say(why, "%.*s is missing", SPAN_ARGS(texts[0])) : 0;
}

static bool count_named(const struct flow_counts *counts, struct span name, uint64_t *value) {
    for (size_t i = 0; i < FLOW_COUNTS; i++) {
        struct flow_count known = flow_count(counts, i);
        *value = known.value;
        if (span_is(name, known.name))
            return true;
    }
    return false;
}

/* counts taken=3 dead=1 …: of this server, since it was started. */
int say_counts(struct script *script, struct why *why) {
    struct flow_counts counts = flow_counts(script->world->flow);
    for (struct span pair = script_word(script); pair.size; pair = script_word(script)) {
        const char *sign = memchr(pair.at, '=', pair.size);
        check(sign);
        size_t at = (size_t)(sign - pair.at);
        uint64_t value = 0;
        if (!count_named(&counts, span_cut(pair, 0, at), &value))
            return why_say(why, "no count is called %.*s", SPAN_ARGS(span_cut(pair, 0, at)));
        if (value != (uint64_t)script_number_of(span_cut(pair, at + 1, pair.size)))
            return why_say(why, "%.*s is %llu", SPAN_ARGS(span_cut(pair, 0, at)),
                           (unsigned long long)value);
    }
    return 0;
}

int say_settled(struct script *script, struct why *why) {
    long wanted = script_number(script);
    return script->world->settled == (size_t)wanted
               ? 0
               : why_say(why, "%zu are settled", script->world->settled);
}

int say_turn(struct script *script, struct why *why) {
    long most = script_number(script);
    size_t sent = script->world->turn_sent;
    return sent <= (size_t)most ? 0 : why_say(why, "%zu went out in one turn", sent);
}

int say_paused(struct script *script, struct why *why) {
    struct span part = script_rest(script);
    const char *pause = flow_pause(script->world->flow);
    if (!pause)
        return why_say(why, "it is not paused");
    return span_has(span_of(pause), part) ? 0 : why_say(why, "the pause is: %.200s", pause);
}

int say_runs_on(struct script *script, struct why *why) {
    const char *pause = flow_pause(script->world->flow);
    return pause ? why_say(why, "it is paused: %.200s", pause) : 0;
}

int say_empty(struct script *script, struct why *why) {
    return flow_is_empty(script->world->flow) ? 0 : why_say(why, "something is under way");
}

/* answered nothing; or TICKET ID, and for a repeat "repeat". */
int say_answered(struct script *script, struct why *why) {
    struct world *world = script->world;
    struct span ticket = script_word(script), id = script_word(script), word = script_word(script);
    bool is_there = world->answer_at < world->answer_count;
    const struct answer *answer = is_there ? &world->answers[world->answer_at] : NULL;
    if (span_is(ticket, "nothing"))
        return answer ? why_say(why, "%s has an answer", answer->ticket) : 0;
    if (!answer)
        return why_say(why, "there are no more answers");
    world->answer_at++;
    if (!span_is(ticket, answer->ticket) || !span_is(id, answer->id.text) ||
        answer->is_repeat != span_is(word, "repeat"))
        return why_say(why, "%s is answered with %s%s", answer->ticket, answer->id.text,
                       answer->is_repeat ? ", a repeat" : "");
    return 0;
}
