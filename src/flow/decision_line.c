/* The decision log: what was decided about a message, by whom and why, as one line of JSON.
 *
 * Written once the decision is stored: every refusal that its sender was told of, every change,
 * whatever policies caused or had waited, every policy's failure, every shadow that would have said
 * something; of all else one in `sample`. A line is at most LINE_BYTES bytes; what found no room is
 * left out, and "is_cut" says so. Texts only where the setting says so. */
#include "flow/inside.h"

#include "words/text.h"

enum {
    LINE_BYTES = 32 * 1024,
    LISTS_BYTES = 24 * 1024, /* where steps and questions end; the rest fits behind them */
    VALUE_BYTES = 512,       /* of one value */
    TEXT_BYTES = 2048,       /* of the message's own */
};

/* ---- which ---- */

static bool is_silent(enum policy_word word) {
    return word == WORD_NONE || word == WORD_ACCEPT || word == WORD_WAIT;
}

static bool is_plain(const struct plan *plan) {
    bool is_usual = plan->outcome == PLAN_DELIVERED || plan->outcome == PLAN_APPLIED;
    bool is_alone = !plan->child_count && !plan->child && !plan->replaces_seq;
    bool says_nothing = is_usual && is_alone && !plan->policy.at;
    for (size_t i = 0; says_nothing && i < plan->trace->step_count; i++)
        says_nothing = is_silent(plan->trace->steps[i].word);
    return says_nothing;
}

static bool is_sampled(struct flow *flow) {
    unsigned sample = flow->parts.sink.sample;
    if (!sample || ++flow->unsampled < sample)
        return false;
    flow->unsampled = 0;
    return true;
}

void decision_keep_trace(struct flow *flow, struct plan *plan, bool is_refused) {
    const struct policy_trace *trace = plan->trace;
    if (!is_refused && is_plain(plan) && !is_sampled(flow)) {
        plan->trace = NULL;
        return;
    }
    struct policy_trace *kept = arena_take(plan->arena, sizeof *kept);
    kept->step_count = trace->step_count;
    kept->asked_count = trace->asked_count;
    kept->is_cut = trace->is_cut;
    kept->units = trace->units;
    kept->microseconds = trace->microseconds;
    memcpy(kept->steps, trace->steps, trace->step_count * sizeof *trace->steps);
    memcpy(kept->asked, trace->asked, trace->asked_count * sizeof *trace->asked);
    plan->trace = kept;
}

/* ---- what ---- */

static void add(struct text *line, const char *name, struct span value) {
    if (!value.at)
        return;
    struct span quoted = json_quote(line->arena, span_cut(value, 0, VALUE_BYTES));
    text_print(line, ",\"%s\":%.*s", name, SPAN_ARGS(quoted));
}

static void add_number(struct text *line, const char *name, int64_t value) {
    text_print(line, ",\"%s\":%lld", name, (long long)value);
}

static void add_flag(struct text *line, const char *name, bool value) {
    text_print(line, ",\"%s\":%s", name, value ? "true" : "false");
}

/* How often it was judged, this time included. */
static unsigned times_judged(const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    bool by_hand = parcel->waited == WAITED_RELEASED || parcel->waited == WAITED_DISCARDED;
    return plan->wait.times + (plan->outcome != PLAN_DEFERRED) + by_hand;
}

static const char *kind_name(const struct parcel *parcel) {
    return parcel->has_route ? kind_of(parcel->route.kind)->name : "message";
}

static void add_who(struct text *line, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    struct ident parent = ident_make(plan->origin.incarnation, plan->origin.offset, 0);
    text_print(line, "{\"decision\":\"%s/%u\",\"generation\":\"%016llx\",\"seq\":%lld",
               plan->id.text, times_judged(parcel), (unsigned long long)plan->generation,
               (long long)plan->seq);
    add(line, "message_id", span_of(plan->id.text));
    if (plan->child)
        add(line, "parent", span_of(parent.text));
    add(line, "app", plan->app);
    add(line, "sender", plan->sender);
    add(line, "recipient", plan->recipient);
    add_flag(line, "is_group", plan->is_group);
    add(line, "kind", span_of(kind_name(parcel)));
}

static void add_what(struct text *line, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    add(line, "outcome", span_of(plan_outcome_name(plan->outcome)));
    add(line, "policy", plan->policy);
    add(line, "code", plan->code);
    add(line, "reason", plan->reason);
    add_number(line, "hops", plan->hops);
    add_number(line, "deferred", plan->wait.times);
    if (parcel->waited == WAITED_RELEASED)
        add_flag(line, "is_released", true);
    add_number(line, "copies", (int64_t)plan->copy_count);
}

static void add_step(struct text *line, const struct policy_step *step, bool with_texts) {
    text_print(line, "{\"event\":\"%s\",\"said\":\"%s\"", policy_event_name(step->event),
               policy_word_name(step->word));
    add(line, "policy", step->policy);
    add(line, "code", step->code);
    add(line, "reason", step->reason);
    add(line, "owner", step->owner);
    if (step->is_shadow)
        add_flag(line, "is_shadow", true);
    if (with_texts || step->word != WORD_REWRITE) /* to whom, or for how long: no text */
        add(line, "changes", step->changes);
    if (step->replies)
        add_number(line, "replies", (int64_t)step->replies);
    add_number(line, "units", step->units);
    add_number(line, "us", step->microseconds);
    text_add_char(line, '}');
}

/* What a policy keeps may be what a message said; numbers and flags are not. */
static struct span answer_shown(const struct policy_asked *asked, bool with_texts) {
    bool is_text = asked->answer.size && asked->answer.at[0] == '"';
    return is_text && !with_texts ? SPAN("(text)") : span_cut(asked->answer, 0, VALUE_BYTES);
}

static void add_asked(struct text *line, const struct policy_asked *asked, bool with_texts) {
    text_print(line, "{\"answer\":%.*s",
               SPAN_ARGS(json_quote(line->arena, answer_shown(asked, with_texts))));
    add(line, "policy", asked->policy);
    add(line, "question", asked->question);
    text_add_char(line, '}');
}

/* False: not all of it found room. */
static bool add_lists(struct text *line, const struct policy_trace *trace, bool with_texts) {
    size_t steps = 0, asked = 0;
    text_print(line, ",\"policies\":[");
    for (; steps < trace->step_count && line->size < LISTS_BYTES; steps++) {
        if (steps)
            text_add_char(line, ',');
        add_step(line, &trace->steps[steps], with_texts);
    }
    text_print(line, "],\"asked\":[");
    for (; asked < trace->asked_count && line->size < LISTS_BYTES; asked++) {
        if (asked)
            text_add_char(line, ',');
        add_asked(line, &trace->asked[asked], with_texts);
    }
    text_add_char(line, ']');
    return steps == trace->step_count && asked == trace->asked_count && !trace->is_cut;
}

static int64_t count_errors(const struct policy_trace *trace) {
    int64_t errors = 0;
    for (size_t i = 0; i < trace->step_count; i++)
        errors += trace->steps[i].word == WORD_ERROR;
    return errors;
}

static void add_trace(struct text *line, const struct policy_trace *trace, bool with_texts) {
    bool is_whole = add_lists(line, trace, with_texts);
    add_number(line, "errors", count_errors(trace));
    add_number(line, "units", (int64_t)trace->units);
    add_number(line, "us", trace->microseconds);
    if (!is_whole)
        add_flag(line, "is_cut", true);
}

/* What the message says now, whoever changed it. */
static void add_text(struct text *line, const struct plan *plan) {
    struct json_value text;
    if (!plan->body.head.at)
        return;
    struct span body = message_with_status(line->arena, plan->body, STATUS_SENT);
    if (!json_find(body, SPAN("text"), &text) || text.type != JSON_STRING)
        return;
    struct span words = span_cut(json_unquote(line->arena, text.text), 0, TEXT_BYTES);
    text_print(line, ",\"text\":%.*s", SPAN_ARGS(json_quote(line->arena, words)));
}

static struct span render(struct flow *flow, const struct parcel *parcel, struct arena *arena) {
    const struct plan *plan = parcel->plan;
    bool with_texts = flow->parts.sink.with_texts;
    struct text line = text_start(arena, 2048);
    add_who(&line, parcel);
    add_what(&line, parcel);
    if (plan->trace)
        add_trace(&line, plan->trace, with_texts);
    if (with_texts)
        add_text(&line, plan);
    add_number(&line, "received_ms", plan->received_ms);
    if (parcel->decided_ms)
        add_number(&line, "decided_ms", parcel->decided_ms);
    text_add_char(&line, '}');
    return text_span(&line);
}

/* Values may hold bytes that take six each when quoted. A line that is too long after all says only
 * what matters most. */
static struct span render_bounded(struct flow *flow, const struct parcel *parcel,
                                  struct arena *arena) {
    struct span whole = render(flow, parcel, arena);
    if (whole.size <= LINE_BYTES)
        return whole;
    struct text line = text_start(arena, 2048);
    add_who(&line, parcel);
    add_what(&line, parcel);
    add_flag(&line, "is_cut", true);
    text_add_char(&line, '}');
    return text_span(&line);
}

static bool is_wanted(const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    bool is_refusal = plan->outcome == PLAN_DEAD || plan->outcome == PLAN_REJECTED;
    if (is_refusal)
        return parcel->is_told;
    return plan->trace || parcel->waited == WAITED_DISCARDED;
}

void decision_write(struct flow *flow, const struct parcel *parcel) {
    const struct flow_sink *sink = &flow->parts.sink;
    if (!sink->write || !is_wanted(parcel))
        return;
    struct arena *arena = arena_new();
    sink->write(sink->self, render_bounded(flow, parcel, arena));
    arena_free(&arena);
}
