#include "meaning/analytics.h"

#include "words/json_write.h"
#include "words/when.h"

#include <stdio.h>
#include <string.h>

static const char *const KEYS[] = {
    [ANALYTICS_DELIVERED] = "analytics.message.delivered",
    [ANALYTICS_RECEIPT] = "analytics.message.return_receipt",
    [ANALYTICS_PRESENCE] = "analytics.user.presence_changed",
};

const char *analytics_key(enum analytics_kind kind) {
    return KEYS[kind];
}

static const char *type_of(enum analytics_kind kind) {
    return KEYS[kind] + strlen("analytics.");
}

/* RFC 9562, section 5.4: random, but for the version and the variant. */
static void put_id(struct json_writer *writer, const unsigned char random[16]) {
    char id[37];
    int used = 0;
    for (int i = 0; i < 16; i++) {
        unsigned byte = i == 6   ? (random[i] & 0x0fu) | 0x40u
                        : i == 8 ? (random[i] & 0x3fu) | 0x80u
                                 : random[i];
        bool has_dash = i == 4 || i == 6 || i == 8 || i == 10;
        used += snprintf(id + used, sizeof id - (size_t)used, "%s%02x", has_dash ? "-" : "", byte);
    }
    json_put_text(writer, "event_id", span_of(id));
}

static void put_message(struct json_writer *writer, const struct analytics_event *event) {
    json_put_text(writer, "id_message", event->message_id);
    json_put_text(writer, "sender_id", event->sender);
    json_put_text(writer, "recipient_id", event->recipient);
    json_put_text(writer, "app_id", event->app);
    json_put_text(writer, "channel_type", event->is_group ? SPAN("group") : SPAN("direct"));
    json_put_number(writer, "delivery_latency_ms", event->latency_ms);
    json_put_text(writer, "ip_address", event->ip);
}

static void put_receipt(struct json_writer *writer, const struct analytics_event *event) {
    json_put_text(writer, "id_message", event->message_id);
    json_put_text(writer, "recipient_id", event->recipient);
    json_put_text(writer, "id_request", SPAN_NONE);
}

static void put_presence(struct json_writer *writer, const struct analytics_event *event) {
    json_put_text(writer, "user_id", event->user);
    json_put_text(writer, "client_id", event->client);
    json_put_text(writer, "status", event->is_online ? SPAN("online") : SPAN("offline"));
    json_put_text(writer, "app_id", event->app);
}

struct span analytics_write(struct arena *arena, const struct analytics_event *event) {
    static void (*const PAYLOADS[])(struct json_writer *, const struct analytics_event *) = {
        [ANALYTICS_DELIVERED] = put_message,
        [ANALYTICS_RECEIPT] = put_receipt,
        [ANALYTICS_PRESENCE] = put_presence,
    };
    char when[WHEN_SIZE];
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    put_id(&writer, event->random);
    json_put_text(&writer, "event_type", span_of(type_of(event->kind)));
    json_put_text(&writer, "timestamp", span_of(when_iso(when, event->now_ms)));
    json_put_text(&writer, "id_project", event->project);
    json_put_text(&writer, "source_service", SPAN("c21srv"));
    json_put_text(&writer, "event_version", SPAN("1.0"));
    json_open(&writer, "payload", '{');
    PAYLOADS[event->kind](&writer, event);
    json_close(&writer, '}');
    json_close(&writer, '}');
    return json_written(&writer);
}
