#include "link.h"

#include <amqp_tcp_socket.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAME_MAX = 131072, CONNECT_SECONDS = 5, WAIT_SECONDS = 60 };

void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("amqp_tool: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* The parts of RABBITMQ_URI; `copy` holds their bytes. */
static struct amqp_connection_info parse_uri(char **copy) {
    const char *uri = getenv("RABBITMQ_URI");
    if (!uri)
        fail("RABBITMQ_URI is not set");
    *copy = strdup(uri);
    if (!*copy)
        fail("no memory");
    (*copy)[strcspn(*copy, "?")] = '\0'; /* ?heartbeat=60 is no business of the parser's */
    struct amqp_connection_info info;
    amqp_default_connection_info(&info);
    if (amqp_parse_url(*copy, &info) != AMQP_STATUS_OK)
        fail("RABBITMQ_URI is no URI of a broker");
    return info;
}

static bool log_in(amqp_connection_state_t link, const struct amqp_connection_info *info) {
    amqp_socket_t *socket = amqp_tcp_socket_new(link);
    struct timeval limit = {.tv_sec = CONNECT_SECONDS};
    if (!socket || amqp_socket_open_noblock(socket, info->host, info->port, &limit))
        return false;
    amqp_set_rpc_timeout(link, &limit);
    amqp_rpc_reply_t reply = amqp_login(link, info->vhost, 1, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN,
                                        info->user, info->password);
    return reply.reply_type == AMQP_RESPONSE_NORMAL && amqp_channel_open(link, 1);
}

amqp_connection_state_t link_try(void) {
    char *copy;
    struct amqp_connection_info info = parse_uri(&copy);
    amqp_connection_state_t link = amqp_new_connection();
    if (!link)
        fail("no memory");
    if (!log_in(link, &info))
        link_drop(&link);
    free(copy);
    return link;
}

amqp_connection_state_t link_wait(void) {
    const struct timespec pause = {.tv_nsec = 100000000};
    const time_t end = time(NULL) + WAIT_SECONDS;
    for (;;) {
        amqp_connection_state_t link = link_try();
        if (link)
            return link;
        if (time(NULL) >= end)
            fail("no broker answered for %d s", WAIT_SECONDS);
        nanosleep(&pause, NULL);
    }
}

amqp_connection_state_t link_now(void) {
    amqp_connection_state_t link = link_try();
    if (!link)
        fail("the broker does not answer, or refuses the token");
    return link;
}

void link_drop(amqp_connection_state_t *link) {
    if (*link)
        amqp_destroy_connection(*link);
    *link = NULL;
}

void link_check(amqp_connection_state_t link, const char *what) {
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(link);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
        fail("%s: %s", what, amqp_error_string2(reply.library_error));
    if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const amqp_channel_close_t *close = reply.reply.decoded;
        fail("%s: %.*s", what, (int)close->reply_text.len, (const char *)close->reply_text.bytes);
    }
    const amqp_connection_close_t *close = reply.reply.decoded;
    fail("%s: %.*s", what, (int)close->reply_text.len, (const char *)close->reply_text.bytes);
}

void link_declare(amqp_connection_state_t link, const char *queue, const char *pattern,
                  const char *exchange) {
    amqp_queue_declare(link, 1, amqp_cstring_bytes(queue), false, true, false, false,
                       amqp_empty_table);
    link_check(link, "declare");
    if (pattern) {
        amqp_queue_bind(link, 1, amqp_cstring_bytes(queue),
                        amqp_cstring_bytes(exchange ? exchange : "amq.topic"),
                        amqp_cstring_bytes(pattern), amqp_empty_table);
        link_check(link, "bind");
    }
}

int link_publish(amqp_connection_state_t link, const char *exchange, const char *key,
                 amqp_bytes_t body, bool is_mandatory) {
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                          .delivery_mode = AMQP_DELIVERY_PERSISTENT};
    return amqp_basic_publish(link, 1, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key),
                              is_mandatory, false, &properties, body);
}
