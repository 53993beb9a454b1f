/* Messages: a conversation's history, and sending. */
#include "api/inside.h"

#include "meaning/message.h"

enum http_when messages_list(struct api_call *call) {
    struct page_of of = {call->user, call->other};
    struct store_page page;
    struct store_entry *found;
    size_t count;
    struct why why;
    if (page_read(call, &of, &page) != 0)
        return HTTP_NOW;
    if (store_messages(call->api->parts.reader, call->arena, call->app, call->user, call->other,
                       &page, &found, &count, &why) != 0)
        return reply_unavailable(call, &why);
    struct span *items = arena_array(call->arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = found[i].json;
    struct reply_page reply = {
        .items = items, .count = count, .is_asked_for = page_is_asked_for(call)};
    if (count) {
        reply.after = page_cursor(call, found[0].seq);
        reply.before = page_cursor(call, found[count - 1].seq);
    }
    return reply_page(call, &reply);
}

/* ---- sending ---- */

/* What is sent, in this order; a falsy one is left out. */
static const char *const FIELDS[] = {
    "text",       "type",     "recipient_fullname", "sender_fullname",
    "attributes", "metadata", "channel_type",       "timestamp"};
enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };

static bool is_falsy(struct span json) {
    static const char *const FALSY[] = {"null", "false", "\"\"", "0"};
    for (size_t i = 0; i < sizeof FALSY / sizeof *FALSY; i++)
        if (span_is(json, FALSY[i]))
            return true;
    return !json.at;
}

static struct span write_message(struct api_call *call, struct span object) {
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct span json = body_json(object, FIELDS[i]);
        if (!is_falsy(json))
            json_put_json(&writer, FIELDS[i], json);
        else if (strcmp(FIELDS[i], "channel_type") == 0)
            json_put_text(&writer, FIELDS[i], SPAN("direct"));
    }
    json_close(&writer, '}');
    return json_written(&writer);
}

/* As clients know them: the first that is missing, in plain text. NULL: none is. */
static const char *missing_field(struct api_call *call, struct span object) {
    if (!body_text(call, object, "sender_fullname").at)
        return "Sender Fullname is mandatory";
    if (!body_text(call, object, "recipient_id").at)
        return "Recipient id is mandatory";
    return body_text(call, object, "recipient_fullname").at ? NULL
                                                            : "Recipient Fullname is mandatory";
}

/* Its sender's own name for it, from the header or from where a client on MQTT has it. -1: it was
 * answered. */
static int read_client_id(struct api_call *call, struct span object, struct span *id) {
    struct span header = http_header(call->request, "Idempotency-Key");
    *id = header;
    if (!header.size)
        *id = json_find_text(call->arena, object, SPAN("attributes.client_id"));
    bool is_fit = id->size <= INTAKE_PROPERTY_MAX;
    for (size_t i = 0; i < id->size; i++)
        is_fit &= id->at[i] >= 0x20 && id->at[i] < 0x7f;
    if (is_fit || !header.size) {
        *id = is_fit && id->size ? *id : SPAN_NONE;
        return 0;
    }
    reply_refusal(call, 400, "bad_idempotency_key",
                  "An Idempotency-Key has 128 bytes at most, all of them printable ASCII");
    return -1;
}

/* Fills in what is to be published. -1: it was answered. */
static int read_message(struct api_call *call, struct submission *what) {
    struct span object, sender = call->claims.user, said, recipient;
    if (body_read(call, &object) != 0)
        return -1;
    const char *missing = missing_field(call, object);
    if (missing) {
        reply_plain(call, 405, missing);
        return -1;
    }
    said = body_text(call, object, "sender_id");
    if (said.at && call->claims.is_admin)
        sender = said;
    recipient = body_text(call, object, "recipient_id");
    if (!route_is_id(sender) || !route_is_id(recipient)) {
        reply_refusal(call, 400, "bad_id", "The recipient's or the sender's id is none");
        return -1;
    }
    what->key = arena_print(call->arena, "apps.%.*s.outgoing.users.%.*s.messages.%.*s.outgoing",
                            SPAN_ARGS(call->app), SPAN_ARGS(sender), SPAN_ARGS(recipient));
    what->body = write_message(call, object);
    return read_client_id(call, object, &what->client_id);
}

static void confirmed(struct api_call *call, const struct wait_end *end) {
    if (!wait_failed(call, end))
        reply_success(call, 200);
}

/* The copy that its sender has of it. */
static struct span own_copy(struct arena *arena, const struct plan *plan) {
    int status = plan->copy_count ? plan->copies[0].status : STATUS_SENT;
    for (size_t i = 0; i < plan->copy_count; i++)
        if (span_equal(plan->copies[i].owner, plan->sender))
            status = plan->copies[i].status;
    return plan->body.head.at ? message_with_status(arena, plan->body, status) : SPAN_NONE;
}

static void judged(struct api_call *call, const struct wait_end *end) {
    struct plan *plan = wait_failed(call, end) ? NULL : wait_plan(call, end);
    if (!plan)
        return;
    if (plan_is_refused(plan))
        reply_refused_plan(call, plan);
    else if (plan->outcome == PLAN_DEFERRED || plan->outcome == PLAN_QUARANTINED)
        reply_with(call, 202, "pending",
                   json_quote(call->arena, span_of(plan_outcome_name(plan->outcome))));
    else
        reply_with(call, 200, "message", own_copy(call->arena, plan));
    plan_free(&plan);
}

static enum http_when send_message(struct api_call *call, bool waits) {
    struct submission what = {.key = SPAN_NONE};
    if (read_message(call, &what) != 0)
        return HTTP_NOW;
    return wait_for_sent(call, &what, waits, waits ? judged : confirmed);
}

enum http_when messages_send(struct api_call *call) {
    return send_message(call, query_says(call, "wait"));
}

enum http_when messages_send_and_wait(struct api_call *call) {
    return send_message(call, true);
}
