/* set:change{ event =, app =, sender =, recipient =, … }: what the flow's judge makes of what is no
 * message, as the server would: the same as set:deliver, and in `body` what it became, where it is
 * applied. `sender` is whose it is, `recipient` the other side. Besides, by event:
 *
 *     receipt       message_id, writer
 *     conversation  body (JSON, an object)
 *     presence      client, connected */
#include "bench.h"

#include "meaning/change.h"

static struct span patch_of(lua_State *lua, const struct plan *plan) {
    struct span body = copied_field(lua, plan->arena, "body");
    struct why why;
    enum json_type type;
    if (json_check(body, &type, &why) < 0)
        luaL_error(lua, "body: %s", why.words);
    if (type != JSON_OBJECT)
        luaL_error(lua, "body: an object expected, got %s", json_type_name(type));
    return body;
}

static struct span receipt_of(lua_State *lua, const struct plan *plan) {
    struct receipt receipt = {.message_id = copied_field(lua, plan->arena, "message_id"),
                              .user = plan->sender,
                              .conversation = plan->recipient,
                              .sender = copied_field(lua, plan->arena, "writer")};
    return change_receipt(plan->arena, &receipt);
}

static struct span object_of(lua_State *lua, const struct plan *plan, enum policy_event event) {
    switch (event) {
    case POLICY_RECEIPT:
        return receipt_of(lua, plan);
    case POLICY_CONVERSATION:
        return patch_of(lua, plan);
    case POLICY_ARCHIVE:
        return SPAN("{}");
    case POLICY_PRESENCE:
        return change_presence(plan->arena, copied_field(lua, plan->arena, "client"),
                               flag_field(lua, 2, "connected"));
    case POLICY_MESSAGE:
    case POLICY_COPY:
    case POLICY_GROUP:
        break;
    }
    luaL_error(lua, "event: receipt, conversation, archive or presence expected");
    return SPAN_NONE;
}

static enum judge_end judge(lua_State *lua, struct bench *bench, struct plan *plan,
                            struct span *changed, struct why *why) {
    enum policy_event event = bench_event(lua);
    struct judge judge = bench_judge(bench);
    const char *code = "";
    if (event != POLICY_PRESENCE)
        plan->recipient = copied_field(lua, plan->arena, "recipient");
    struct span object = object_of(lua, plan, event);
    bench_start(bench);
    enum judge_end end = judge_change(&judge, plan, event, object, changed, &code, why);
    bench_stop(bench);
    if (end == JUDGE_DEAD)
        luaL_error(lua, "%s: %s", code, why->words);
    return end;
}

int bench_change(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct why why = {""};
    struct span changed = SPAN_NONE;
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    luaL_checkstack(lua, 40, "change");
    struct arena *arena = new_arena(lua);
    struct plan *plan = bench_plan(lua, bench);
    if (judge(lua, bench, plan, &changed, &why) != JUDGE_PLANNED) {
        bench_push_waits(lua, &why);
        return 1;
    }
    bench_push_family(lua, bench, plan, arena);
    if (plan->outcome == PLAN_APPLIED)
        set_text(lua, "body", changed);
    return 1;
}
