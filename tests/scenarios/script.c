#include "script.h"

#include "world.h"

#include "words/check.h"
#include "words/json.h"
#include "words/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct script {
    struct world *world;
    struct arena *arena;
    FILE *file;
    int line;
    char *at; /* what is left of the current line */
};

/* ---- reading ---- */

static struct span word(struct script *script) {
    while (*script->at == ' ')
        script->at++;
    char *from = script->at;
    while (*script->at && *script->at != ' ')
        script->at++;
    return (struct span){from, (size_t)(script->at - from)};
}

static struct span rest(struct script *script) {
    while (*script->at == ' ')
        script->at++;
    struct span all = span_of(script->at);
    script->at += all.size;
    return all;
}

static long number_of(struct span text) {
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", SPAN_ARGS(text));
    return strtol(digits, NULL, 10);
}

static long number(struct script *script) {
    return number_of(word(script));
}

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

/* A body: JSON as it stands, or @empty, @hex …, @large N (a text of N bytes), @deep N. */
static struct span body(struct script *script) {
    struct span all = rest(script);
    if (span_is(all, "@empty"))
        return SPAN("");
    if (span_starts(all, SPAN("@hex ")))
        return unhex(script, span_cut(all, 5, all.size));
    if (span_starts(all, SPAN("@large ")))
        return three(script, SPAN("{\"text\":\""),
                     fill(script, 'x', (size_t)number_of(span_cut(all, 7, all.size))), SPAN("\"}"));
    if (span_starts(all, SPAN("@deep ")))
        return three(script, SPAN("{\"text\":"),
                     fill(script, '[', (size_t)number_of(span_cut(all, 6, all.size))), SPAN("}"));
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

/* Lines up to one that says END. */
static struct span until_end(struct script *script) {
    struct text out = text_start(script->arena, 1024);
    char line[4096];
    while (fgets(line, sizeof line, script->file) && strcmp(line, "END\n") != 0) {
        script->line++;
        text_add(&out, span_of(line));
    }
    script->line++;
    return text_span(&out);
}

/* ---- what arrives ---- */

static char *keep(struct span bytes) {
    char *kept = must_alloc(bytes.size + 1);
    if (bytes.size)
        memcpy(kept, bytes.at, bytes.size);
    kept[bytes.size] = '\0';
    return kept;
}

static void arrive(struct script *script, struct arrivals *where, struct span key,
                   struct span bytes) {
    world_arrive(
        script->world, where,
        (struct arrival){
            .key = keep(key), .body = keep(bytes), .key_size = key.size, .body_size = bytes.size});
}

static int say_arrive(struct script *script, struct why *why) {
    (void)why;
    struct span key = word(script);
    arrive(script, &script->world->stream, key, body(script));
    return 0;
}

static int say_waits(struct script *script, struct why *why) {
    (void)why;
    struct span key = word(script);
    arrive(script, &script->world->queue, key, body(script));
    return 0;
}

static int say_arrives_many(struct script *script, struct why *why) {
    (void)why;
    long count = number(script);
    struct span key = word(script), bytes = body(script);
    for (long i = 1; i <= count; i++)
        arrive(script, &script->world->stream, numbered(script, key, i),
               numbered(script, bytes, i));
    return 0;
}

static int say_poison(struct script *script, struct why *why) {
    (void)why;
    world_arrive(
        script->world, &script->world->stream,
        (struct arrival){.key = keep(SPAN("")), .body = keep(SPAN("")), .is_poison = true});
    return 0;
}

static int say_marker(struct script *script, struct why *why) {
    (void)why;
    world_arrive(script->world, &script->world->stream,
                 (struct arrival){.key = keep(SPAN("chat21d.intake")),
                                  .key_size = 14,
                                  .body = keep(SPAN("")),
                                  .is_marker = true});
    return 0;
}

/* ---- what is expected ---- */

/* Each member of `wanted` must be in `found` with the same bytes; null: must not be there. */
static int compare(struct script *script, struct span wanted, struct span found, struct why *why) {
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

static int say_out(struct script *script, struct why *why) {
    struct span key = word(script), wanted = rest(script);
    const struct sent *sent = next_sent(script, why);
    if (!sent)
        return -1;
    if (sent->to_dead)
        return why_say(why, "a dead letter was published: %.200s", sent->reason);
    if (!span_is(key, sent->key))
        return why_say(why, "published on %.200s", sent->key);
    struct span found = {sent->body, sent->body_size};
    return wanted.size ? compare(script, wanted, found, why) : 0;
}

/* The whole body, byte for byte, but for the id that was made. */
static int say_body(struct script *script, struct why *why) {
    struct span wanted = rest(script);
    check(script->world->looked_at > 0);
    const struct sent *sent = &script->world->sent[script->world->looked_at - 1];
    return span_is(wanted, sent->body) ? 0 : why_say(why, "the body is %.250s", sent->body);
}

static int say_dead(struct script *script, struct why *why) {
    struct span part = rest(script);
    const struct sent *sent = next_sent(script, why);
    if (!sent)
        return -1;
    if (!sent->to_dead)
        return why_say(why, "published on %.200s", sent->key);
    if (sent->body_size > 64 * 1024)
        return why_say(why, "the letter has %zu bytes", sent->body_size);
    return span_has(span_of(sent->reason), part)
               ? 0
               : why_say(why, "the reason is: %.200s", sent->reason);
}

static int say_nothing(struct script *script, struct why *why) {
    const struct world *world = script->world;
    return world->looked_at == world->sent_count
               ? 0
               : why_say(why, "%zu more were published, first on %.200s",
                         world->sent_count - world->looked_at, world->sent[world->looked_at].key);
}

static int say_skip(struct script *script, struct why *why) {
    struct span count = word(script);
    size_t left = script->world->sent_count - script->world->looked_at;
    size_t wanted = span_is(count, "all") ? left : (size_t)number_of(count);
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
static int say_distinct(struct script *script, struct why *why) {
    struct span key = word(script);
    long wanted = number(script), distinct = 0;
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

static int history(struct script *script, struct span owner, struct span other,
                   struct store_entry **entries, size_t *count, struct why *why) {
    return store_history(script->world->reader, script->arena, SPAN("tilechat"), owner, other, 0,
                         10000, entries, count, why);
}

static int say_history(struct script *script, struct why *why) {
    struct span owner = word(script), other = word(script);
    long wanted = number(script);
    struct store_entry *entries;
    size_t count;
    if (history(script, owner, other, &entries, &count, why) != 0)
        return -1;
    return count == (size_t)wanted ? 0 : why_say(why, "%zu entries", count);
}

static int say_newest(struct script *script, struct why *why) {
    struct span owner = word(script), other = word(script), wanted = rest(script);
    struct store_entry *entries;
    size_t count;
    if (history(script, owner, other, &entries, &count, why) != 0)
        return -1;
    return count ? compare(script, wanted, entries[0].json, why) : why_say(why, "no entries");
}

static bool count_named(const struct flow_counts *counts, struct span name, uint64_t *value) {
    const struct {
        const char *name;
        uint64_t value;
    } known[] = {
        {"taken", counts->taken},
        {"delivered", counts->delivered},
        {"rejected", counts->rejected},
        {"dropped", counts->dropped},
        {"dead", counts->dead},
        {"applied", counts->applied},
        {"poison", counts->poison},
        {"untold", counts->untold},
        {"copies", counts->copies},
        {"not_pushed", counts->not_pushed},
        {"skipped_members", counts->skipped_members},
        {"republished", counts->republished},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_is(name, known[i].name)) {
            *value = known[i].value;
            return true;
        }
    return false;
}

/* counts taken=3 dead=1 …: of this server, since it was started. */
static int say_counts(struct script *script, struct why *why) {
    struct flow_counts counts = flow_counts(script->world->flow);
    for (struct span pair = word(script); pair.size; pair = word(script)) {
        const char *sign = memchr(pair.at, '=', pair.size);
        check(sign);
        size_t at = (size_t)(sign - pair.at);
        uint64_t value = 0;
        if (!count_named(&counts, span_cut(pair, 0, at), &value))
            return why_say(why, "no count is called %.*s", SPAN_ARGS(span_cut(pair, 0, at)));
        if (value != (uint64_t)number_of(span_cut(pair, at + 1, pair.size)))
            return why_say(why, "%.*s is %llu", SPAN_ARGS(span_cut(pair, 0, at)),
                           (unsigned long long)value);
    }
    return 0;
}

static int say_settled(struct script *script, struct why *why) {
    long wanted = number(script);
    return script->world->settled == (size_t)wanted
               ? 0
               : why_say(why, "%zu are settled", script->world->settled);
}

static int say_paused(struct script *script, struct why *why) {
    struct span part = rest(script);
    const char *pause = flow_pause(script->world->flow);
    if (!pause)
        return why_say(why, "it is not paused");
    return span_has(span_of(pause), part) ? 0 : why_say(why, "the pause is: %.200s", pause);
}

static int say_runs_on(struct script *script, struct why *why) {
    const char *pause = flow_pause(script->world->flow);
    return pause ? why_say(why, "it is paused: %.200s", pause) : 0;
}

static int say_empty(struct script *script, struct why *why) {
    return flow_is_empty(script->world->flow) ? 0 : why_say(why, "something is under way");
}

/* ---- the server's life and the faults ---- */

static int say_set(struct script *script, struct why *why) {
    struct flow_settings *settings = &script->world->settings;
    struct span name = word(script);
    if (script->world->flow)
        return why_say(why, "settings come first");
    if (span_is(name, "batch_max"))
        settings->batch_max = (unsigned)number(script);
    else if (span_is(name, "body_max"))
        settings->body_max = (size_t)number(script);
    else if (span_is(name, "fanout_max"))
        settings->fanout_max = (size_t)number(script);
    else if (span_is(name, "refusals"))
        settings->refusals_burst = settings->refusals_per_minute = (unsigned)number(script);
    else if (span_is(name, "form")) {
        settings->forces_form = true;
        settings->form = span_is(word(script), "seed") ? INBOX_SEED : INBOX_TABLE;
    } else
        return why_say(why, "no setting is called %.*s", SPAN_ARGS(name));
    return 0;
}

static void begin(struct script *script) {
    if (!script->world->flow)
        world_start(script->world);
}

static int say_run(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    world_run(script->world);
    return 0;
}

static int say_kill(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    world_die(script->world);
    return 0;
}

static int say_die_after(struct script *script, struct why *why) {
    struct span stage = word(script), skip = word(script);
    for (int i = 0; i < FLOW_STAGES; i++)
        if (span_is(stage, flow_stage_name((enum flow_stage)i))) {
            script->world->die_after = i;
            script->world->die_skip = skip.size ? (unsigned)number_of(skip) - 1 : 0;
            return 0;
        }
    return why_say(why, "no stage is called %.*s", SPAN_ARGS(stage));
}

static int say_dead_server(struct script *script, struct why *why) {
    if (script->world->is_alive)
        return why_say(why, "the server is alive");
    world_die(script->world);
    return 0;
}

static int say_confirms(struct script *script, struct why *why) {
    (void)why;
    script->world->holds_confirms = span_is(word(script), "held");
    return 0;
}

static int say_broker(struct script *script, struct why *why) {
    struct world *world = script->world;
    struct span what = word(script);
    if (span_is(what, "refuses"))
        world->refuse_next = (unsigned)number(script);
    else if (span_is(what, "dies-after"))
        world->lose_after = number(script);
    else if (span_is(what, "dies"))
        world->is_lost = true;
    else if (span_is(what, "full"))
        world->is_full = true;
    else if (span_is(what, "ready"))
        world->is_full = false;
    else if (span_is(what, "back"))
        world_connect(world);
    else
        return why_say(why, "the broker cannot %.*s", SPAN_ARGS(what));
    return 0;
}

static int say_store(struct script *script, struct why *why) {
    struct span what = word(script);
    struct store_fault fault = {.kind = STORE_FAULT_NONE, .times = 1000000};
    begin(script);
    if (span_is(what, "full"))
        fault.kind = STORE_FAULT_FULL;
    else if (span_is(what, "busy"))
        fault.kind = STORE_FAULT_BUSY;
    else if (span_is(what, "broken"))
        fault.kind = STORE_FAULT_IO;
    else if (span_is(what, "refuses")) {
        fault.kind = STORE_FAULT_DATA;
        fault.offset = (uint64_t)number(script);
        fault.times = (unsigned)number(script);
    } else if (!span_is(what, "well"))
        return why_say(why, "the store cannot be %.*s", SPAN_ARGS(what));
    struct span after = word(script);
    fault.after = after.size ? (unsigned)number_of(after) : 0;
    store_set_fault(script->world->store, &fault);
    return 0;
}

static int say_facts(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    script->world->facts_fail = span_is(word(script), "unavailable");
    return 0;
}

static int say_advance(struct script *script, struct why *why) {
    (void)why;
    long ms = number(script);
    script->world->now_us += ms * 1000;
    script->world->wall_ms += ms;
    return 0;
}

static int say_suspect(struct script *script, struct why *why) {
    (void)why;
    uint64_t offset = (uint64_t)number(script);
    bool set_aside = span_is(word(script), "aside");
    begin(script);
    flow_suspect(script->world->flow, 0x123456789abcde, offset, set_aside);
    return 0;
}

static int say_file(struct script *script, struct why *why) {
    struct span name = word(script);
    char path[256];
    snprintf(path, sizeof path, "%s/%.*s", script->world->policies, SPAN_ARGS(name));
    struct span lines = until_end(script);
    FILE *file = fopen(path, "w");
    if (!file)
        return why_say(why, "%s: errno %d", path, errno);
    fwrite(lines.at, 1, lines.size, file);
    fclose(file);
    return 0;
}

static int say_no_file(struct script *script, struct why *why) {
    struct span name = word(script);
    char path[256];
    snprintf(path, sizeof path, "%s/%.*s", script->world->policies, SPAN_ARGS(name));
    return remove(path) == 0 ? 0 : why_say(why, "%s: errno %d", path, errno);
}

/* reload: must be taken; reload refused PART: must be refused with these words. */
static int say_reload(struct script *script, struct why *why) {
    struct span what = word(script), part = rest(script);
    begin(script);
    script->world->policy_error.words[0] = '\0';
    world_reload(script->world);
    const char *error = script->world->policy_error.words;
    if (!what.size)
        return error[0] ? why_say(why, "refused: %.250s", error) : 0;
    if (!error[0])
        return why_say(why, "it was taken");
    return span_has(span_of(error), part) ? 0 : why_say(why, "refused with: %.250s", error);
}

static const struct {
    const char *word;
    int (*say)(struct script *script, struct why *why);
} WORDS[] = {
    {"set", say_set},
    {"file", say_file},
    {"no-file", say_no_file},
    {"arrive", say_arrive},
    {"arrive-many", say_arrives_many},
    {"waits-in-queue", say_waits},
    {"poison", say_poison},
    {"marker", say_marker},
    {"run", say_run},
    {"kill", say_kill},
    {"die-after", say_die_after},
    {"died", say_dead_server},
    {"confirms", say_confirms},
    {"broker", say_broker},
    {"store", say_store},
    {"facts", say_facts},
    {"advance", say_advance},
    {"suspect", say_suspect},
    {"reload", say_reload},
    {"out", say_out},
    {"body", say_body},
    {"dead", say_dead},
    {"nothing", say_nothing},
    {"skip", say_skip},
    {"distinct", say_distinct},
    {"history", say_history},
    {"newest", say_newest},
    {"counts", say_counts},
    {"settled", say_settled},
    {"paused", say_paused},
    {"runs-on", say_runs_on},
    {"empty", say_empty},
};

static int play_line(struct script *script, struct why *why) {
    struct span verb = word(script);
    if (!verb.size || verb.at[0] == '#')
        return 0;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (span_is(verb, WORDS[i].word))
            return WORDS[i].say(script, why);
    return why_say(why, "no word of the scripts: %.*s", SPAN_ARGS(verb));
}

static int play_lines(struct script *script, const char *path, struct why *why) {
    char line[8192];
    while (fgets(line, sizeof line, script->file)) {
        script->line++;
        line[strcspn(line, "\n")] = '\0';
        script->at = line;
        int at = script->line;
        struct why reason = {.words = ""};
        if (play_line(script, &reason) != 0)
            return why_say(why, "%s:%d: %.100s: %.180s", path, at, line, reason.words);
    }
    return 0;
}

int script_play(const char *path, const char *policies, struct why *why) {
    struct script script = {.file = fopen(path, "r")};
    if (!script.file)
        return why_say(why, "%s: errno %d", path, errno);
    script.world = world_new(policies);
    script.arena = arena_new();
    int rc = play_lines(&script, path, why);
    world_free(script.world);
    arena_free(&script.arena);
    fclose(script.file);
    return rc;
}
