/* The words for the server's life, and for the faults. */
#include "words.h"

#include "world.h"

#include "words/text.h"

#include <errno.h>

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

int say_set(struct script *script, struct why *why) {
    struct flow_settings *settings = &script->world->settings;
    struct span name = script_word(script);
    if (script->world->flow)
        return why_say(why, "settings come first");
    if (span_is(name, "batch_max"))
        settings->batch_max = (unsigned)script_number(script);
    else if (span_is(name, "body_max"))
        settings->body_max = (size_t)script_number(script);
    else if (span_is(name, "fanout_max"))
        settings->fanout_max = (size_t)script_number(script);
    else if (span_is(name, "copies"))
        settings->copies.burst = settings->copies.per_minute = (uint32_t)script_number(script);
    else if (span_is(name, "updates"))
        settings->updates.burst = settings->updates.per_minute = (uint32_t)script_number(script);
    else if (span_is(name, "presence"))
        settings->has_presence = script_number(script) != 0;
    else if (span_is(name, "texts"))
        script->world->hides_texts = script_number(script) == 0;
    else if (span_is(name, "sample"))
        script->world->sample = (unsigned)script_number(script);
    else if (span_is(name, "hops_max"))
        settings->hops_max = (unsigned)script_number(script);
    else if (span_is(name, "deferred_max"))
        settings->deferred_max = (unsigned)script_number(script);
    else if (span_is(name, "waiting_max"))
        settings->waiting_max = (uint64_t)script_number(script);
    else if (span_is(name, "waiting_bytes_max"))
        settings->waiting_bytes_max = (size_t)script_number(script);
    else if (span_is(name, "refusals"))
        settings->refusals_burst = settings->refusals_per_minute = (unsigned)script_number(script);
    else if (span_is(name, "form")) {
        settings->forces_form = true;
        settings->form = span_is(script_word(script), "seed") ? INBOX_SEED : INBOX_TABLE;
    } else
        return why_say(why, "no setting is called %.*s", SPAN_ARGS(name));
    return 0;
}

static void begin(struct script *script) {
    if (!script->world->flow)
        world_start(script->world);
}

int say_run(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    if (script->mishap)
        world_run_through(script->world);
    else
        world_run(script->world);
    return 0;
}

int say_everywhere(struct script *script, struct why *why) {
    (void)why;
    script->is_everywhere = true;
    return 0;
}

int say_by_chance(struct script *script, struct why *why) {
    (void)why;
    script->chances = script_number(script);
    return 0;
}

int say_kill(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    world_die(script->world);
    return 0;
}

int say_die_after(struct script *script, struct why *why) {
    struct span stage = script_word(script), skip = script_word(script);
    for (int i = 0; i < FLOW_STAGES; i++)
        if (span_is(stage, flow_stage_name((enum flow_stage)i))) {
            script->world->die_after = i;
            script->world->die_skip = skip.size ? (unsigned)script_number_of(skip) - 1 : 0;
            return 0;
        }
    return why_say(why, "no stage is called %.*s", SPAN_ARGS(stage));
}

int say_dead_server(struct script *script, struct why *why) {
    if (script->world->is_alive)
        return why_say(why, "the server is alive");
    world_die(script->world);
    return 0;
}

int say_confirms(struct script *script, struct why *why) {
    (void)why;
    script->world->holds_confirms = span_is(script_word(script), "held");
    return 0;
}

int say_broker(struct script *script, struct why *why) {
    struct world *world = script->world;
    struct span what = script_word(script);
    if (span_is(what, "refuses"))
        world->refuse_next = (unsigned)script_number(script);
    else if (span_is(what, "dies-after"))
        world->lose_after = script_number(script);
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

int say_store(struct script *script, struct why *why) {
    struct span what = script_word(script);
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
        fault.offset = (uint64_t)script_number(script);
        fault.times = (unsigned)script_number(script);
    } else if (!span_is(what, "well"))
        return why_say(why, "the store cannot be %.*s", SPAN_ARGS(what));
    struct span after = script_word(script);
    fault.after = after.size ? (unsigned)script_number_of(after) : 0;
    store_set_fault(script->world->store, &fault);
    return 0;
}

int say_facts(struct script *script, struct why *why) {
    (void)why;
    begin(script);
    script->world->facts_fail = span_is(script_word(script), "unavailable");
    return 0;
}

int say_advance(struct script *script, struct why *why) {
    (void)why;
    long ms = script_number(script);
    script->world->now_us += ms * 1000;
    script->world->wall_ms += ms;
    return 0;
}

int say_suspect(struct script *script, struct why *why) {
    (void)why;
    uint64_t offset = (uint64_t)script_number(script);
    bool set_aside = span_is(script_word(script), "aside");
    begin(script);
    flow_suspect(script->world->flow, WORLD_INCARNATION, offset, set_aside);
    return 0;
}

int say_suspect_drained(struct script *script, struct why *why) {
    (void)why;
    uint64_t offset = (uint64_t)script_number(script);
    begin(script);
    script->world->suspect_is_cleared = false;
    flow_suspect(script->world->flow, INTAKE_DRAINED, offset, false);
    return 0;
}

int say_suspect_shared(struct script *script, struct why *why) {
    size_t which = (size_t)script_number(script);
    bool set_aside = span_is(script_word(script), "aside");
    if (which >= script->world->queue.count)
        return why_say(why, "there is no such message in the queue");
    begin(script);
    script->world->suspect_is_cleared = false;
    flow_suspect(script->world->flow, INTAKE_DRAINED,
                 FLOW_NAMED | world_digest(&script->world->queue.at[which]), set_aside);
    return 0;
}

int say_suspects(struct script *script, struct why *why) {
    (void)script_word(script);
    return script->world->suspect_is_cleared ? 0 : why_say(why, "there is a suspect");
}

int say_file(struct script *script, struct why *why) {
    struct span name = script_word(script);
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

int say_no_file(struct script *script, struct why *why) {
    struct span name = script_word(script);
    char path[256];
    snprintf(path, sizeof path, "%s/%.*s", script->world->policies, SPAN_ARGS(name));
    return remove(path) == 0 ? 0 : why_say(why, "%s: errno %d", path, errno);
}

/* reload: must be taken; reload refused PART: must be refused with these words. */
int say_reload(struct script *script, struct why *why) {
    struct span what = script_word(script), part = script_rest(script);
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
