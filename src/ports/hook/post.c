/* One post: what curl is told, and what its end means. */
#include "ports/hook/address.h"
#include "ports/hook/parts.h"
#include "ports/hook/sign.h"
#include "words/check.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what curl asks while it is under way ---- */

static void note_refused(struct post *post, const char *kind, const struct sockaddr *address) {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    post->refused_as = kind;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        inet_ntop(AF_INET, &four.sin_addr, post->refused, sizeof post->refused);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        inet_ntop(AF_INET6, &six.sin6_addr, post->refused, sizeof post->refused);
    }
}

/* Called for each address that curl is about to connect to: the last moment, and the right one. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to) {
    struct post *post = self;
    const char *kind = post->allows_private ? NULL : address_kind(&to->addr);
    (void)purpose;
    if (kind) {
        note_refused(post, kind, &to->addr);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* The empty line ends the headers; those of a 1xx are followed by others. */
static size_t take_header(const char *at, size_t size, size_t count, void *self) {
    struct post *post = self;
    size_t bytes = size * count;
    long status = 0;
    post->header_bytes += bytes;
    bool is_empty = bytes <= 2 && bytes > 0 && (at[0] == '\r' || at[0] == '\n');
    if (is_empty && curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        status >= 200 && !post->status)
        post->status = (int)status;
    return post->header_bytes > HOOK_HEADERS_MAX ? 0 : bytes;
}

/* Nobody reads it. What is more than the bound is not waited for. */
static size_t take_body(const char *at, size_t size, size_t count, void *self) {
    struct post *post = self;
    (void)at;
    post->body_bytes += size * count;
    return post->body_bytes > HOOK_BODY_MAX ? 0 : size * count;
}

/* ---- how it begins ---- */

#define SET(post, option, value) check(curl_easy_setopt((post)->easy, option, value) == CURLE_OK)

static void set_limits(struct post *post, const struct hook_settings *settings) {
    SET(post, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_ms);
    SET(post, CURLOPT_TIMEOUT_MS, (long)settings->whole_ms);
    SET(post, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(post, CURLOPT_OPENSOCKETDATA, post);
    SET(post, CURLOPT_HEADERFUNCTION, take_header);
    SET(post, CURLOPT_HEADERDATA, post);
    SET(post, CURLOPT_WRITEFUNCTION, take_body);
    SET(post, CURLOPT_WRITEDATA, post);
}

static void add_header(struct post *post, const char *name, const char *value) {
    char line[256];
    int size = snprintf(line, sizeof line, "%s:%s%s", name, *value ? " " : "", value);
    check(size > 0 && (size_t)size < sizeof line);
    struct curl_slist *longer = curl_slist_append(post->headers, line);
    check(longer);
    post->headers = longer;
}

static void add_signature(struct post *post, struct span secret,
                          const struct hook_request *request) {
    char seconds[24], hex[SIGN_HEX], value[sizeof seconds + SIGN_HEX + 8];
    snprintf(seconds, sizeof seconds, "%" PRId64, request->seconds);
    struct span parts[] = {span_of(seconds), SPAN("."), request->body};
    sign_hex(secret, parts, sizeof parts / sizeof *parts, hex);
    snprintf(value, sizeof value, "t=%s,v1=%s", seconds, hex);
    add_header(post, "X-Chat21-Signature", value);
}

void hook_delivery(struct span url, struct span body, char out[HOOK_DELIVERY]) {
    char hex[SIGN_HEX];
    struct span parts[] = {url, {"", 1}, body};
    digest_hex(parts, sizeof parts / sizeof *parts, hex);
    snprintf(out, HOOK_DELIVERY, "%.*s", HOOK_DELIVERY - 1, hex);
}

static void set_request(struct post *post, const struct hook_settings *settings,
                        const struct hook_request *request) {
    add_header(post, "Content-Type", "application/json");
    add_header(post, "Expect", ""); /* an empty one takes out what curl would say */
    add_header(post, "X-Chat21-Event", request->type);
    add_header(post, "X-Chat21-Delivery", request->delivery);
    if (settings->secret.size)
        add_signature(post, settings->secret, request);
    SET(post, CURLOPT_URL, request->url);
    SET(post, CURLOPT_USERAGENT, settings->user_agent);
    SET(post, CURLOPT_HTTPHEADER, post->headers);
    SET(post, CURLOPT_POST, 1L);
    SET(post, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    SET(post, CURLOPT_POSTFIELDS, request->body.at);
}

struct post *post_new(const struct hook_settings *settings, const struct hook_request *request) {
    struct post *post = must_calloc(1, sizeof *post);
    post->easy = curl_easy_init();
    check(post->easy);
    post->number = request->number;
    post->allows_private = settings->allows_private;
    SET(post, CURLOPT_PRIVATE, post);
    SET(post, CURLOPT_ERRORBUFFER, post->error);
    set_limits(post, settings);
    hook_be_safe(post->easy, settings->ca_file);
    set_request(post, settings, request);
    return post;
}

void post_free(struct post **post) {
    if (!*post)
        return;
    curl_easy_cleanup((*post)->easy);
    curl_slist_free_all((*post)->headers);
    free(*post);
    *post = NULL;
}

/* ---- how it ends ---- */

enum hook_class hook_class(int status) {
    if (status >= 200 && status < 300)
        return HOOK_DONE;
    if (status == 408 || status == 429 || (status >= 500 && status < 600))
        return HOOK_AGAIN;
    return HOOK_FINAL;
}

static void conclude_answered(const struct post *post, struct hook_result *result) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(post->easy, CURLINFO_RETRY_AFTER, &seconds);
    result->status = post->status;
    result->class = hook_class(post->status);
    if (seconds > 0 && seconds < INT64_MAX / 1000)
        result->retry_after_ms = (int64_t)seconds * 1000;
    bool is_redirect = post->status >= 300 && post->status < 400;
    if (result->class != HOOK_DONE)
        snprintf(result->words, sizeof result->words, "answered %d%s", post->status,
                 is_redirect ? ": redirects are not followed" : "");
}

static void conclude_failed(const struct post *post, CURLcode code, struct hook_result *result) {
    result->class = HOOK_AGAIN;
    if (post->refused_as)
        snprintf(result->words, sizeof result->words,
                 "%s is %s, which is refused (CHAT21D_WEBHOOK_PRIVATE)", post->refused,
                 post->refused_as);
    else if (post->header_bytes > HOOK_HEADERS_MAX)
        snprintf(result->words, sizeof result->words, "the answer's headers are over %d bytes",
                 HOOK_HEADERS_MAX);
    else
        snprintf(result->words, sizeof result->words, "%.*s", HOOK_WORDS - 1,
                 post->error[0] ? post->error : curl_easy_strerror(code));
}

/* With a status, whatever became of the body after it: the endpoint has said what it did. */
void post_conclude(struct post *post, CURLcode code, struct hook_result *result) {
    *result = (struct hook_result){.number = post->number};
    if (post->status)
        conclude_answered(post, result);
    else
        conclude_failed(post, code, result);
}
