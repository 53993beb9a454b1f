#include "ports/broker/uri.h"

#include "words/check.h"
#include "words/percent.h"
#include "words/span.h"

#include <stdlib.h>

/* A decoded, terminated copy; NULL where an escape is broken, or a NUL is in it. */
static char *decode(struct span text) {
    char *out = must_alloc(text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.at[i];
        int escaped = percent_byte(span_cut(text, i, 3));
        if (escaped > 0) {
            byte = (char)escaped;
            i += 2;
        } else if (byte == '%' || byte == '\0') {
            free(out);
            return NULL;
        }
        out[size++] = byte;
    }
    out[size] = '\0';
    return out;
}

/* Cuts `text` at the first `mark`: returns what stands before it and leaves what stands after.
 * Where there is none, all of it is before and what is after is absent. */
static struct span cut_at(struct span *text, char mark) {
    const char *found = text->size ? memchr(text->at, mark, text->size) : NULL;
    size_t before = found ? (size_t)(found - text->at) : text->size;
    struct span first = span_cut(*text, 0, before);
    *text = found ? span_cut(*text, before + 1, text->size) : SPAN_NONE;
    return first;
}

static int read_number(struct span digits, int max, int *out) {
    int number = 0;
    if (digits.size == 0 || digits.size > 5)
        return -1;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return -1;
        number = number * 10 + (digits.at[i] - '0');
    }
    if (number > max)
        return -1;
    *out = number;
    return 0;
}

static int read_scheme(struct span *text, struct uri *uri, struct why *why) {
    if (span_starts(*text, SPAN("amqp://"))) {
        *text = span_cut(*text, 7, text->size);
    } else if (span_starts(*text, SPAN("amqps://"))) {
        *text = span_cut(*text, 8, text->size);
        uri->is_tls = true;
    } else {
        return why_say(why, "the broker's URI must begin with amqp:// or amqps://");
    }
    uri->port = uri->is_tls ? 5671 : 5672;
    return 0;
}

static int read_login(struct span login, struct uri *uri, struct why *why) {
    struct span user = cut_at(&login, ':');
    uri->user = user.size ? decode(user) : must_strdup("guest");
    uri->password = login.at || user.size ? decode(login) : must_strdup("guest");
    if (!uri->user || !uri->password)
        return why_say(why, "the broker's URI has a broken %% escape in the user or the password");
    return 0;
}

static int read_port(struct span digits, struct uri *uri, struct why *why) {
    int port = 0;
    if (read_number(digits, 65535, &port) < 0 || port == 0)
        return why_say(why, "the broker's URI must have a number from 1 to 65535 after the host's"
                            " colon (in a password, escape / as %%2F and @ as %%40)");
    uri->port = (uint16_t)port;
    return 0;
}

static int read_host(struct span place, struct uri *uri, struct why *why) {
    struct span host;
    if (span_starts(place, SPAN("["))) {
        place = span_cut(place, 1, place.size);
        host = cut_at(&place, ']');
        if (place.at == NULL || (place.size && place.at[0] != ':'))
            return why_say(why, "the broker's URI has an IPv6 host without its closing bracket");
        place = place.size ? span_cut(place, 1, place.size) : SPAN_NONE;
    } else {
        host = cut_at(&place, ':');
    }
    if (host.size == 0)
        return why_say(why, "the broker's URI names no host");
    uri->host = decode(host);
    if (!uri->host)
        return why_say(why, "the broker's URI has a broken %% escape in the host");
    for (const char *at = uri->host; *at; at++) {
        if (*at <= ' ' || *at == '/' || *at == 0x7f)
            return why_say(why, "the broker's URI has a byte in the host that no host has");
    }
    return place.at ? read_port(place, uri, why) : 0;
}

static int read_query(struct span query, struct uri *uri, struct why *why) {
    while (query.size) {
        struct span value = cut_at(&query, '&');
        struct span name = cut_at(&value, '=');
        if (span_is(name, "heartbeat") &&
            read_number(value, URI_HEARTBEAT_MAX, &uri->heartbeat) < 0)
            return why_say(why, "the broker's URI must have a heartbeat of 0 to %d seconds",
                           URI_HEARTBEAT_MAX);
    }
    return 0;
}

static int read_vhost(struct span path, struct uri *uri, struct why *why) {
    if (path.size && memchr(path.at, '@', path.size))
        return why_say(why, "the broker's URI has an @ after the host's slash: escape / in a"
                            " password as %%2F, and @ in a vhost as %%40");
    uri->vhost = path.size ? decode(path) : must_strdup("/");
    if (!uri->vhost)
        return why_say(why, "the broker's URI has a broken %% escape in the vhost");
    if (strlen(uri->vhost) > 255)
        return why_say(why, "the broker's URI has a vhost of more than 255 bytes");
    return 0;
}

static int read_parts(struct span text, struct uri *uri, struct why *why) {
    if (read_scheme(&text, uri, why) < 0)
        return -1;
    struct span query = text;
    text = cut_at(&query, '?');
    struct span path = text;
    struct span place = cut_at(&path, '/');
    /* The last @ ends the login: a password with an unescaped one is taken as it was meant. */
    const char *at = place.size ? memrchr(place.at, '@', place.size) : NULL;
    struct span login = SPAN_NONE;
    if (at) {
        login = span_cut(place, 0, (size_t)(at - place.at));
        place = span_cut(place, login.size + 1, place.size);
    }
    if (read_login(login, uri, why) < 0 || read_host(place, uri, why) < 0 ||
        read_vhost(path, uri, why) < 0)
        return -1;
    return read_query(query, uri, why);
}

int uri_parse(const char *text, struct uri *out, struct why *why) {
    struct uri uri = {.heartbeat = 60};
    if (read_parts(span_of(text), &uri, why) < 0) {
        uri_clear(&uri);
        return -1;
    }
    *out = uri;
    return 0;
}

void uri_clear(struct uri *uri) {
    if (uri->password)
        explicit_bzero(uri->password, strlen(uri->password));
    free(uri->password);
    free(uri->user);
    free(uri->host);
    free(uri->vhost);
    *uri = (struct uri){0};
}
