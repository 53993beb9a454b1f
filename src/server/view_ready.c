/* Is it ready? Not while it would take nothing, or send nothing out: the broker is not connected,
 * belongs to another server (standby), refuses to be published to, or soon will, because the
 * server's own token is over; the store, or a fact in it, is
 * not available; it is stopping.
 *
 * Only noted: a set of policies on disk that was refused, and a policy that is set aside. The rules
 * that were in force go on, every message meets a decision, and another server that reads the same
 * files would stand no better: taking this one out of service would make an outage of a mistake. */
#include "server/view.h"

#include "words/text.h"

/* An absent reason: it is ready. */
static bool put_line(struct text *out, const char *name, struct span reason, struct span noted) {
    bool is_ready = !reason.at;
    text_print(out, "%s: %s%.*s", name, is_ready ? "ready" : "not ready: ", SPAN_ARGS(reason));
    if (noted.at)
        text_print(out, " (noted: %.*s)", SPAN_ARGS(noted));
    text_add_char(out, '\n');
    return is_ready;
}

static struct span broker_reason(const struct view *view, struct arena *arena) {
    if (view->broker == VIEW_STANDBY)
        return arena_print(arena, "standby: %.*s", SPAN_ARGS(view->broker_reason));
    if (view->broker == VIEW_CLOSED)
        return view->broker_reason.at ? view->broker_reason : SPAN("not connected");
    if (view->blocked.at)
        return arena_print(arena, "blocked by the broker: %.*s", SPAN_ARGS(view->blocked));
    if (view->login_count && view->logins[0].is_over)
        return arena_copy(arena, span_of(view->logins[0].words));
    return SPAN_NONE;
}

static struct span policies_noted(const struct view *view, struct arena *arena) {
    if (view->refused.at)
        return arena_print(arena, "the set on disk was refused: %.*s", SPAN_ARGS(view->refused));
    for (size_t i = 0; i < view->policy_count; i++)
        if (view->policies[i].health.is_set_aside)
            return arena_print(arena, "%s is set aside", view->policies[i].health.name);
    return SPAN_NONE;
}

bool view_ready(const struct view *view, struct text *out) {
    bool is_ready = put_line(out, "broker", broker_reason(view, out->arena), SPAN_NONE);
    is_ready &= put_line(out, "store", view->pause, SPAN_NONE);
    is_ready &= put_line(out, "policies", SPAN_NONE, policies_noted(view, out->arena));
    if (view->is_stopping)
        is_ready &= put_line(out, "server", SPAN("it is stopping"), SPAN_NONE);
    return is_ready;
}
