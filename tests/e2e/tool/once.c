/* The commands that do one thing and end. */
#include "commands.h"
#include "link.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 16 * 1024 * 1024 };

/* All of standard input; the process ends before anybody would free it. */
static amqp_bytes_t read_input(void) {
    amqp_bytes_t body = amqp_bytes_malloc(BODY_MAX);
    if (!body.bytes)
        fail("no memory");
    body.len = fread(body.bytes, 1, BODY_MAX, stdin);
    return body;
}

int command_publish(char **args) {
    amqp_connection_state_t link = link_now();
    amqp_confirm_select(link, 1);
    link_check(link, "confirm.select");
    if (link_publish(link, args[0], args[1], read_input(), true))
        fail("publish: the connection is gone");
    amqp_frame_t frame;
    struct timeval limit = {.tv_sec = 10};
    if (amqp_simple_wait_frame_noblock(link, &frame, &limit) != AMQP_STATUS_OK ||
        frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
        fail("publish: the broker did not confirm it");
    return 0;
}

/* Tab, name, "=", value of each header that is a string. */
static void print_headers(const amqp_basic_properties_t *properties) {
    const amqp_table_t *headers = &properties->headers;
    bool has_any = properties->_flags & AMQP_BASIC_HEADERS_FLAG;
    for (int i = 0; has_any && i < headers->num_entries; i++) {
        const amqp_table_entry_t *entry = &headers->entries[i];
        const amqp_bytes_t value = entry->value.value.bytes;
        if (entry->value.kind == AMQP_FIELD_KIND_UTF8)
            printf("\t%.*s=%.*s", (int)entry->key.len, (const char *)entry->key.bytes,
                   (int)value.len, (const char *)value.bytes);
    }
}

int command_get(char **args) {
    amqp_connection_state_t link = link_now();
    amqp_rpc_reply_t reply = amqp_basic_get(link, 1, amqp_cstring_bytes(args[0]), true);
    link_check(link, "get");
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
        return 1;
    const amqp_basic_get_ok_t *got = reply.reply.decoded;
    printf("%.*s", (int)got->routing_key.len, (const char *)got->routing_key.bytes);
    amqp_message_t message;
    reply = amqp_read_message(link, 1, &message, 0);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        fail("get: the connection is gone");
    print_headers(&message.properties);
    putchar('\n');
    fwrite(message.body.bytes, 1, message.body.len, stdout);
    return 0;
}

int command_declare(char **args) {
    link_declare(link_now(), args[0], args[1], args[1] ? args[2] : NULL);
    return 0;
}

int command_count(char **args) {
    amqp_connection_state_t link = link_now();
    const amqp_queue_declare_ok_t *found = amqp_queue_declare(
        link, 1, amqp_cstring_bytes(args[0]), true, false, false, false, amqp_empty_table);
    link_check(link, "count");
    printf("%u\n", found->message_count);
    return 0;
}

int command_delete(char **args) {
    amqp_connection_state_t link = link_now();
    amqp_queue_delete(link, 1, amqp_cstring_bytes(args[0]), false, false);
    link_check(link, "delete");
    return 0;
}
