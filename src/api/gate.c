/* Everything before the endpoint: CORS, limits, the token, and whose data it is. */
#include "api/inside.h"

#include <arpa/inet.h>

enum { UNAUTHORIZED = 403, NOT_YOURS = 401, TOO_MANY = 429 };

const struct http_reply_header API_CORS[API_CORS_COUNT] = {
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Allow-Headers",
     "Origin, X-Requested-With, Content-Type, Accept, Authorization, X-XSRF-Token"},
    {"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS"},
};

void gate_open_to_browsers(struct api_call *call) {
    for (size_t i = 0; i < API_CORS_COUNT; i++)
        reply_header(call, API_CORS[i].name, API_CORS[i].value);
}

/* ---- limits ---- */

static enum gate too_many(struct api_call *call) {
    reply_header(call, "Retry-After", "1");
    reply_refusal(call, TOO_MANY, "too_many_requests", "Too many requests: come again later");
    return GATE_ANSWERED;
}

static bool is_within(struct api_call *call, struct buckets *buckets, struct bucket_limit limit,
                      struct span key) {
    return buckets_take(buckets, key, limit.burst, limit.per_minute,
                        clock_steady_us(call->api->parts.clock));
}

/* A proxy of ours says whom it asks for: the last one that it names. Some add that to the line that
 * came, others a line of their own behind it: what a client wrote itself stands before. */
static struct span address_of(const struct api_call *call) {
    const struct api_settings *settings = &call->api->settings;
    struct span address = call->request->address;
    struct span said = http_header_last(call->request, "X-Forwarded-For");
    for (size_t i = 0; said.at && i < settings->proxy_count; i++)
        if (span_equal(settings->proxies[i], address)) {
            const char *comma = memrchr(said.at, ',', said.size);
            size_t from = comma ? (size_t)(comma - said.at) + 1 : 0;
            return span_trim(span_cut(said, from, said.size));
        }
    return address;
}

/* Who has an IPv6 address has all of its /64. */
static struct span network_of(struct api_call *call, struct span address) {
    unsigned char bytes[16];
    if (!span_has(address, SPAN(":")) ||
        inet_pton(AF_INET6, arena_string(call->arena, address), bytes) != 1)
        return address;
    return arena_copy(call->arena, (struct span){(const char *)bytes, sizeof bytes / 2});
}

static bool user_is_within(struct api_call *call) {
    struct api *api = call->api;
    struct span key = arena_print(call->arena, "%.*s/%.*s", SPAN_ARGS(call->claims.app),
                                  SPAN_ARGS(call->claims.user));
    return is_within(call, api->users, api->settings.user, key);
}

/* ---- the token ---- */

static struct span without(struct span token, const char *scheme) {
    size_t size = strlen(scheme);
    bool has = token.size > size && strncasecmp(token.at, scheme, size) == 0;
    return has ? span_trim(span_cut(token, size, token.size)) : token;
}

static struct span token_of(struct api_call *call) {
    static const char *const NAMES[] = {"jwt", "JWT", "token"};
    struct span token = http_header(call->request, "Authorization");
    if (span_trim(token).size)
        return without(without(span_trim(token), "Bearer "), "JWT ");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        token = query_text(call, NAMES[i]);
        if (token.size)
            return token;
    }
    return SPAN_NONE;
}

/* As clients know it; developers find the reason in a header (RFC 6750, section 3). */
static enum gate unauthorized(struct api_call *call, const char *reason) {
    struct span header = arena_print(
        call->arena, "Bearer error=\"invalid_token\", error_description=\"%s\"", reason);
    reply_header(call, "WWW-Authenticate", arena_string(call->arena, header));
    call->reply->status = UNAUTHORIZED;
    call->reply->content_type = "application/json; charset=utf-8";
    text_add(&call->reply->body, SPAN("{\"success\":false,\"msg\":\"Unauthorized.\"}"));
    return GATE_ANSWERED;
}

static enum gate not_yours(struct api_call *call, const char *words) {
    reply_refusal(call, NOT_YOURS, "permission_denied", words);
    return GATE_ANSWERED;
}

/* Tokens of before a revocation are no tokens; while that cannot be read, nobody is let in. */
static enum gate look_whether_revoked(struct api_call *call) {
    struct api *api = call->api;
    int64_t since = 0, now_ms = clock_wall_ms(api->parts.clock);
    const struct token_claims *claims = &call->claims;
    if (!claims->app.at || !api->facts.revoked)
        return GATE_PASSED;
    switch (api->facts.revoked(api->facts.self, claims->app, claims->user, now_ms, &since)) {
    case FACT_ABSENT:
        return GATE_PASSED;
    case FACT_FOUND:
        return claims->issued < since ? unauthorized(call, "revoked") : GATE_PASSED;
    case FACT_UNAVAILABLE:
        break;
    }
    reply_refusal(call, 503, "unavailable", "The store cannot be read now");
    return GATE_ANSWERED;
}

static enum gate look_at_token(struct api_call *call) {
    const struct api_parts *parts = &call->api->parts;
    struct span token = token_of(call);
    if (!token.size)
        return unauthorized(call, "no token");
    enum token_fault fault = token_verify(call->arena, parts->keyring, token,
                                          clock_wall_ms(parts->clock) / 1000, &call->claims);
    return fault == TOKEN_RIGHT ? look_whether_revoked(call)
                                : unauthorized(call, token_fault_name(fault));
}

/* ---- whose data it is ---- */

static bool is_served(const struct api *api, struct span app) {
    for (size_t i = 0; i < api->settings.app_count; i++)
        if (span_equal(api->settings.apps[i], app))
            return true;
    return false;
}

static enum gate look_whose_it_is(struct api_call *call) {
    const struct token_claims *claims = &call->claims;
    if (call->endpoint->access == ACCESS_TOKEN)
        return GATE_PASSED;
    if (!claims->app.at)
        return not_yours(call, "This token is of no app");
    if (!span_equal(claims->app, call->app))
        return not_yours(call, "This token is of another app");
    if (call->endpoint->access == ACCESS_OWN && !claims->is_admin &&
        !span_equal(claims->user, call->user))
        return not_yours(call, "This is somebody else's");
    if (call->endpoint->access == ACCESS_ADMIN && !claims->is_admin)
        return not_yours(call, "Only an admin may do this");
    if (is_served(call->api, call->app))
        return GATE_PASSED;
    reply_refusal(call, 404, "unknown_app", "This app is not served here");
    return GATE_ANSWERED;
}

enum gate gate_pass(struct api_call *call) {
    struct api *api = call->api;
    if (!is_within(call, api->addresses, api->settings.address, network_of(call, address_of(call))))
        return too_many(call);
    if (call->endpoint->access == ACCESS_OPEN)
        return GATE_PASSED;
    if (look_at_token(call) == GATE_ANSWERED)
        return GATE_ANSWERED;
    if (!user_is_within(call))
        return too_many(call);
    return look_whose_it_is(call);
}
