#include "push.h"

#include "bench.h"

/* ---- the verdict ---- */

static void push_copy_to(lua_State *lua, const struct verdict *verdict) {
    lua_newtable(lua);
    for (size_t i = 0; i < verdict->copy_to_count; i++) {
        lua_pushlstring(lua, verdict->copy_to[i].at, verdict->copy_to[i].size);
        lua_rawseti(lua, -2, (int)i + 1);
    }
}

static void push_replies(lua_State *lua, const struct verdict *verdict) {
    lua_newtable(lua);
    for (size_t i = 0; i < verdict->reply_count; i++) {
        const struct policy_reply *reply = &verdict->replies[i];
        lua_newtable(lua);
        set_text(lua, "policy", reply->policy);
        set_text(lua, "to", reply->to);
        set_text(lua, "text", reply->text);
        set_text(lua, "type", reply->type);
        set_text(lua, "attributes", reply->attributes);
        set_text(lua, "metadata", reply->metadata);
        lua_rawseti(lua, -2, (int)i + 1);
    }
}

void push_verdict(lua_State *lua, const struct verdict *verdict, int64_t us) {
    lua_newtable(lua);
    set_text(lua, "verb", span_of(policy_verb_name(verdict->verb)));
    set_text(lua, "policy", verdict->policy);
    set_text(lua, "code", verdict->code);
    set_text(lua, "reason", verdict->reason);
    set_text(lua, "body", verdict->body);
    set_text(lua, "failure", verdict->failure);
    set_flag(lua, "rewritten", verdict->is_rewritten);
    set_text(lua, "redirect", verdict->redirect);
    set_text(lua, "redirect_policy", verdict->redirect_policy);
    push_copy_to(lua, verdict);
    lua_setfield(lua, -2, "copy_to");
    push_replies(lua, verdict);
    lua_setfield(lua, -2, "replies");
    if (verdict->defer_ms)
        set_number(lua, "defer_ms", (lua_Number)verdict->defer_ms);
    set_number(lua, "errors", verdict->errors);
    set_number(lua, "units", verdict->units);
    set_number(lua, "us", (lua_Number)us);
}

/* ---- the trace ---- */

static void push_step(lua_State *lua, const struct policy_step *step) {
    lua_newtable(lua);
    set_text(lua, "policy", step->policy);
    set_text(lua, "event", span_of(policy_event_name(step->event)));
    set_flag(lua, "shadow", step->is_shadow);
    set_text(lua, "word", span_of(policy_word_name(step->word)));
    set_text(lua, "code", step->code);
    set_text(lua, "reason", step->reason);
    set_text(lua, "owner", step->owner);
    set_text(lua, "changes", step->changes);
    set_number(lua, "replies", (lua_Number)step->replies);
    set_number(lua, "units", step->units);
    set_number(lua, "us", step->microseconds);
}

static void push_asked(lua_State *lua, const struct policy_asked *asked) {
    lua_newtable(lua);
    set_text(lua, "policy", asked->policy);
    set_text(lua, "question", asked->question);
    set_text(lua, "answer", asked->answer);
}

void push_trace(lua_State *lua, const struct policy_trace *trace) {
    lua_newtable(lua);
    lua_newtable(lua);
    for (size_t i = 0; i < trace->step_count; i++) {
        push_step(lua, &trace->steps[i]);
        lua_rawseti(lua, -2, (int)i + 1);
    }
    lua_setfield(lua, -2, "steps");
    lua_newtable(lua);
    for (size_t i = 0; i < trace->asked_count; i++) {
        push_asked(lua, &trace->asked[i]);
        lua_rawseti(lua, -2, (int)i + 1);
    }
    lua_setfield(lua, -2, "asked");
    set_flag(lua, "cut", trace->is_cut);
    set_number(lua, "units", (lua_Number)trace->units);
    set_number(lua, "us", (lua_Number)trace->microseconds);
}

/* ---- health and differences ---- */

void push_health(lua_State *lua, const struct policy_health *health) {
    lua_newtable(lua);
    set_text(lua, "name", span_of(health->name));
    set_text(lua, "event", span_of(policy_event_name(health->event)));
    set_text(lua, "mode", health->mode == POLICY_SHADOW ? SPAN("shadow") : SPAN("on"));
    set_flag(lua, "set_aside", health->is_set_aside);
    set_text(lua, "last_error", health->last_error);
    set_number(lua, "asked", (lua_Number)health->asked);
    set_number(lua, "errors", (lua_Number)health->errors);
    set_number(lua, "units", (lua_Number)health->units);
    set_number(lua, "us", (lua_Number)health->microseconds);
    set_number(lua, "differences", (lua_Number)health->differences);
    lua_newtable(lua);
    for (int word = WORD_NONE; word <= WORD_WAIT; word++)
        set_number(lua, policy_word_name((enum policy_word)word), (lua_Number)health->said[word]);
    lua_setfield(lua, -2, "said");
}

static void push_difference(lua_State *lua, const struct policy_difference *difference) {
    lua_newtable(lua);
    set_text(lua, "policy", span_of(difference->policy));
    set_text(lua, "message_id", span_of(difference->message_id));
    set_text(lua, "app", span_of(difference->app));
    set_text(lua, "sender", span_of(difference->sender));
    set_text(lua, "recipient", span_of(difference->recipient));
    set_number(lua, "at_ms", (lua_Number)difference->at_ms);
    set_text(lua, "decided", span_of(difference->decided));
    set_text(lua, "instead", span_of(policy_word_name(difference->instead)));
    set_text(lua, "code", span_of(difference->code));
    set_text(lua, "reason", span_of(difference->reason));
}

void push_differences(lua_State *lua, const struct policy_memory *memory) {
    struct policy_difference difference;
    lua_newtable(lua);
    for (size_t i = 0; policy_memory_differences(memory, i, &difference); i++) {
        push_difference(lua, &difference);
        lua_rawseti(lua, -2, (int)i + 1);
    }
}
