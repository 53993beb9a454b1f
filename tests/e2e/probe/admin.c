/* A connection beside the port's, for what the port never does: deleting, counting, competing. */
#include "probe.h"

#include "ports/broker/link.h"
#include "words/check.h"

#include <stdlib.h>

static struct link link;

amqp_connection_state_t admin(void) {
    struct why why;
    struct uri uri;
    if (link.state)
        return link.state;
    link_init(&link, "probe");
    if (uri_parse(getenv("RABBITMQ_URI"), &uri, &why) < 0 ||
        link_open(&link, &uri, NULL, 10000, &why) < 0)
        claim(false, "%s", why.words);
    uri_clear(&uri);
    check(link.state);
    return link.state;
}

static void open_channel(void) {
    amqp_channel_open(admin(), 1);
    check(link_check(&link, 1, amqp_get_rpc_reply(link.state), "", NULL) == 0);
}

/* The channel may be gone afterwards. */
static bool answered(void) {
    return link_check(&link, 1, amqp_get_rpc_reply(link.state), "", NULL) == 0;
}

static void close_channel(bool is_open) {
    if (is_open)
        amqp_channel_close(link.state, 1, AMQP_REPLY_SUCCESS);
}

void admin_delete(const char *queue) {
    open_channel();
    amqp_queue_delete(link.state, 1, amqp_cstring_bytes(queue), 0, 0);
    close_channel(answered());
}

void admin_delete_exchange(const char *exchange) {
    open_channel();
    amqp_exchange_delete(link.state, 1, amqp_cstring_bytes(exchange), 0);
    close_channel(answered());
}

void admin_publish(const char *exchange, const char *key, struct span body) {
    open_channel();
    amqp_basic_publish(link.state, 1, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key), 0, 0,
                       NULL, bytes_of(body));
    close_channel(true);
}

void admin_publish_named(const char *exchange, const char *key, const char *ticket,
                         const char *client_id) {
    amqp_basic_properties_t properties = {
        ._flags = (ticket ? AMQP_BASIC_CORRELATION_ID_FLAG : 0) |
                  (client_id ? AMQP_BASIC_MESSAGE_ID_FLAG : 0),
        .correlation_id = amqp_cstring_bytes(ticket ? ticket : ""),
        .message_id = amqp_cstring_bytes(client_id ? client_id : ""),
    };
    open_channel();
    amqp_basic_publish(link.state, 1, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key), 0, 0,
                       &properties, amqp_cstring_bytes("{}"));
    close_channel(true);
}

int admin_count(const char *queue) {
    open_channel();
    amqp_queue_declare_ok_t *found =
        amqp_queue_declare(link.state, 1, amqp_cstring_bytes(queue), 1, 0, 0, 0, amqp_empty_table);
    bool is_there = answered();
    int count = is_there ? (int)found->message_count : -1;
    close_channel(is_there);
    return count;
}

void admin_declare(const char *queue, const char *pattern) {
    open_channel();
    amqp_queue_declare(link.state, 1, amqp_cstring_bytes(queue), 0, 1, 0, 0, amqp_empty_table);
    check(answered());
    amqp_queue_bind(link.state, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes("amq.topic"),
                    amqp_cstring_bytes(pattern), amqp_empty_table);
    check(answered());
    close_channel(true);
}

void admin_forge(const char *key, const int64_t *offsets, int count) {
    amqp_table_entry_t headers[4];
    check(count <= 4);
    for (int i = 0; i < count; i++)
        headers[i] = (amqp_table_entry_t){
            .key = amqp_cstring_bytes("x-stream-offset"),
            .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = offsets[i]},
        };
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG,
                                          .headers = {.num_entries = count, .entries = headers}};
    open_channel();
    amqp_basic_publish(link.state, 1, amqp_cstring_bytes("amq.topic"), amqp_cstring_bytes(key), 0,
                       0, &properties, amqp_cstring_bytes("{}"));
    close_channel(true);
}

void admin_put(const char *queue, const char *key, const char *text) {
    const char *topic = "amq.topic";
    admin_declare(queue, key);
    admin_publish(topic, key, span_of(text));
    open_channel();
    amqp_queue_unbind(link.state, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes(topic),
                      amqp_cstring_bytes(key), amqp_empty_table);
    check(answered());
    close_channel(true);
}
