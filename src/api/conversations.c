/* Conversations: lists, one, what is unread, and the archive. */
#include "api/inside.h"

#include "words/check.h"

static struct span with_unread(struct api_call *call, const struct store_conversation *found) {
    struct span number = arena_print(call->arena, "%u", found->unread), out;
    struct json_change unread = {.path = SPAN("unread"), .value = number};
    check(json_splice(call->arena, found->json, &unread, 1, &out, NULL) == 0);
    return out;
}

static enum http_when list(struct api_call *call, bool archived) {
    struct store_page page;
    struct store_conversation *found;
    size_t count;
    struct why why;
    bool counts = query_says(call, "unread");
    if (page_read(call, NULL, &page) != 0)
        return HTTP_NOW;
    if (store_conversations(call->api->parts.reader, call->arena, call->app, call->user, archived,
                            &page, counts, &found, &count, &why) != 0)
        return reply_unavailable(call, &why);
    struct reply_page reply = {.count = count, .is_asked_for = page_is_asked_for(call)};
    struct span *items = arena_array(call->arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = counts ? with_unread(call, &found[i]) : found[i].json;
    reply.items = items;
    if (count && found[0].has_last)
        reply.after = page_cursor(call, found[0].seq);
    if (count && found[count - 1].has_last)
        reply.before = page_cursor(call, found[count - 1].seq);
    return reply_page(call, &reply);
}

enum http_when conversations_list(struct api_call *call) {
    return list(call, false);
}

enum http_when conversations_list_archived(struct api_call *call) {
    return list(call, true);
}

static enum http_when one(struct api_call *call, bool archived) {
    const struct facts *facts = &call->api->facts;
    struct fact_conversation found = {.archived = false};
    struct why why = {.words = "a conversation cannot be read"};
    struct reply_page reply = {.count = 0};
    switch (
        facts->conversation(facts->self, call->arena, call->app, call->user, call->other, &found)) {
    case FACT_UNAVAILABLE:
        return reply_unavailable(call, &why);
    case FACT_FOUND:
        reply.items = &found.json;
        reply.count = found.archived == archived;
        break;
    case FACT_ABSENT:
        break;
    }
    return reply_page(call, &reply);
}

enum http_when conversations_one(struct api_call *call) {
    return one(call, false);
}

enum http_when conversations_one_archived(struct api_call *call) {
    return one(call, true);
}

enum http_when conversations_unread(struct api_call *call) {
    struct store_unread unread;
    struct why why;
    if (store_unread(call->api->parts.reader, call->app, call->user, &unread, &why) != 0)
        return reply_unavailable(call, &why);
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    json_put_number(&writer, "conversations", unread.conversations);
    json_put_number(&writer, "messages", unread.messages);
    json_put_bool(&writer, "capped", unread.is_capped);
    json_close(&writer, '}');
    return reply_with(call, 200, "result", json_written(&writer));
}

/* ---- the archive ---- */

static void archived(struct api_call *call, const struct wait_end *end) {
    reply_change(call, end, 201);
}

/* As its owner's client would; an admin may say whose. */
enum http_when conversations_archive(struct api_call *call) {
    struct span object, key, user = call->claims.user, said;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    said = body_text(call, object, "user_id");
    if (said.at && !span_equal(said, user)) {
        if (!call->claims.is_admin)
            return reply_refusal(call, 401, "permission_denied", "This is somebody else's");
        user = said;
    }
    if (!route_is_id(user))
        return reply_refusal(call, 400, "bad_id", "user_id is no possible id");
    key = arena_print(call->arena, "apps.%.*s.users.%.*s.conversations.%.*s.archive",
                      SPAN_ARGS(call->app), SPAN_ARGS(user), SPAN_ARGS(call->other));
    struct submission what = {.key = key, .body = SPAN("{}")};
    return wait_for_sent(call, &what, true, archived);
}
