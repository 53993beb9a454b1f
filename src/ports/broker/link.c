#include "ports/broker/link.h"

#include "words/check.h"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FRAME_MAX = 131072,
    CHANNEL_MAX = 16,
    UNSENT_MS = 30000, /* bytes the broker does not take for so long: the connection is dead */
};

amqp_bytes_t bytes_of(struct span span) {
    return (amqp_bytes_t){.len = span.size, .bytes = (void *)span.at};
}

struct span span_of_bytes(amqp_bytes_t bytes) {
    return (struct span){bytes.bytes, bytes.len};
}

void link_init(struct link *link, const char *name) {
    *link = (struct link){.name = name, .fd = -1};
    why_say(&link->why, "the %s connection is not open", name);
}

void link_drop(struct link *link) {
    if (link->state)
        amqp_destroy_connection(link->state);
    link->state = NULL;
    link->fd = -1;
    link->is_blocked = false;
}

static int died(struct link *link, struct why *why) {
    link_drop(link);
    if (why)
        *why = link->why;
    return -1;
}

/* The broker's own words, with nothing in them that could break a line of the log. */
static void say_closed(struct link *link, const char *what, int code, amqp_bytes_t text) {
    char words[200];
    size_t size = text.len < sizeof words - 1 ? text.len : sizeof words - 1;
    for (size_t i = 0; i < size; i++) {
        char byte = ((const char *)text.bytes)[i];
        words[i] = byte >= ' ' && byte != 0x7f ? byte : ' ';
    }
    words[size] = '\0';
    link->code = code;
    why_say(&link->why, "the broker closed %s: %d %s", what, code, words);
}

static void connection_closed(struct link *link, const amqp_connection_close_t *closed) {
    char what[64];
    snprintf(what, sizeof what, "the %s connection", link->name);
    say_closed(link, what, closed->reply_code, closed->reply_text);
    amqp_connection_close_ok_t reply = {0};
    amqp_send_method(link->state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &reply);
}

static void channel_closed(struct link *link, amqp_channel_t channel,
                           const amqp_channel_close_t *closed) {
    say_closed(link, "a channel", closed->reply_code, closed->reply_text);
    amqp_channel_close_ok_t reply = {0};
    amqp_send_method(link->state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &reply);
}

int link_sent(struct link *link, int status, const char *doing, struct why *why) {
    if (status >= 0)
        return 0;
    link->code = 0;
    why_say(&link->why, "%s (%s connection): %s", doing, link->name, amqp_error_string2(status));
    return died(link, why);
}

int link_check(struct link *link, amqp_channel_t channel, amqp_rpc_reply_t reply, const char *doing,
               struct why *why) {
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return 0;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        channel_closed(link, channel, reply.reply.decoded);
        if (why)
            *why = link->why;
        return why_prefix(why, "%s: ", doing);
    }
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        connection_closed(link, reply.reply.decoded);
        died(link, why);
        return why_prefix(why, "%s: ", doing);
    }
    return link_sent(link, reply.library_error ? reply.library_error : AMQP_STATUS_UNEXPECTED_STATE,
                     doing, why);
}

static struct timeval timeval_ms(int ms) {
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};
}

/* The library asks for the file of authorities by name: the system's stands in one of these. */
static const char *system_authorities(void) {
    static const char *const known[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, Red Hat */
        "/etc/ssl/cert.pem",
    };
    const char *named = getenv("SSL_CERT_FILE");
    if (named && *named)
        return named;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (access(known[i], R_OK) == 0)
            return known[i];
    }
    return known[0];
}

static amqp_socket_t *tls_socket(struct link *link, const char *ca_file, struct why *why) {
    amqp_socket_t *socket = amqp_ssl_socket_new(link->state);
    check(socket);
    if (!ca_file)
        ca_file = system_authorities();
    if (amqp_ssl_socket_set_cacert(socket, ca_file) != AMQP_STATUS_OK) {
        why_say(why, "cannot read the certificate authorities in %s", ca_file);
        return NULL;
    }
    amqp_ssl_socket_set_verify_peer(socket, 1);
    amqp_ssl_socket_set_verify_hostname(socket, 1);
    amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    return socket;
}

/* The library itself sets TCP_NODELAY and SO_KEEPALIVE, and makes the socket non-blocking. */
static void tune_socket(int fd) {
    int unsent = UNSENT_MS, idle = 30, every = 10, count = 3;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unsent, sizeof unsent);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static int reach(struct link *link, const struct uri *uri, const char *ca_file, int timeout_ms,
                 struct why *why) {
    amqp_socket_t *socket =
        uri->is_tls ? tls_socket(link, ca_file, why) : amqp_tcp_socket_new(link->state);
    if (!socket)
        return -1;
    struct timeval timeout = timeval_ms(timeout_ms);
    int status = amqp_socket_open_noblock(socket, uri->host, uri->port, &timeout);
    if (status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED)
        return why_say(why,
                       "the broker at %s:%u shows a certificate for another name (an address"
                       " instead of a name is never matched)",
                       uri->host, uri->port);
    if (status != AMQP_STATUS_OK)
        return why_say(why, "cannot reach the broker at %s:%u: %s", uri->host, uri->port,
                       status == AMQP_STATUS_SOCKET_ERROR ? "nothing answers there"
                                                          : amqp_error_string2(status));
    link->fd = amqp_socket_get_sockfd(socket);
    tune_socket(link->fd);
    return 0;
}

static amqp_table_entry_t capability(const char *name) {
    return (amqp_table_entry_t){
        .key = amqp_cstring_bytes(name),
        .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1},
    };
}

static amqp_rpc_reply_t log_in(struct link *link, const struct uri *uri, const char *password) {
    amqp_table_entry_t can[] = {
        capability("connection.blocked"),
        capability("consumer_cancel_notify"),
        capability("basic.nack"),
        capability("publisher_confirms"),
        capability("authentication_failure_close"),
    };
    char name[64];
    snprintf(name, sizeof name, "chat21d %s", link->name);
    amqp_table_entry_t properties[] = {
        {.key = amqp_cstring_bytes("product"),
         .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("chat21d")}},
        {.key = amqp_cstring_bytes("connection_name"),
         .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(name)}},
        {.key = amqp_cstring_bytes("capabilities"),
         .value = {.kind = AMQP_FIELD_KIND_TABLE,
                   .value.table = {.num_entries = sizeof can / sizeof can[0], .entries = can}}},
    };
    amqp_table_t table = {.num_entries = sizeof properties / sizeof properties[0],
                          .entries = properties};
    return amqp_login_with_properties(link->state, uri->vhost, CHANNEL_MAX, FRAME_MAX,
                                      uri->heartbeat, &table, AMQP_SASL_METHOD_PLAIN, uri->user,
                                      password);
}

/* Words for the two refusals that an operator meets most. */
static int say_refused(struct link *link, const struct uri *uri, size_t password_size,
                       struct why *why) {
    if (link->code == AMQP_ACCESS_REFUSED)
        return why_say(why,
                       "the broker at %s:%u refused the login: user, password (a token may be"
                       " expired) or the right to the vhost",
                       uri->host, uri->port);
    /* Until a connection is tuned RabbitMQ takes frames of initial_frame_max, 4,096 bytes. */
    if (link->code == 0 && password_size > 3500)
        why_prefix(why, "the broker may take no password of %zu bytes (initial_frame_max): ",
                   password_size);
    return why_prefix(why, "%s:%u: ", uri->host, uri->port);
}

static int greet(struct link *link, const struct uri *uri, struct why *why) {
    char *newer = login_password(uri->login, &link->login);
    const char *password = newer ? newer : uri->password;
    int rc = link_check(link, 0, log_in(link, uri, password), "logging in", why);
    if (rc < 0)
        say_refused(link, uri, strlen(password), why);
    login_wipe(&newer);
    return rc;
}

bool link_is_outdated(const struct link *link, const struct uri *uri) {
    return link->state && link->login != login_generation(uri->login);
}

int link_open(struct link *link, const struct uri *uri, const char *ca_file, int timeout_ms,
              struct why *why) {
    link_drop(link);
    link->code = 0;
    link->state = amqp_new_connection();
    check(link->state);
    if (reach(link, uri, ca_file, timeout_ms, why) < 0) {
        link_drop(link);
        return -1;
    }
    struct timeval timeout = timeval_ms(timeout_ms);
    amqp_set_handshake_timeout(link->state, &timeout);
    amqp_set_rpc_timeout(link->state, &timeout);
    if (greet(link, uri, why) < 0) {
        link_drop(link);
        return -1;
    }
    return 0;
}

void link_close(struct link *link) {
    if (link->state) {
        struct timeval patience = timeval_ms(1000);
        amqp_set_rpc_timeout(link->state, &patience);
        amqp_connection_close(link->state, AMQP_REPLY_SUCCESS);
    }
    link_drop(link);
}

int link_channel(struct link *link, amqp_channel_t channel, struct why *why) {
    if (!link->state)
        return died(link, why);
    amqp_channel_open(link->state, channel);
    return link_check(link, channel, amqp_get_rpc_reply(link->state), "opening a channel", why);
}

static void blocked(struct link *link, const amqp_connection_blocked_t *alarm) {
    struct span reason = span_cut(span_of_bytes(alarm->reason), 0, sizeof link->blocked_reason - 1);
    link->is_blocked = true;
    snprintf(link->blocked_reason, sizeof link->blocked_reason, "%.*s", SPAN_ARGS(reason));
}

/* What the link itself answers for. LINK_IDLE: dealt with, read on. */
static enum link_got handle(struct link *link, const amqp_frame_t *frame, struct why *why) {
    const void *method = frame->payload.method.decoded;
    switch (frame->payload.method.id) {
    case AMQP_CONNECTION_CLOSE_METHOD:
        connection_closed(link, method);
        died(link, why);
        return LINK_LOST;
    case AMQP_CHANNEL_CLOSE_METHOD:
        channel_closed(link, frame->channel, method);
        died(link, why);
        return LINK_LOST;
    case AMQP_BASIC_CANCEL_METHOD:
        link->code = 0;
        why_say(&link->why,
                "the broker cancelled a consumer of the %s connection: its queue was"
                " deleted, or its node left",
                link->name);
        died(link, why);
        return LINK_LOST;
    case AMQP_CONNECTION_BLOCKED_METHOD:
        blocked(link, method);
        link_release(link, 0);
        return LINK_IDLE;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
        link->is_blocked = false;
        link_release(link, 0);
        return LINK_IDLE;
    default:
        return LINK_FRAME;
    }
}

enum link_got link_next(struct link *link, int timeout_ms, amqp_frame_t *frame, struct why *why) {
    enum link_got got = LINK_IDLE;
    struct timeval timeout = timeval_ms(timeout_ms);
    while (got == LINK_IDLE) {
        if (!link->state) {
            died(link, why);
            return LINK_LOST;
        }
        int status = amqp_simple_wait_frame_noblock(link->state, frame, &timeout);
        if (status == AMQP_STATUS_TIMEOUT)
            return LINK_IDLE;
        if (link_sent(link, status, "reading", why) < 0)
            return LINK_LOST;
        got = frame->frame_type == AMQP_FRAME_METHOD ? handle(link, frame, why) : LINK_FRAME;
    }
    return got;
}

void link_release(struct link *link, amqp_channel_t channel) {
    if (link->state)
        amqp_maybe_release_buffers_on_channel(link->state, channel);
}

bool link_has_buffered(struct link *link) {
    return link->state && (amqp_frames_enqueued(link->state) || amqp_data_in_buffer(link->state));
}
