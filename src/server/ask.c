#include "server/ask.h"

#include "server/control.h"
#include "words/json.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_SECONDS = 5 };

static int connect_to(const char *data, struct why *why) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int folder;
    if (!control_path(data, "control", address.sun_path, &folder, why))
        return why_prefix(why, "no server answers: ");
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server >= 0) {
        setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    }
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
        why_say(why, "no server answers at %s/control: %s", data, strerror(errno));
        if (server >= 0)
            close(server);
        server = -1;
    }
    close(folder);
    return server;
}

/* A server that has heard enough hangs up, and has said why. */
static int send_all(int server, struct span bytes, struct why *why) {
    while (bytes.size) {
        ssize_t sent = send(server, bytes.at, bytes.size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EPIPE)
            return 0;
        if (sent < 0)
            return why_say(why, "the server hung up: %s", strerror(errno));
        bytes = span_cut(bytes, (size_t)sent, bytes.size);
    }
    return 0;
}

/* All that comes until the server hangs up. */
static int receive(int server, struct text *answer, struct why *why) {
    char block[16384];
    ssize_t got;
    while ((got = recv(server, block, sizeof block, 0)) > 0) {
        text_add(answer, (struct span){block, (size_t)got});
        if (answer->size > CONTROL_ANSWER_BYTES + 1)
            return why_say(why, "the server's answer is larger than %d bytes",
                           CONTROL_ANSWER_BYTES);
    }
    if (got < 0 && !(errno == ECONNRESET && answer->size))
        return errno == EAGAIN
                   ? why_say(why, "the server does not answer within %d seconds", WAIT_SECONDS)
                   : why_say(why, "the server hung up: %s", strerror(errno));
    return 0;
}

static int read_answer(struct text *text, struct span *answer, struct why *why) {
    enum json_type type;
    struct why detail;
    if (!text->size)
        return why_say(why, "the server hung up without an answer");
    if (json_check(text_span(text), &type, &detail) != 0)
        return why_say(why, "the server's answer is %s", detail.words);
    if (type != JSON_OBJECT)
        return why_say(why, "the server's answer is %s, not an object", json_type_name(type));
    *answer = json_value(text_span(text)).text;
    return 0;
}

int ask_server(struct arena *arena, const char *data, struct span request, struct span *answer,
               struct why *why) {
    struct text text = text_start(arena, 16384);
    int rc = -1, server = connect_to(data, why);
    if (server < 0)
        return -1;
    if (send_all(server, request, why) == 0 && send_all(server, SPAN("\n"), why) == 0 &&
        receive(server, &text, why) == 0)
        rc = read_answer(&text, answer, why);
    close(server);
    return rc;
}

int ask_for(struct arena *arena, const char *data, struct span request, struct span *answer,
            struct why *why) {
    struct span found = SPAN_NONE;
    struct json_value ok;
    if (ask_server(arena, data, request, &found, why) != 0)
        return -1;
    if (!json_find(found, SPAN("ok"), &ok) || ok.type != JSON_TRUE) {
        struct span words = answer_text(arena, found, "error");
        return why_say(why, "%.*s", SPAN_ARGS(words.at ? words : SPAN("the server says no")));
    }
    *answer = found;
    return 0;
}

struct span answer_text(struct arena *arena, struct span object, const char *path) {
    struct json_value value;
    if (!json_find_path(object, span_of(path), &value) || value.type == JSON_NULL)
        return SPAN_NONE;
    return value.type == JSON_STRING ? json_unquote(arena, value.text) : value.text;
}

int64_t answer_number(struct span object, const char *path) {
    struct json_value value;
    int64_t number = 0;
    if (json_find_path(object, span_of(path), &value))
        json_whole(value, &number);
    return number;
}
