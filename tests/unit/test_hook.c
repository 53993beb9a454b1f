/* hook: posts to a server that answers as it is told to. */
#include "claims.h"

#include "ports/hook.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- a server that answers as it is told to ---- */

struct server {
    int listens;
    unsigned port;
    pthread_t thread;
    const char *answer; /* then … */
    size_t repeats;     /* … so many times "x: y" lines or bytes … */
    const char *repeated;
    bool hangs; /* … and then nothing, until the other side hangs up */
    char request[4096];
    size_t size;
};

static bool is_whole(const struct server *server) {
    const char *head = strstr(server->request, "\r\n\r\n");
    const char *length = strstr(server->request, "Content-Length: ");
    return head && length &&
           server->size >= (size_t)(head - server->request) + 4 + strtoul(length + 16, NULL, 10);
}

static bool write_all(int fd, const char *text) {
    for (size_t left = strlen(text); left;) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        left -= (size_t)sent;
    }
    return true;
}

static void *serve(void *self) {
    struct server *server = self;
    int fd = accept(server->listens, NULL, NULL);
    while (fd >= 0 && !is_whole(server) && server->size < sizeof server->request - 1) {
        ssize_t got =
            read(fd, server->request + server->size, sizeof server->request - 1 - server->size);
        if (got <= 0)
            break;
        server->size += (size_t)got;
    }
    if (fd < 0)
        return NULL;
    bool is_heard = write_all(fd, server->answer);
    for (size_t i = 0; i < server->repeats && is_heard; i++)
        is_heard = write_all(fd, server->repeated);
    char byte;
    while (server->hangs && read(fd, &byte, 1) > 0)
        continue;
    close(fd);
    return NULL;
}

static void start(struct server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listens, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->listens, 4), 0);
    assert_int_equal(getsockname(server->listens, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end(struct server *server) {
    shutdown(server->listens, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listens);
}

static const struct hook_settings SETTINGS = {
    .user_agent = "chat21d/test",
    .secret = {"0123456789abcdef", 16},
    .allows_private = true,
    .connect_ms = 5000,
    .whole_ms = 30000,
    .connections = 4,
};

/* Posts to the URL, and waits for the end of it. */
static struct hook_result post_to(const struct hook_settings *settings, const char *url) {
    struct why why;
    struct hook *hook = hook_new(settings, &why);
    struct hook_result result;
    int never = eventfd(0, EFD_CLOEXEC);
    assert_non_null(hook);
    const struct hook_request request = {.number = 77,
                                         .url = url,
                                         .type = "message-sent",
                                         .delivery = "1700000000000-5",
                                         .body = SPAN("{\"a\":1}"),
                                         .seconds = 1700000001};
    hook_post(hook, &request);
    for (hook_move(hook); !hook_take(hook, &result); hook_move(hook))
        hook_wait(hook, never, 10000);
    assert_int_equal(result.number, 77);
    hook_free(&hook);
    assert_null(hook);
    close(never);
    return result;
}

static struct hook_result post_with(const struct hook_settings *settings, struct server *server) {
    char url[100];
    start(server);
    snprintf(url, sizeof url, "http://u:p%%40@127.0.0.1:%u/hooks?a=b&c=%%20d", server->port);
    struct hook_result result = post_to(settings, url);
    end(server);
    return result;
}

static void a_post_has_what_the_receiver_needs(void **state) {
    (void)state;
    struct server server = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    setenv("http_proxy", "http://127.0.0.1:1/", 1); /* nobody is there */
    struct hook_result result = post_with(&SETTINGS, &server);
    unsetenv("http_proxy");
    assert_int_equal(result.class, HOOK_DONE);
    assert_int_equal(result.status, 200);
    assert_string_equal(result.words, "");
    static const char *const HOLDS[] = {
        "POST /hooks?a=b&c=%20d HTTP/1.1\r\n",
        "\r\nContent-Type: application/json\r\n",
        "\r\nContent-Length: 7\r\n",
        "\r\nUser-Agent: chat21d/test\r\n",
        "\r\nX-Chat21-Event: message-sent\r\n",
        "\r\nX-Chat21-Delivery: 1700000000000-5\r\n",
        "\r\nAuthorization: Basic dTpwQA==\r\n",
        /* printf '1700000001.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef */
        "\r\nX-Chat21-Signature: t=1700000001,v1=",
        "1e42fb067f4ada7d35accf04c5c9f8300adf8fb7ea350149c2ab89691276af27\r\n",
        "\r\n\r\n{\"a\":1}",
    };
    for (size_t i = 0; i < COUNT(HOLDS); i++)
        if (!strstr(server.request, HOLDS[i]))
            fail_msg("no %s in %s", HOLDS[i], server.request);
    assert_null(strstr(server.request, "Expect"));
}

static void without_a_secret_nothing_is_signed(void **state) {
    (void)state;
    struct server server = {.answer = "HTTP/1.1 204 No\r\n\r\n"};
    struct hook_settings settings = SETTINGS;
    settings.secret = SPAN_NONE;
    assert_int_equal(post_with(&settings, &server).class, HOOK_DONE);
    assert_null(strstr(server.request, "Signature"));
}

static void an_answer_is_what_its_status_says(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        enum hook_class class;
        int64_t retry_after_ms;
        const char *words;
    } CASES[] = {
        {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", HOOK_AGAIN, 0, "answered 500"},
        {"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", HOOK_FINAL, 0, "answered 400"},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", HOOK_AGAIN, 7000,
         "answered 429"},
        {"HTTP/1.1 429 Slow\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", HOOK_AGAIN, 0,
         "answered 429"},
        {"HTTP/1.1 503 No\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n", HOOK_AGAIN, 0,
         "answered 503"},
        {"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         HOOK_FINAL, 0, "redirects are not followed"},
        {"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n", HOOK_DONE, 0,
         ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut off", HOOK_DONE, 0, ""},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct server server = {.answer = CASES[i].answer};
        struct hook_result result = post_with(&SETTINGS, &server);
        if (result.class != CASES[i].class || !strstr(result.words, CASES[i].words) ||
            result.retry_after_ms != CASES[i].retry_after_ms)
            fail_msg("%s: %d %s %lld", CASES[i].answer, (int)result.class, result.words,
                     (long long)result.retry_after_ms);
    }
}

static void a_broken_answer_is_tried_again(void **state) {
    (void)state;
    static const char *const CASES[] = {"", "HTTP/1.1 200 OK\r\nContent-Le", "nonsense\r\n\r\n",
                                        "HTTP/1.1 100 Go on\r\n\r\n"};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct server server = {.answer = CASES[i]};
        struct hook_result result = post_with(&SETTINGS, &server);
        assert_int_equal(result.class, HOOK_AGAIN);
        assert_int_equal(result.status, 0);
        assert_true(result.words[0]);
    }
}

/* The server would go on for ever, or until nobody listens. */
static void what_is_too_long_is_not_read(void **state) {
    (void)state;
    static char kilobyte[1025];
    memset(kilobyte, 'x', 1024);
    struct server body = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n",
                          .repeats = 102400,
                          .repeated = kilobyte};
    assert_int_equal(post_with(&SETTINGS, &body).class, HOOK_DONE);
    struct server headers = {
        .answer = "HTTP/1.1 200 OK\r\n", .repeats = 1 << 24, .repeated = "X-Long: header\r\n"};
    struct hook_result result = post_with(&SETTINGS, &headers);
    assert_int_equal(result.class, HOOK_AGAIN);
    assert_non_null(strstr(result.words, "headers are over 65536 bytes"));
    struct server interim = {
        .answer = "", .repeats = 1 << 24, .repeated = "HTTP/1.1 100 Go on\r\n\r\n"};
    assert_int_equal(post_with(&SETTINGS, &interim).class, HOOK_AGAIN);
}

static void who_does_not_answer_is_not_waited_for(void **state) {
    (void)state;
    struct hook_settings settings = SETTINGS;
    settings.whole_ms = 50;
    struct server hangs = {.answer = "", .hangs = true};
    struct hook_result result = post_with(&settings, &hangs);
    assert_int_equal(result.class, HOOK_AGAIN);
    assert_non_null(strstr(result.words, "timed out"));
    struct server half = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .hangs = true};
    assert_int_equal(post_with(&settings, &half).class, HOOK_DONE);
}

static void private_addresses_are_refused_where_they_are_connected_to(void **state) {
    (void)state;
    static const char *const URLS[] = {"http://127.0.0.1:1/", "http://localhost:1/",
                                       "http://0.0.0.0:1/", "http://[::ffff:127.0.0.1]:1/"};
    struct hook_settings settings = SETTINGS;
    settings.allows_private = false;
    for (size_t i = 0; i < COUNT(URLS); i++) {
        struct hook_result result = post_to(&settings, URLS[i]);
        assert_int_equal(result.class, HOOK_AGAIN);
        if (!strstr(result.words, "refused (CHAT21D_WEBHOOK_PRIVATE)"))
            fail_msg("%s: %s", URLS[i], result.words);
    }
    assert_int_equal(post_to(&SETTINGS, "http://127.0.0.1:1/").class, HOOK_AGAIN);
}

static void what_is_under_way_can_be_broken_off(void **state) {
    (void)state;
    struct server hangs = {.answer = "", .hangs = true};
    struct why why;
    char url[60];
    start(&hangs);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hangs.port);
    struct hook *hook = hook_new(&SETTINGS, &why);
    const struct hook_request request = {
        .url = url, .type = "a", .delivery = "b", .body = SPAN("{}")};
    for (int i = 0; i < 3; i++)
        hook_post(hook, &request);
    hook_move(hook);
    hook_free(&hook);
    end(&hangs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_has_what_the_receiver_needs),
        cmocka_unit_test(without_a_secret_nothing_is_signed),
        cmocka_unit_test(an_answer_is_what_its_status_says),
        cmocka_unit_test(a_broken_answer_is_tried_again),
        cmocka_unit_test(what_is_too_long_is_not_read),
        cmocka_unit_test(who_does_not_answer_is_not_waited_for),
        cmocka_unit_test(private_addresses_are_refused_where_they_are_connected_to),
        cmocka_unit_test(what_is_under_way_can_be_broken_off),
    };
    return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
