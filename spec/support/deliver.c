/* set:deliver{ body =, app =, sender =, recipient =, deferred =, hops =, is_released = }: what the
 * flow's judge makes of one message, as the server would: a list of the copies that would go out,
 * those of replies, redirects and further copies behind the message's own, with
 *
 *     outcome, policy, code, reason, due_in (milliseconds), children = { the same of each child }
 *
 * A copy is { owner, peer, topic, status, child (0: the message itself), body }. No broker, no
 * store: what needs their state (who waits already, the senders' budgets) is open here. */
#include "bench.h"

#include "meaning/route.h"

/* The server's defaults. */
enum { FANOUT_MAX = 64 << 20, HOPS_MAX = 4, DEFERRED_MAX = 8 };
enum { INCARNATION = 1 };

static const char *const PLAN = "chat21.sandbox.plan";

/* ---- the message ---- */

struct span copied_field(lua_State *lua, struct arena *arena, const char *name) {
    struct span text = text_field(lua, 2, name);
    if (!text.at)
        luaL_error(lua, "%s: a string expected", name);
    text = arena_copy(arena, text);
    lua_pop(lua, 1);
    return text;
}

struct plan *bench_plan(lua_State *lua, struct bench *bench) {
    struct plan **place = lua_newuserdata(lua, sizeof *place);
    *place = NULL;
    luaL_getmetatable(lua, PLAN);
    lua_setmetatable(lua, -2);
    struct plan *plan = *place = plan_new();
    plan->origin = (struct origin){.incarnation = INCARNATION, .offset = ++bench->delivered};
    plan->id = ident_make(INCARNATION, plan->origin.offset, 0);
    plan->app = copied_field(lua, plan->arena, "app");
    plan->sender = copied_field(lua, plan->arena, "sender");
    plan->received_ms = bench->now_ms;
    plan->hops = (unsigned)number_field(lua, 2, "hops", 0);
    plan->wait.times = (unsigned)number_field(lua, 2, "deferred", 0);
    return plan;
}

static int free_plan(lua_State *lua) {
    plan_free(lua_touserdata(lua, 1));
    return 0;
}

void open_plans(lua_State *lua) {
    luaL_newmetatable(lua, PLAN);
    lua_pushcfunction(lua, free_plan);
    lua_setfield(lua, -2, "__gc");
    lua_pop(lua, 1);
}

/* ---- the judgement ---- */

struct judge bench_judge(struct bench *bench) {
    return (struct judge){.facts = bench_facts(bench),
                          .policies = bench->set,
                          .memory = bench->memory,
                          .fanout_max = FANOUT_MAX,
                          .hops_max = HOPS_MAX,
                          .deferred_max = DEFERRED_MAX,
                          .now_ms = bench->now_ms};
}

/* As the flow does with what cannot be understood: its sender is told. */
static void make_dead(struct plan *plan, const struct matter *matter, const char *code,
                      const struct why *why) {
    plan->outcome = PLAN_DEAD;
    plan->copy_count = plan->child_count = 0;
    plan->code = span_of(code);
    plan->reason = arena_copy(plan->arena, span_of(why->words));
    judge_refuse(plan, &(struct refusal){.body = matter->message.body,
                                         .timestamp = matter->message.timestamp,
                                         .code = plan->code,
                                         .reason = plan->reason});
}

static enum judge_end judge(lua_State *lua, struct bench *bench, struct plan *plan,
                            struct why *why) {
    const char *code = "bad_message";
    struct matter matter = {.is_released = flag_field(lua, 2, "is_released")};
    struct judge judge = bench_judge(bench);
    struct span body = copied_field(lua, plan->arena, "body");
    enum judge_end end = JUDGE_DEAD;
    bench_start(bench);
    if (message_read(plan->arena, body, route_is_group_id(plan->recipient), &matter.message, why) ==
        0)
        end = judge_message(&judge, plan, &matter, &code, why);
    bench_stop(bench);
    if (end == JUDGE_DEAD)
        make_dead(plan, &matter, code, why);
    return end;
}

/* ---- what went out ---- */

static struct span topic_of(struct arena *arena, struct span key) {
    char *topic = arena_string(arena, key);
    for (char *at = topic; *at; at++)
        if (*at == '.')
            *at = '/';
    return span_of(topic);
}

/* Appends the copies of `plan` to the list on top. */
static void push_copies(lua_State *lua, const struct plan *plan, struct arena *arena) {
    for (size_t i = 0; i < plan->copy_count; i++) {
        struct publication out;
        plan_publication(plan, i, arena, &out);
        lua_newtable(lua);
        set_text(lua, "owner", plan->copies[i].owner);
        set_text(lua, "peer", plan->copies[i].other);
        set_text(lua, "topic", topic_of(arena, out.key));
        set_text(lua, "body", out.body);
        set_number(lua, "status", plan->copies[i].status);
        set_number(lua, "child", plan->child);
        lua_rawseti(lua, -2, (int)lua_objlen(lua, -2) + 1);
    }
}

static void set_outcome(lua_State *lua, const struct bench *bench, const struct plan *plan) {
    set_text(lua, "outcome", span_of(plan_outcome_name(plan->outcome)));
    set_text(lua, "policy", plan->policy);
    set_text(lua, "code", plan->code);
    set_text(lua, "reason", plan->reason);
    set_text(lua, "sender", plan->sender);
    set_text(lua, "recipient", plan->recipient);
    if (plan->outcome == PLAN_DEFERRED)
        set_number(lua, "due_in", (lua_Number)(plan->wait.due_ms - bench->now_ms));
}

void bench_push_family(lua_State *lua, const struct bench *bench, const struct plan *plan,
                       struct arena *arena) {
    lua_newtable(lua);
    set_outcome(lua, bench, plan);
    push_copies(lua, plan, arena);
    for (size_t i = 0; i < plan->child_count; i++)
        push_copies(lua, plan->children[i], arena);
    lua_newtable(lua);
    for (size_t i = 0; i < plan->child_count; i++) {
        lua_newtable(lua);
        set_outcome(lua, bench, plan->children[i]);
        set_number(lua, "hops", plan->children[i]->hops);
        lua_rawseti(lua, -2, (int)i + 1);
    }
    lua_setfield(lua, -2, "children");
}

void bench_push_waits(lua_State *lua, const struct why *why) {
    lua_newtable(lua);
    set_text(lua, "outcome", SPAN("waits"));
    set_text(lua, "reason", span_of(why->words));
}

int bench_deliver(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct why why = {""};
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    struct arena *arena = new_arena(lua);
    struct plan *plan = bench_plan(lua, bench);
    plan->recipient = copied_field(lua, plan->arena, "recipient");
    if (judge(lua, bench, plan, &why) != JUDGE_WAIT) {
        bench_push_family(lua, bench, plan, arena);
        return 1;
    }
    bench_push_waits(lua, &why);
    return 1;
}
