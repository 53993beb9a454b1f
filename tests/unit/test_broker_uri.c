/* The broker's URI, and a message put together from its frames: what of the port is pure. */
#include "claims.h"

#include "ports/broker.h"
#include "ports/broker/incoming.h"
#include "ports/broker/uri.h"

#include <stdio.h>
#include <stdlib.h>

static void a_uri_is_read_whole(void **state) {
    (void)state;
    static const struct {
        const char *text;
        struct uri uri;
    } CASES[] = {
        {"amqp://h", {false, "guest", "guest", "h", 5672, "/", 60, NULL}},
        {"amqp://h/", {false, "guest", "guest", "h", 5672, "/", 60, NULL}},
        {"amqps://h", {true, "guest", "guest", "h", 5671, "/", 60, NULL}},
        {"amqp://u:p@h:1?heartbeat=7", {false, "u", "p", "h", 1, "/", 7, NULL}},
        {"amqp://u@h", {false, "u", "", "h", 5672, "/", 60, NULL}},
        {"amqp://u:@h", {false, "u", "", "h", 5672, "/", 60, NULL}},
        {"amqp://:p@h", {false, "guest", "p", "h", 5672, "/", 60, NULL}},
        {"amqp://u:a:b@c@h", {false, "u", "a:b@c", "h", 5672, "/", 60, NULL}},
        {"amqp://u:%2f%3F%40%25@h/a%2Fb", {false, "u", "/?@%", "h", 5672, "a/b", 60, NULL}},
        {"amqp://h:65535/%2f?x=1&heartbeat=0&",
         {false, "guest", "guest", "h", 65535, "/", 0, NULL}},
        {"amqp://[::1]", {false, "guest", "guest", "::1", 5672, "/", 60, NULL}},
        {"amqp://u:p@[fe80::1]:77/v", {false, "u", "p", "fe80::1", 77, "v", 60, NULL}},
        {"amqp://ignored:eyJ0.eyJz.c2ln@127.0.0.1:5672?heartbeat=60",
         {false, "ignored", "eyJ0.eyJz.c2ln", "127.0.0.1", 5672, "/", 60, NULL}},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct uri uri;
        struct why why = {"?"};
        if (uri_parse(CASES[i].text, &uri, &why) < 0)
            fail_msg("%s: %s", CASES[i].text, why.words);
        assert_int_equal(uri.is_tls, CASES[i].uri.is_tls);
        assert_string_equal(uri.user, CASES[i].uri.user);
        assert_string_equal(uri.password, CASES[i].uri.password);
        assert_string_equal(uri.host, CASES[i].uri.host);
        assert_int_equal(uri.port, CASES[i].uri.port);
        assert_string_equal(uri.vhost, CASES[i].uri.vhost);
        assert_int_equal(uri.heartbeat, CASES[i].uri.heartbeat);
        uri_clear(&uri);
        assert_int_equal(broker_check_uri(CASES[i].text, &why), 0);
    }
}

static void what_is_wrong_is_said_without_the_secret(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } CASES[] = {
        {"", "amqp://"},
        {"http://u:sesame@h", "amqp://"},
        {"AMQP://u:sesame@h", "amqp://"},
        {"amqp://", "names no host"},
        {"amqp://u:sesame@", "names no host"},
        {"amqp://u:sesame@:5672", "names no host"},
        {"amqp://u:sesame@h:0", "1 to 65535"},
        {"amqp://u:sesame@h:65536", "1 to 65535"},
        {"amqp://u:sesame@h:5672x", "1 to 65535"},
        {"amqp://u:sesame@h: 1", "1 to 65535"},
        {"amqp://u:sesame@h:", "1 to 65535"},
        {"amqp://u:sesame/open@h:5672", "escape /"},
        {"amqp://u:99/sesame@h", "@ after the host"},
        {"amqp://u:sesame%@h", "% escape"},
        {"amqp://u:sesame%4@h", "% escape"},
        {"amqp://u:sesame%zz@h", "% escape"},
        {"amqp://u:sesame%00@h", "% escape"},
        {"amqp://%u:sesame@h", "% escape"},
        {"amqp://u:sesame@h/%", "% escape"},
        {"amqp://u:sesame@h%2", "% escape"},
        {"amqp://u:sesame@[::1", "bracket"},
        {"amqp://u:sesame@[::1]5672", "bracket"},
        {"amqp://u:sesame@[]", "names no host"},
        {"amqp://u:sesame@a b", "no host has"},
        {"amqp://u:sesame@a%0ab", "no host has"},
        {"amqp://u:sesame@h?heartbeat=", "heartbeat"},
        {"amqp://u:sesame@h?heartbeat=3601", "heartbeat"},
        {"amqp://u:sesame@h?heartbeat=-1", "heartbeat"},
        {"amqp://u:sesame@h?a=b&heartbeat=x", "heartbeat"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct uri uri = {.port = 99};
        struct why why = {""};
        if (uri_parse(CASES[i].text, &uri, &why) == 0)
            fail_msg("%s was taken", CASES[i].text);
        assert_says(&why, CASES[i].words);
        assert_null(strstr(why.words, "sesame"));
        assert_int_equal(uri.port, 99);
    }
    assert_int_equal(uri_parse(NULL, &(struct uri){0}, NULL), -1);
}

static void a_vhost_has_255_bytes_at_most(void **state) {
    (void)state;
    char text[300];
    struct uri uri;
    snprintf(text, sizeof text, "amqp://h/%0255d", 1);
    assert_int_equal(uri_parse(text, &uri, NULL), 0);
    uri_clear(&uri);
    snprintf(text, sizeof text, "amqp://h/%0256d", 1);
    assert_int_equal(uri_parse(text, &uri, NULL), -1);
}

static void a_password_may_be_a_token_of_many_kilobytes(void **state) {
    (void)state;
    enum { SIZE = 20000 };
    char *text = malloc(SIZE + 64);
    int used = sprintf(text, "amqp://ignored:");
    memset(text + used, 'a', SIZE);
    memcpy(text + used + SIZE, "@h", 3);
    struct uri uri;
    assert_int_equal(uri_parse(text, &uri, NULL), 0);
    assert_int_equal(strlen(uri.password), SIZE);
    uri_clear(&uri);
    free(text);
}

/* --- incoming --- */

static void give_method(struct incoming *incoming, const char *exchange, const char *key) {
    amqp_basic_deliver_t deliver = {
        .consumer_tag = amqp_cstring_bytes("m"),
        .delivery_tag = 7,
        .exchange = amqp_cstring_bytes(exchange),
        .routing_key = amqp_cstring_bytes(key),
    };
    amqp_frame_t frame = {
        .frame_type = AMQP_FRAME_METHOD,
        .payload.method = {.id = AMQP_BASIC_DELIVER_METHOD, .decoded = &deliver},
    };
    assert_int_equal(incoming_frame(incoming, &frame), INCOMING_PART);
}

static enum incoming_is give_header(struct incoming *incoming, uint64_t body_size,
                                    amqp_field_value_t offset) {
    amqp_table_entry_t entries[] = {
        {.key = amqp_cstring_bytes("x-mqtt-dup"),
         .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 0}},
        {.key = amqp_cstring_bytes("x-stream-offset"), .value = offset},
    };
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG,
        .headers = {.num_entries = 2, .entries = entries},
        .correlation_id = amqp_cstring_bytes("42"),
    };
    amqp_frame_t frame = {
        .frame_type = AMQP_FRAME_HEADER,
        .payload.properties = {.body_size = body_size, .decoded = &properties},
    };
    return incoming_frame(incoming, &frame);
}

static enum incoming_is give_body(struct incoming *incoming, struct span part) {
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_BODY, .payload.body_fragment = bytes_of(part)};
    return incoming_frame(incoming, &frame);
}

static amqp_field_value_t offset_of(int64_t offset) {
    return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_I64, .value.i64 = offset};
}

static void a_message_comes_in_pieces(void **state) {
    (void)state;
    struct incoming incoming;
    struct delivery out;
    incoming_init(&incoming, 5);
    give_method(&incoming, "amq.topic", "a.b");
    assert_int_equal(give_header(&incoming, 9, offset_of(12)), INCOMING_PART);
    assert_int_equal(give_body(&incoming, SPAN("0123")), INCOMING_PART);
    assert_int_equal(give_body(&incoming, SPAN("45678")), INCOMING_WHOLE);
    incoming_show(&incoming, &out);
    assert_span(out.key, SPAN("a.b"));
    assert_span(out.body, SPAN("01234"));
    assert_int_equal(out.body_size, 9);
    assert_int_equal(out.offset, 12);
    assert_true(incoming.has_offset);
    assert_int_equal(incoming.tag, 7);
    assert_int_equal(incoming.correlation, 42);
    assert_false(incoming.is_direct);

    give_method(&incoming, "", "q");
    assert_int_equal(give_header(&incoming, 0, offset_of(-1)), INCOMING_WHOLE);
    incoming_show(&incoming, &out);
    assert_int_equal(out.body.size, 0);
    assert_false(incoming.has_offset);
    assert_true(incoming.is_direct);
    incoming_clear(&incoming);
}

static struct delivery with_properties(struct incoming *incoming, const char *ticket,
                                       const char *client_id) {
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .correlation_id = amqp_cstring_bytes(ticket),
        .message_id = amqp_cstring_bytes(client_id),
    };
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_HEADER,
                          .payload.properties.decoded = &properties};
    struct delivery out;
    give_method(incoming, "amq.topic", "a.b");
    assert_int_equal(incoming_frame(incoming, &frame), INCOMING_WHOLE);
    incoming_show(incoming, &out);
    return out;
}

static void properties_are_kept_where_they_are_plain(void **state) {
    (void)state;
    struct incoming incoming;
    char longest[INTAKE_PROPERTY_MAX + 2] = "";
    memset(longest, 'x', INTAKE_PROPERTY_MAX);
    incoming_init(&incoming, 5);
    struct delivery out = with_properties(&incoming, longest, "\xc3\xa9");
    assert_span(out.ticket, span_of(longest));
    assert_span(out.client_id, SPAN("\xc3\xa9"));
    uint64_t digest = out.digest;
    longest[INTAKE_PROPERTY_MAX] = 'x';
    out = with_properties(&incoming, longest, "a\tb");
    assert_null(out.ticket.at);
    assert_null(out.client_id.at);
    assert_true(out.digest == digest);
    out = with_properties(&incoming, "", "\xc3");
    assert_null(out.ticket.at);
    assert_null(out.client_id.at);
    give_method(&incoming, "amq.topic", "a.b");
    give_header(&incoming, 0, offset_of(1));
    incoming_show(&incoming, &out);
    assert_span(out.ticket, SPAN("42"));
    assert_null(out.client_id.at);
    incoming_clear(&incoming);
}

static void a_large_body_costs_no_more_than_what_is_kept(void **state) {
    (void)state;
    enum { PART = 100000, PARTS = 200 };
    static char part[PART];
    struct incoming incoming;
    struct delivery out;
    incoming_init(&incoming, 150000);
    give_method(&incoming, "amq.topic", "a");
    give_header(&incoming, (uint64_t)PART * PARTS, offset_of(1));
    for (int i = 1; i < PARTS; i++)
        assert_int_equal(give_body(&incoming, (struct span){part, PART}), INCOMING_PART);
    assert_int_equal(give_body(&incoming, (struct span){part, PART}), INCOMING_WHOLE);
    incoming_show(&incoming, &out);
    assert_int_equal(out.body.size, 150000);
    assert_int_equal(out.body_size, PART * PARTS);
    assert_true(incoming.room <= 300000);
    incoming_clear(&incoming);
}

static uint64_t digest_of(size_t body_max, const char *key, struct span body, size_t part) {
    struct incoming incoming;
    incoming_init(&incoming, body_max);
    give_method(&incoming, "amq.topic", key);
    give_header(&incoming, body.size, offset_of(1));
    for (size_t from = 0; from < body.size; from += part)
        give_body(&incoming, span_cut(body, from, part));
    uint64_t digest = incoming_digest(&incoming);
    incoming_clear(&incoming);
    return digest;
}

static void a_digest_is_of_the_message_and_not_of_how_it_came(void **state) {
    (void)state;
    static char large[20000];
    struct span whole = {large, sizeof large};
    uint64_t digest = digest_of(100000, "k", whole, 20000);
    assert_int_equal(digest_of(100000, "k", whole, 4088), digest);
    assert_int_equal(digest_of(10, "k", whole, 333), digest);
    large[4095] = 1;
    assert_int_not_equal(digest_of(100000, "k", whole, 20000), digest);
    large[4095] = 0;
    assert_int_not_equal(digest_of(100000, "k", span_cut(whole, 0, 19999), 20000), digest);
    assert_int_not_equal(digest_of(100000, "l", whole, 20000), digest);
}

/* A bit flipped anywhere gives another digest: 100,000 of them, all different. */
static int by_value(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void digests_differ(void **state) {
    (void)state;
    enum { COUNT_ = 100000 };
    uint64_t *digests = malloc(COUNT_ * sizeof *digests);
    char body[64];
    for (int i = 0; i < COUNT_; i++) {
        int size = snprintf(body, sizeof body, "{\"text\":\"%d\"}", i);
        digests[i] = digest_of(100, i & 1 ? "a.b" : "b.a", (struct span){body, (size_t)size}, 64);
        assert_int_not_equal(digests[i], 0);
    }
    qsort(digests, COUNT_, sizeof *digests, by_value);
    for (int i = 1; i < COUNT_; i++)
        assert_int_not_equal(digests[i], digests[i - 1]);
    free(digests);
}

static void what_is_no_part_of_a_message_is_said(void **state) {
    (void)state;
    struct incoming incoming;
    incoming_init(&incoming, 100);
    assert_int_equal(give_body(&incoming, SPAN("stray")), INCOMING_OTHER);
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_METHOD,
                          .payload.method = {.id = AMQP_BASIC_CONSUME_OK_METHOD}};
    assert_int_equal(incoming_frame(&incoming, &frame), INCOMING_OTHER);
    incoming_clear(&incoming);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_is_read_whole),
        cmocka_unit_test(what_is_wrong_is_said_without_the_secret),
        cmocka_unit_test(a_vhost_has_255_bytes_at_most),
        cmocka_unit_test(a_password_may_be_a_token_of_many_kilobytes),
        cmocka_unit_test(a_message_comes_in_pieces),
        cmocka_unit_test(properties_are_kept_where_they_are_plain),
        cmocka_unit_test(a_large_body_costs_no_more_than_what_is_kept),
        cmocka_unit_test(a_digest_is_of_the_message_and_not_of_how_it_came),
        cmocka_unit_test(digests_differ),
        cmocka_unit_test(what_is_no_part_of_a_message_is_said),
    };
    return cmocka_run_group_tests_name("broker_uri", tests, NULL, NULL);
}
