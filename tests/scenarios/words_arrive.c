/* The words for what arrives. */
#include "words.h"

#include "world.h"

#include "words/check.h"
#include "words/text.h"

#include <stdlib.h>

static struct span fill(struct script *script, char byte, size_t count) {
    char *bytes = arena_take(script->arena, count + 1);
    memset(bytes, byte, count);
    return (struct span){bytes, count};
}

static struct span unhex(struct script *script, struct span hex) {
    struct text out = text_start(script->arena, hex.size);
    for (size_t i = 0; i + 1 < hex.size; i += 2) {
        char pair[3] = {hex.at[i], hex.at[i + 1], 0};
        text_add_char(&out, (char)strtol(pair, NULL, 16));
    }
    return text_span(&out);
}

static struct span three(struct script *script, struct span a, struct span b, struct span c) {
    struct text text = text_start(script->arena, a.size + b.size + c.size);
    text_add(&text, a);
    text_add(&text, b);
    text_add(&text, c);
    return text_span(&text);
}

/* N members, as a group in a message has them. */
static struct span members(struct script *script, long count) {
    struct text out = text_start(script->arena, 64);
    text_add(&out, SPAN("{\"text\":\"everybody\",\"group\":{\"members\":{"));
    for (long i = 0; i < count; i++)
        text_print(&out, "%s\"m%ld\":1", i ? "," : "", i);
    text_add(&out, SPAN("}}}"));
    return text_span(&out);
}

/* A body: JSON as it stands, or @empty, @hex …, @large N (a text of N bytes), @deep N, @members N.
 */
static struct span body(struct script *script) {
    struct span all = script_rest(script);
    if (span_is(all, "@empty"))
        return SPAN("");
    if (span_starts(all, SPAN("@hex ")))
        return unhex(script, span_cut(all, 5, all.size));
    if (span_starts(all, SPAN("@large ")))
        return three(script, SPAN("{\"text\":\""),
                     fill(script, 'x', (size_t)script_number_of(span_cut(all, 7, all.size))),
                     SPAN("\"}"));
    if (span_starts(all, SPAN("@members ")))
        return members(script, script_number_of(span_cut(all, 9, all.size)));
    if (span_starts(all, SPAN("@deep ")))
        return three(script, SPAN("{\"text\":"),
                     fill(script, '[', (size_t)script_number_of(span_cut(all, 6, all.size))),
                     SPAN("}"));
    return all;
}

/* "u%d" with the number in it. */
static struct span numbered(struct script *script, struct span text, long index) {
    struct text out = text_start(script->arena, text.size + 16);
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] == '%' && i + 1 < text.size && text.at[i + 1] == 'd') {
            text_print(&out, "%ld", index);
            i++;
        } else {
            text_add_char(&out, text.at[i]);
        }
    return text_span(&out);
}

static char *keep(struct span bytes) {
    char *kept = must_alloc(bytes.size + 1);
    if (bytes.size)
        memcpy(kept, bytes.at, bytes.size);
    kept[bytes.size] = '\0';
    return kept;
}

/* What arrives, as the script says it. */
struct words_of {
    struct span key, ticket, client_id, body;
};

/* "NAME=VALUE" before the body. */
static struct span property(struct script *script, struct span name) {
    while (*script->at == ' ')
        script->at++;
    if (!span_starts(span_of(script->at), name))
        return SPAN_NONE;
    struct span word = script_word(script);
    return span_cut(word, name.size, word.size);
}

static struct words_of read_words(struct script *script) {
    struct words_of words = {.key = script_word(script)};
    words.ticket = property(script, SPAN("ticket="));
    words.client_id = property(script, SPAN("client_id="));
    words.body = body(script);
    return words;
}

static void arrive(struct script *script, struct arrivals *where, const struct words_of *words) {
    world_arrive(
        script->world, where,
        (struct arrival){.key = keep(words->key),
                         .body = keep(words->body),
                         .key_size = words->key.size,
                         .body_size = words->body.size,
                         .ticket = words->ticket.at ? keep(words->ticket) : NULL,
                         .client_id = words->client_id.at ? keep(words->client_id) : NULL});
}

int say_arrive(struct script *script, struct why *why) {
    (void)why;
    struct words_of words = read_words(script);
    arrive(script, &script->world->stream, &words);
    return 0;
}

int say_waits(struct script *script, struct why *why) {
    (void)why;
    struct words_of words = read_words(script);
    arrive(script, &script->world->queue, &words);
    return 0;
}

static struct span numbered_property(struct script *script, struct span text, long index) {
    return text.at ? numbered(script, text, index) : SPAN_NONE;
}

static int many(struct script *script, struct arrivals *where) {
    long count = script_number(script);
    struct words_of words = read_words(script);
    for (long i = 1; i <= count; i++)
        arrive(script, where,
               &(struct words_of){
                   numbered(script, words.key, i), numbered_property(script, words.ticket, i),
                   numbered_property(script, words.client_id, i), numbered(script, words.body, i)});
    return 0;
}

int say_arrives_many(struct script *script, struct why *why) {
    (void)why;
    return many(script, &script->world->stream);
}

int say_many_wait(struct script *script, struct why *why) {
    (void)why;
    return many(script, &script->world->queue);
}

int say_poison(struct script *script, struct why *why) {
    (void)why;
    world_arrive(
        script->world, &script->world->stream,
        (struct arrival){.key = keep(SPAN("")), .body = keep(SPAN("")), .is_poison = true});
    return 0;
}

int say_marker(struct script *script, struct why *why) {
    (void)why;
    world_arrive(script->world, &script->world->stream,
                 (struct arrival){.key = keep(SPAN("chat21d.intake")),
                                  .key_size = 14,
                                  .body = keep(SPAN("")),
                                  .is_marker = true});
    return 0;
}
