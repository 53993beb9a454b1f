/* What a plan changes beside its copies. */
#include "ports/store/inside.h"

#include "meaning/conversation.h"

static const char *sides_fault(const struct plan_effect *effect) {
    return effect->by.at && effect->whom.at ? NULL : "an effect without both sides";
}

static const char *group_fault(const struct plan_effect *effect) {
    const struct group *group = effect->group;
    return group && group->id.at && group->json.at ? NULL : "a group without an id or its object";
}

static const char *message_fault(const struct plan_effect *effect) {
    if (!message_status_is_known(effect->status))
        return "an effect with an unknown status";
    return effect->seq ? sides_fault(effect) : "an effect on no message";
}

static const char *patch_fault(const struct plan_effect *effect) {
    enum json_type type = JSON_OBJECT;
    if (effect->patch.size > CONVERSATION_PATCH_BYTES)
        return "a patch that is too long";
    if (effect->patch.at && (json_check(effect->patch, &type, NULL) < 0 || type != JSON_OBJECT))
        return "a patch that is no JSON object";
    return sides_fault(effect);
}

const char *effect_fault(const struct plan *plan, const struct plan_effect *effect) {
    if (!plan->app.at)
        return "an effect without an app";
    switch (effect->kind) {
    case EFFECT_GROUP:
        return group_fault(effect);
    case EFFECT_STATUS:
    case EFFECT_ENTRY:
        return message_fault(effect);
    case EFFECT_CONVERSATION:
        return patch_fault(effect);
    case EFFECT_BLOCK:
    case EFFECT_UNBLOCK:
    case EFFECT_PRESENCE:
        break;
    }
    return sides_fault(effect);
}

int group_put(struct store *store, struct span app, const struct group *group) {
    packed_clear(&store->packed);
    for (size_t i = 0; i < group->member_count; i++) {
        packed_add_bytes(&store->packed, group->members[i]);
        packed_add_bytes(&store->packed, (struct span){"", 1});
    }
    struct call call = call_start(&store->handle, SQL_PUT_GROUP);
    call_text(&call, app);
    call_text(&call, group->id);
    call_text(&call, group->owner);
    call_bytes(&call, group->member_count ? packed_span(&store->packed) : SPAN(""));
    call_bytes(&call, group->json);
    return call_run(&call);
}

static int put_block(struct store *store, struct span app, const struct plan_effect *effect) {
    struct call call =
        call_start(&store->handle, effect->kind == EFFECT_BLOCK ? SQL_BLOCK : SQL_UNBLOCK);
    call_text(&call, app);
    call_text(&call, effect->by);
    call_text(&call, effect->whom);
    return call_run(&call);
}

int effect_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                 struct progress *next) {
    switch (effect->kind) {
    case EFFECT_GROUP:
        return group_put(store, plan->app, effect->group);
    case EFFECT_STATUS:
        return status_apply(store, plan, effect);
    case EFFECT_ENTRY:
        return entry_apply(store, plan, effect, next);
    case EFFECT_CONVERSATION:
        return conversation_apply(store, plan, effect, next);
    case EFFECT_PRESENCE:
        return presence_apply(store, plan, effect, next);
    case EFFECT_BLOCK:
    case EFFECT_UNBLOCK:
        break;
    }
    return put_block(store, plan->app, effect);
}
