/* The ways that clients come, MQTT 3.1.1 plain and in a WebSocket: as much of both as it takes to
 * log in and to hear the answer. */
#include "ports/broker/parts.h"
#include "ports/broker_probe.h"

#include "words/clock.h"
#include "words/text.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 4096,
    CONNACK_SIZE = 4,
    MQTT_CONNECT = 0x10,
    MQTT_CONNACK = 0x20,
    CLEAN_SESSION = 0x02,
    WITH_PASSWORD = 0xc0, /* and a user */
    KEEPALIVE_SECONDS = 10,
};

/* A connection that is given up at `end_us`. */
struct call {
    int socket;
    int64_t end_us;
};

static int ms_left(const struct call *call) {
    int64_t left_us = call->end_us - clock_steady_us(&clock_real);
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

static bool waits_for(const struct call *call, short event) {
    struct pollfd poller = {.fd = call->socket, .events = event};
    return poll(&poller, 1, ms_left(call)) == 1;
}

/* One address of the host. 0: connected. Else errno's. */
static int connect_to(struct call *call, const struct addrinfo *to) {
    int error = 0;
    socklen_t size = sizeof error;
    call->socket = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (call->socket < 0)
        return errno;
    if (connect(call->socket, to->ai_addr, to->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        error = errno;
    else if (!waits_for(call, POLLOUT))
        error = ETIMEDOUT;
    else
        getsockopt(call->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

static int call_door(struct call *call, const struct broker_door *door, struct why *why) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    char port[8];
    *call = (struct call){-1, clock_steady_us(&clock_real) + door->timeout_ms * INT64_C(1000)};
    snprintf(port, sizeof port, "%u", door->port);
    int code = getaddrinfo(door->host, port, &hints, &list);
    if (code)
        return why_say(why, "the name %s cannot be resolved: %s", door->host, gai_strerror(code));
    int error = EHOSTUNREACH;
    for (struct addrinfo *to = list; to && error; to = to->ai_next) {
        if (call->socket >= 0)
            close(call->socket);
        error = connect_to(call, to);
    }
    freeaddrinfo(list);
    if (!error)
        return 0;
    if (call->socket >= 0)
        close(call->socket);
    return why_say(why, "nothing answers at %s:%u: %s", door->host, door->port, strerror(error));
}

static int say_all(const struct call *call, struct span bytes, struct why *why) {
    while (bytes.size) {
        ssize_t sent = send(call->socket, bytes.at, bytes.size, MSG_NOSIGNAL);
        if (sent < 0 && (errno != EAGAIN || !waits_for(call, POLLOUT)))
            return why_say(why, "it hung up: %s", strerror(errno));
        bytes = span_cut(bytes, sent > 0 ? (size_t)sent : 0, bytes.size);
    }
    return 0;
}

/* What has come after one more read; false where nothing more came in time, or it hung up. */
static bool hear(const struct call *call, char *answer, size_t *size, size_t most) {
    if (*size == most || !waits_for(call, POLLIN))
        return false;
    ssize_t got = recv(call->socket, answer + *size, most - *size, 0);
    if (got > 0)
        *size += (size_t)got;
    return got > 0;
}

/* ---- MQTT ---- */

static void add_number(struct text *text, size_t number) {
    text_add_char(text, (char)(number >> 8 & 0xff));
    text_add_char(text, (char)(number & 0xff));
}

static void add_string(struct text *text, struct span string) {
    add_number(text, string.size);
    text_add(text, string);
}

/* A length as MQTT writes it: seven bits a byte, the lowest first. */
static void add_length(struct text *text, size_t length) {
    do {
        size_t byte = length & 0x7f;
        length >>= 7;
        text_add_char(text, (char)(length ? byte | 0x80 : byte));
    } while (length);
}

/* A clean session under an id that nobody has: the broker keeps nothing of it. */
static struct span connect_packet(struct arena *arena, struct span token) {
    struct text body = text_start(arena, token.size + 64), packet = text_start(arena, 64);
    struct nonce nonce = nonce_make();
    add_string(&body, SPAN("MQTT"));
    text_add_char(&body, 4); /* the protocol's level: 3.1.1 */
    text_add_char(&body, (char)(token.at ? WITH_PASSWORD | CLEAN_SESSION : CLEAN_SESSION));
    add_number(&body, KEEPALIVE_SECONDS);
    add_string(&body, arena_print(arena, "doctor-%s", nonce.text));
    if (token.at) {
        add_string(&body, SPAN("JWT"));
        add_string(&body, token);
    }
    text_add_char(&packet, MQTT_CONNECT);
    add_length(&packet, body.size);
    text_add(&packet, text_span(&body));
    return text_span(&packet);
}

static enum probed say_connack(unsigned char code, struct why *why) {
    static const char *const words[] = {
        "", "protocol", "client id", "server unavailable", "user or password", "not authorized"};
    if (code == 0)
        return PROBED_ALLOWED;
    why_say(why, "it refuses the login: %s (CONNACK %u)",
            code < sizeof words / sizeof *words ? words[code] : "no reason known", code);
    return code == 4 || code == 5 ? PROBED_REFUSED : PROBED_FAILED;
}

static enum probed log_in(const struct call *call, struct span packet, struct why *why) {
    char answer[CONNACK_SIZE];
    size_t size = 0;
    if (say_all(call, packet, why) < 0)
        return PROBED_FAILED;
    while (size < CONNACK_SIZE && hear(call, answer, &size, sizeof answer))
        ;
    if (size < CONNACK_SIZE || (unsigned char)answer[0] != MQTT_CONNACK || answer[1] != 2) {
        why_say(why, size ? "what answers there does not speak MQTT"
                          : "what listens there does not answer in MQTT");
        return PROBED_FAILED;
    }
    enum probed probed = say_connack((unsigned char)answer[3], why);
    if (probed == PROBED_ALLOWED)
        say_all(call, SPAN("\xe0\0"), NULL); /* goodbye */
    return probed;
}

enum probed broker_probe_mqtt(const struct broker_door *door, const char *token, struct why *why) {
    struct call call;
    if (token && strlen(token) > UINT16_MAX) {
        why_say(why, "a token of %zu bytes does not fit into MQTT", strlen(token));
        return PROBED_FAILED;
    }
    if (call_door(&call, door, why) < 0)
        return PROBED_FAILED;
    struct arena *arena = arena_new();
    enum probed probed = log_in(&call, connect_packet(arena, span_of(token)), why);
    close(call.socket);
    arena_free(&arena);
    return probed;
}

/* ---- a WebSocket ---- */

static const char UPGRADE[] = "GET /ws HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: Y2hhdDIxZCBkb2N0b3IuLg==\r\n"
                              "Sec-WebSocket-Protocol: mqtt\r\n\r\n";

static int64_t date_in(const char *head) {
    const char *date = strcasestr(head, "\r\ndate: ");
    struct tm utc = {0};
    if (!date || !strptime(date + sizeof "\r\ndate: " - 1, "%a, %d %b %Y %H:%M:%S GMT", &utc))
        return 0;
    return (int64_t)timegm(&utc) * 1000;
}

static enum probed upgrade(const struct call *call, const struct broker_door *door,
                           int64_t *date_ms, struct why *why) {
    char request[1024], answer[ANSWER_MAX + 1] = "";
    size_t size = 0;
    snprintf(request, sizeof request, UPGRADE, door->host, door->port);
    if (say_all(call, span_of(request), why) < 0)
        return PROBED_FAILED;
    while (!memmem(answer, size, "\r\n\r\n", 4) && hear(call, answer, &size, ANSWER_MAX))
        ;
    answer[size] = '\0';
    *date_ms = date_in(answer);
    if (strncmp(answer, "HTTP/1.1 101", 12) == 0)
        return PROBED_ALLOWED;
    why_say(why, strncmp(answer, "HTTP/", 5) == 0
                     ? "what answers there has no WebSocket for MQTT at /ws"
                     : "what listens there does not answer in HTTP");
    return PROBED_FAILED;
}

enum probed broker_probe_web_mqtt(const struct broker_door *door, int64_t *date_ms,
                                  struct why *why) {
    struct call call;
    *date_ms = 0;
    if (call_door(&call, door, why) < 0)
        return PROBED_FAILED;
    enum probed probed = upgrade(&call, door, date_ms, why);
    close(call.socket);
    return probed;
}
