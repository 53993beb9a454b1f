/* http: replies that are large, or come piece by piece, and clients that read slowly or not at all.
 */
#include "http_support.h"

static size_t read_stream(struct bench *bench, struct span request) {
    int fd = call(bench);
    say(fd, request);
    return count_all(bench, fd, '~');
}

static void a_reply_may_come_in_pieces(void **state) {
    struct bench *bench = *state;
    size_t whole = (size_t)PIECES_OF_STREAM * PIECE_OF_STREAM;
    assert_int_equal(read_stream(bench, ASK_1("GET /stream", "")), whole);
    assert_int_equal(atomic_load(&bench->pieces), PIECES_OF_STREAM);
    wait_for(bench, &bench->done, 1);
    /* without chunks, which HTTP/1.0 does not know: the end is where it is hung up on */
    atomic_store(&bench->pieces, 0);
    assert_int_equal(read_stream(bench, SPAN("GET /stream HTTP/1.0\r\n\r\n")), whole);
    wait_for(bench, &bench->done, 2);
}

static void what_was_there_before_comes_first(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK("GET /stream", ""));
    has(read_until(bench, fd, SPAN("~")), "\r\nTransfer-Encoding: chunked\r\n");
    assert_true(strstr(bench->reply, "said") < strchr(bench->reply, '~'));
    close(fd);
    wait_for(bench, &bench->done, 1);
}

/* And the connection goes on behind it. */
static void a_head_has_no_pieces(void **state) {
    struct bench *bench = *state;
    struct span reply =
        ask(bench, SPAN("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    wait_for(bench, &bench->done, 1);
    assert_int_equal(atomic_load(&bench->pieces), 0);
    has(reply, "\r\n\r\nHTTP/1.1 200 "); /* nothing between the two */
    assert_true(ends_with(reply, SPAN("GET /echo [] 127.0.0.1 ")));
}

/* No more is made than the sockets hold; then, when nothing goes for a second, it is over. */
static void who_does_not_read_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK("GET /endless", ""));
    wait_for(bench, &bench->done, 1);
    assert_true(atomic_load(&bench->pieces) < 1024);
    count_all(bench, fd, '~');
}

/* For as long as it reads. */
static void who_reads_slowly_is_served(void **state) {
    struct bench *bench = *state;
    int fd = call(bench), size = 32 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    say(fd, ASK("GET /endless", ""));
    for (size_t i = 0; i < 200; i++) {
        poll(NULL, 0, 10);
        assert_true(hear(bench, fd, sizeof bench->reply - (size_t)size) > 0);
    }
    assert_int_equal(atomic_load(&bench->done), 0);
    close(fd);
    wait_for(bench, &bench->done, 1);
}

static void a_large_reply_goes_whole_or_is_cut_off(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK_1("GET /large", ""));
    wait_for(bench, &bench->handled, 1);
    wait_for_nobody(bench);
    assert_true(count_all(bench, fd, '~') < LARGE);
    struct http_settings settings = settings_on(0);
    settings.seconds = 30; /* for all of it, however slow this machine is */
    reopen(bench, &settings);
    assert_int_equal(read_stream(bench, ASK_1("GET /large", "")), LARGE);
}

/* Of those that are not read. */
static void large_replies_are_bounded_together(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    settings.seconds = 100;
    reopen(bench, &settings);
    int fd = call(bench), other = call_from(bench, 2);
    say(fd, ASK_1("GET /large", ""));
    wait_for(bench, &bench->handled, 1);
    struct span reply = ask(bench, ASK_1("GET /large", ""));
    starts(reply, "HTTP/1.1 503 ");
    assert_true(ends_with(reply, SPAN("too many large replies are under way\n")));
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
    say(other, ASK_1("GET /large", ""));
    assert_int_equal(count_all(bench, other, '~'), LARGE);
    close(fd);
    wait_for_nobody(bench);
    assert_int_equal(read_stream(bench, ASK_1("GET /large", "")), LARGE);
}

static void an_end_is_an_end_of_streams(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK("GET /endless", ""));
    read_until(bench, fd, SPAN("said"));
    http_close(&bench->http);
    assert_int_equal(atomic_load(&bench->done), 1);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_reply_may_come_in_pieces),
        TEST(what_was_there_before_comes_first),
        TEST(a_head_has_no_pieces),
        TEST(who_does_not_read_is_hung_up_on),
        TEST(who_reads_slowly_is_served),
        TEST(a_large_reply_goes_whole_or_is_cut_off),
        TEST(large_replies_are_bounded_together),
        TEST(an_end_is_an_end_of_streams),
    };
    return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
