/* The gate of the HTTP API: every call there is, times every wrong token there is; CORS; limits. */
#include "api_support.h"

#include "api/inside.h"

/* Whose private key is nowhere. */
#define API_PUBLIC_KEY                                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3hDqbWTCAgV9PTOV6GbY\n"                           \
    "pNrJlrXaiQFQke2M2kqh03N9jm8Us5/rD1uV3euOw3QQ0VdW3TOAca6rbzUlhTC/\n"                           \
    "b9EY2NQYYRLg/UfIWItkbUlIzCwTSWtv4qIJzDomgTgO258BtxTarHUv3wIzb5lL\n"                           \
    "GyVmnaKe4AWhEJzt+s3euI8Zhmt72lVAoUC07G2XFea7RlXQbvuBbn4CP5BPVjhF\n"                           \
    "vIoNi8qVNL208ebHIUJAmPrsdnQ8rmN8WM4tsRz5aRgBUfh/SKFYH1jscnnmpQGE\n"                           \
    "hZg8hJswtKdGwcHaYdxN4QNqPI5cxc5YsJph/nFeF3xCgtH6v2NHmJvJHuSiMmnD\n"                           \
    "2wIDAQAB\n"                                                                                   \
    "-----END PUBLIC KEY-----\n"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static const char UNAUTHORIZED[] = "{\"success\":false,\"msg\":\"Unauthorized.\"}";

/* A path of the call, in the app and of the user that the right tokens are of. */
static const char *path_of(struct arena *arena, const struct endpoint *endpoint) {
    static const struct {
        const char *variable, *value;
    } VALUES[] = {{"{base}", "/api"}, {"{app}", "tilechat"}, {"{user}", "U1"},
                  {"{other}", "U2"},  {"{id}", "group-1"},   {"{file}", "page.css"}};
    struct text text = text_start(arena, 200);
    const char *at = endpoint->path;
    while (*at) {
        size_t skipped = 0;
        for (size_t i = 0; i < COUNT(VALUES); i++)
            if (strncmp(at, VALUES[i].variable, strlen(VALUES[i].variable)) == 0) {
                text_print(&text, "%s", VALUES[i].value);
                skipped = strlen(VALUES[i].variable);
            }
        if (!skipped)
            text_add_char(&text, *at);
        at += skipped ? skipped : 1;
    }
    return arena_string(arena, text_span(&text));
}

static const char *claims(struct arena *arena, const char *app, const char *user,
                          const char *audience, int64_t left, const char *more) {
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    return arena_print(arena,
                       "{\"sub\":\"%s\",\"user_id\":\"%s\",\"app_id\":\"%s\",\"aud\":[\"%s\"],"
                       "\"iat\":%lld,\"exp\":%lld%s}",
                       user, user, app, audience, (long long)now - 100, (long long)now + left, more)
        .at;
}

enum wrong {
    NO_TOKEN,
    GARBAGE,
    EXPIRED,
    NOT_YET,
    WITHOUT_END,
    ALG_NONE,
    ALG_OTHER,
    WRONG_AUDIENCE,
    WRONG_KEY,
    WRONG_KID,
    CUT_SHORT,
    OTHER_APP,
    OTHER_USER,
    OBSERVER,
    WRONGS
};
static const char *const NAMES[WRONGS] = {
    "no token",  "garbage",        "expired",        "not yet",      "without an end",
    "alg none",  "alg HS512",      "wrong aud",      "wrong key",    "unknown kid",
    "cut short", "of another app", "another user's", "an observer's"};

static struct span observer_token(struct arena *arena) {
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    struct token_signer signer = {.algorithm = TOKEN_HS256, .key = SPAN(API_KEY)};
    struct span token = SPAN_NONE;
    token_for_observer(arena, &signer, (struct token_span){now, now + 600}, &token, NULL);
    return token;
}

static struct span wrong_token(struct arena *arena, enum wrong wrong) {
    const char *right = claims(arena, "tilechat", "U1", "rabbitmq", 600, "");
    struct span token = forge(arena, HEADER, right, API_KEY);
    switch (wrong) {
    case NO_TOKEN:
        return SPAN_NONE;
    case GARBAGE:
        return SPAN("not.a.token");
    case EXPIRED:
        return forge(arena, HEADER, claims(arena, "tilechat", "U1", "rabbitmq", -1, ""), API_KEY);
    case NOT_YET:
        return forge(arena, HEADER,
                     claims(arena, "tilechat", "U1", "rabbitmq", 600, ",\"nbf\":99999999999"),
                     API_KEY);
    case WITHOUT_END:
        return forge(arena, HEADER,
                     "{\"sub\":\"U1\",\"app_id\":\"tilechat\",\"aud\":[\"rabbitmq\"]}", API_KEY);
    case ALG_NONE:
        return arena_print(arena, "%.*s.%.*s.",
                           SPAN_ARGS(base64url(arena, SPAN("{\"alg\":\"none\"}"))),
                           SPAN_ARGS(base64url(arena, span_of(right))));
    case ALG_OTHER:
        return forge(arena, "{\"alg\":\"HS512\"}", right, API_KEY);
    case WRONG_AUDIENCE:
        return forge(arena, HEADER, claims(arena, "tilechat", "U1", "elsewhere", 600, ""), API_KEY);
    case WRONG_KEY:
        return forge(arena, HEADER, right, "another key of thirty-two bytes or more");
    case WRONG_KID:
        return forge(arena, "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", right, API_KEY);
    case CUT_SHORT:
        return span_cut(token, 0, token.size - 1);
    case OTHER_APP:
        return token_of(arena, "elsewhere", "U1", true);
    case OTHER_USER:
        return token_of(arena, "tilechat", "U3", false);
    case OBSERVER:
        return observer_token(arena);
    case WRONGS:
        break;
    }
    return SPAN_NONE;
}

/* 0: it passes the gate. */
static int refusal_of(enum access access, enum wrong wrong) {
    if (access == ACCESS_OPEN)
        return 0;
    if (wrong < OTHER_APP)
        return 403;
    if (access == ACCESS_TOKEN)
        return 0;
    if (wrong != OTHER_USER)
        return 401;
    return access == ACCESS_APP ? 0 : 401;
}

static void assert_refused(struct served *served, const struct endpoint *endpoint,
                           enum wrong wrong) {
    struct arena *arena = arena_new();
    int refusal = refusal_of(endpoint->access, wrong);
    struct asking asking = {.method = endpoint->method,
                            .path = path_of(arena, endpoint),
                            .token = wrong_token(arena, wrong)};
    if (refusal) {
        int status = ask(served, &asking);
        if (status != refusal || served->given_count)
            fail_msg("%s %s with a token that is %s: %d, not %d\n%s", asking.method, asking.path,
                     NAMES[wrong], status, refusal, served->reply);
        if (status == 403)
            assert_string_equal(reply_body(served), UNAUTHORIZED);
        assert_non_null(strstr(served->reply, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    }
    arena_free(&arena);
}

static void every_call_refuses_every_wrong_token(void **state) {
    struct served *served = *state;
    assert_true(ENDPOINT_COUNT > 20);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        for (int wrong = 0; wrong < WRONGS; wrong++)
            assert_refused(served, &ENDPOINTS[i], (enum wrong)wrong);
}

/* Signed with what everybody knows, the public key, as if that were a secret. */
static void a_public_key_is_no_secret(void **state) {
    struct served *served = *state;
    static const char PUBLIC[] = API_PUBLIC_KEY;
    struct arena *arena = served->place->arena;
    const char *right = claims(arena, "tilechat", "U1", "rabbitmq", 600, "");
    stop_serving(served);
    serve(served, TOKEN_RS256, PUBLIC);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        struct asking asking = {.method = ENDPOINTS[i].method,
                                .path = path_of(arena, &ENDPOINTS[i]),
                                .token = forge(arena, HEADER, right, PUBLIC)};
        if (ENDPOINTS[i].access == ACCESS_OPEN)
            continue;
        assert_int_equal(ask(served, &asking), 403);
        asking.token = forge(arena, "{\"alg\":\"RS256\"}", right, PUBLIC);
        assert_int_equal(ask(served, &asking), 403);
    }
}

static int ask_for(struct served *served, const char *forwarded) {
    struct asking asking = {.method = "GET", .path = "/", .headers = forwarded};
    return ask(served, &asking);
}

/* Whatever a client writes in front: the proxy's word, which comes last, counts. */
static void a_client_does_not_choose_its_address(void **state) {
    struct served *served = *state;
    stop_serving(served);
    served->is_behind_proxy = true;
    serve(served, TOKEN_HS256, API_KEY);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 10.0.0.1\r\n"), 200);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 10.9.9.9, 10.0.0.1\r\n"), 200);
    assert_int_equal(
        ask_for(served, "X-Forwarded-For: 10.9.9.9\r\nx-forwarded-for: 10.8.8.8, 10.0.0.1\r\n"),
        429);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 10.9.9.8\r\nX-Forwarded-For: 10.0.0.1\r\n"),
                     429);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n"),
                     200);
}

/* A provider gives each a /64: all of its addresses are one. */
static void a_network_is_one_address(void **state) {
    struct served *served = *state;
    stop_serving(served);
    served->is_behind_proxy = true;
    serve(served, TOKEN_HS256, API_KEY);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 2001:db8::1\r\n"), 200);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 2001:db8::2\r\n"), 200);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 2001:db8:0:0:ffff::3\r\n"), 429);
    assert_int_equal(ask_for(served, "X-Forwarded-For: 2001:db8:0:1::1\r\n"), 200);
}

static void revoke_until(struct place *place, int64_t since) {
    struct order order = {.kind = ORDER_REVOKE,
                          .app = SPAN("tilechat"),
                          .target = SPAN("U1"),
                          .since = since,
                          .now_ms = 1,
                          .until_ms = INT64_MAX};
    struct store_batch batch = {.orders = &order, .order_count = 1};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
}

static void revoked_tokens_are_refused_at_once(void **state) {
    struct served *served = *state;
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    struct asking asking = {.method = "GET",
                            .path = "/api/tilechat/U1/conversations",
                            .token = token_of(served->place->arena, "tilechat", "U1", false)};
    assert_int_equal(ask(served, &asking), 200);
    revoke_until(served->place, now - 60);
    assert_int_equal(ask(served, &asking), 200);
    revoke_until(served->place, now + 60);
    assert_int_equal(ask(served, &asking), 403);
    assert_non_null(strstr(served->reply, "error_description=\"revoked\""));
    asking.path = "/api/tilechat/U2/conversations";
    asking.token = token_of(served->place->arena, "tilechat", "U2", false);
    assert_int_equal(ask(served, &asking), 200);
}

static void admins_may_read_what_is_of_their_app(void **state) {
    struct served *served = *state;
    struct asking asking = {.method = "GET",
                            .path = "/api/tilechat/U1/conversations",
                            .token = token_of(served->place->arena, "tilechat", "root", true)};
    assert_int_equal(ask(served, &asking), 200);
}

static void a_token_may_stand_in_many_places(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct span token = token_of(arena, "tilechat", "U1", false);
    static const char *const SCHEMES[] = {"", "Bearer ", "JWT ", "bearer   "};
    static const char *const NAMED[] = {"jwt", "JWT", "token"};
    struct asking asking = {.method = "GET", .path = "/api/tilechat/U1/conversations/"};
    for (size_t i = 0; i < COUNT(SCHEMES); i++) {
        asking.token = arena_print(arena, "%s%.*s", SCHEMES[i], SPAN_ARGS(token));
        assert_int_equal(ask(served, &asking), 200);
    }
    asking.token = SPAN_NONE;
    for (size_t i = 0; i < COUNT(NAMED); i++) {
        asking.path =
            arena_print(arena, "/api/tilechat/U1/conversations?%s=%.*s", NAMED[i], SPAN_ARGS(token))
                .at;
        assert_int_equal(ask(served, &asking), 200);
    }
}

static void a_preflight_needs_no_token(void **state) {
    struct served *served = *state;
    struct asking asking = {.method = "OPTIONS", .path = "/api/tilechat/U1/conversations"};
    assert_int_equal(ask(served, &asking), 204);
    assert_non_null(strstr(served->reply, "\r\nAccess-Control-Allow-Methods: GET, POST, PUT, "
                                          "DELETE, OPTIONS\r\n"));
    assert_non_null(strstr(served->reply, "\r\nAccess-Control-Allow-Headers: Origin, "
                                          "X-Requested-With, Content-Type, Accept, "
                                          "Authorization, X-XSRF-Token\r\n"));
}

/* Those too that no call is asked about: a method that none has, a body that is too large. */
static void every_refusal_may_be_read_by_any_page(void **state) {
    struct served *served = *state;
    struct arena *arena = arena_new();
    char *large = arena_array(arena, 100001, 1);
    memset(large, ' ', 100000);
    large[100000] = '\0';
    struct asking asking = {.method = "PATCH", .path = "/api/tilechat/U1/conversations"};
    assert_int_equal(ask(served, &asking), 405);
    assert_non_null(strstr(served->reply, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    assert_int_equal(ask_as(served, "U1", "POST", "/api/tilechat/messages", large), 413);
    assert_non_null(strstr(served->reply, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    arena_free(&arena);
}

static void what_there_is_not_is_said(void **state) {
    struct served *served = *state;
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/U1/nothing", NULL), 404);
    assert_int_equal(ask_as(served, "U1", "GET", "/tilechat/U1/conversations", NULL), 404);
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat//conversations", NULL), 404);
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/U%00/conversations", NULL), 404);
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/U1%2E/conversations", NULL), 404);
    assert_int_equal(ask_as(served, "U1", "DELETE", "/api/tilechat/U1/blocks", NULL), 405);
    assert_non_null(strstr(served->reply, "\r\nAllow: GET\r\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, serve_set_up, serve_tear_down)
        TEST(every_call_refuses_every_wrong_token),  TEST(a_public_key_is_no_secret),
        TEST(revoked_tokens_are_refused_at_once),    TEST(admins_may_read_what_is_of_their_app),
        TEST(a_token_may_stand_in_many_places),      TEST(a_preflight_needs_no_token),
        TEST(every_refusal_may_be_read_by_any_page), TEST(what_there_is_not_is_said),
        TEST(a_client_does_not_choose_its_address),  TEST(a_network_is_one_address),
    };
    return cmocka_run_group_tests_name("api gate", tests, NULL, NULL);
}
