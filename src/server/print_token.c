/* What a token says, for people and for machines. */
#include "server/output.h"
#include "server/status_print.h"
#include "server/token_scope.h"
#include "server/token_show.h"
#include "words/json_write.h"

static void line(const char *label, struct span text) {
    output_label(label);
    output_text(text);
    putchar('\n');
}

static void print_signed(const struct token_shown *shown) {
    struct span kid = token_shown_text(shown, true, "kid");
    output_label("signed");
    output_text(token_shown_text(shown, true, "alg"));
    if (kid.size) {
        fputs(", by the key ", stdout);
        output_text(kid);
    } else {
        fputs(", by the key of tokens that name none", stdout);
    }
    putchar('\n');
}

static void print_text(const struct token_shown *shown, const char *label, const char *claim,
                       const char *otherwise) {
    struct span text = token_shown_text(shown, false, claim);
    line(label, text.at ? text : span_of(otherwise));
}

/* "2026-11-22 15:04:05.000 UTC, in 29d". */
static void print_time(const struct token_shown *shown, const char *label, const char *claim,
                       const char *otherwise) {
    struct json_value value;
    int64_t seconds;
    if (!json_find(shown->parts.claims, span_of(claim), &value) || !json_whole(value, &seconds) ||
        seconds < 0) {
        print_text(shown, label, claim, otherwise);
        return;
    }
    int64_t away = seconds - shown->now;
    struct span words = status_duration(shown->arena, (away < 0 ? -away : away) * 1000);
    output_label(label);
    output_time(seconds * 1000);
    printf(", %s%.*s%s\n", away > 0 ? "in " : "", SPAN_ARGS(words), away > 0 ? "" : " ago");
}

static void print_audience(const struct token_shown *shown) {
    struct json_value aud;
    if (!json_find(shown->parts.claims, SPAN("aud"), &aud) || aud.type != JSON_ARRAY) {
        print_text(shown, "for", "aud", "nobody (no aud)");
        return;
    }
    output_label("for");
    const char *comma = "";
    for (struct json_walk walk = json_walk(aud.text); json_next(&walk); comma = ", ") {
        fputs(comma, stdout);
        output_text(walk.value.type == JSON_STRING ? json_unquote(shown->arena, walk.value.text)
                                                   : walk.value.text);
    }
    putchar('\n');
}

/* Calls `tell` with each scope: a list of them, or one string with blanks between. */
static void each_scope(const struct token_shown *shown, void *self,
                       void (*tell)(const struct token_shown *shown, void *self,
                                    struct span scope)) {
    struct json_value value;
    if (!json_find(shown->parts.claims, SPAN("scope"), &value))
        return;
    for (struct json_walk walk = json_walk(value.text); json_next(&walk);)
        if (walk.value.type == JSON_STRING)
            tell(shown, self, json_unquote(shown->arena, walk.value.text));
    struct span rest =
        value.type == JSON_STRING ? json_unquote(shown->arena, value.text) : SPAN_NONE;
    while (rest.size) {
        const char *blank = memchr(rest.at, ' ', rest.size);
        struct span one = blank ? span_cut(rest, 0, (size_t)(blank - rest.at)) : rest;
        rest = span_cut(rest, one.size + 1, rest.size);
        if (one.size)
            tell(shown, self, one);
    }
}

static void print_scope(const struct token_shown *shown, void *self, struct span text) {
    const char **label = self;
    struct token_scope scope;
    struct span words =
        arena_print(shown->arena, "nothing by %.*s, which the broker passes over", SPAN_ARGS(text));
    if (token_scope_read(text, shown->audience, &scope))
        words = arena_print(shown->arena, "%.*s %.*s", SPAN_ARGS(scope.may),
                            SPAN_ARGS(token_scope_words(shown->arena, &scope)));
    line(*label, words);
    *label = "";
}

static void print_verdict(const struct token_shown *shown) {
    output_label("accepted");
    output_style(shown->is_accepted ? STYLE_GREEN : STYLE_RED);
    fputs(shown->is_accepted ? "yes" : shown->is_judged ? "no: " : "not known: ", stdout);
    output_style(STYLE_PLAIN);
    output_text(shown->reason);
    putchar('\n');
}

void print_token(const struct token_shown *shown) {
    const char *label = "may";
    print_signed(shown);
    print_text(shown, "user", token_shown_text(shown, false, "sub").at ? "sub" : "user_id",
               "nobody (no sub)");
    print_text(shown, "app", "app_id", "none: it is a server's own");
    print_text(shown, "role", "tiledesk_api_roles", "none");
    print_text(shown, "id", "jti", "none");
    print_time(shown, "issued", "iat", "it does not say");
    if (token_shown_text(shown, false, "nbf").at)
        print_time(shown, "begins", "nbf", "");
    print_time(shown, "expires", "exp", "never (no exp)");
    print_audience(shown);
    each_scope(shown, &label, print_scope);
    print_verdict(shown);
}

static void put_scope(const struct token_shown *shown, void *self, struct span text) {
    struct json_writer *writer = self;
    struct token_scope scope;
    json_open(writer, NULL, '{');
    json_put_text(writer, "scope", text);
    if (token_scope_read(text, shown->audience, &scope)) {
        json_put_text(writer, "may", scope.may);
        json_put_text(writer, "vhost", scope.vhost);
        json_put_text(writer, "name", scope.name);
        json_put_text(writer, "key", scope.key);
        json_put_text(writer, "words", token_scope_words(shown->arena, &scope));
    }
    json_close(writer, '}');
}

void print_token_json(const struct token_shown *shown) {
    struct json_writer writer = json_write(shown->arena);
    json_open(&writer, NULL, '{');
    json_put_json(&writer, "header", shown->parts.header);
    json_put_json(&writer, "claims", shown->parts.claims);
    json_open(&writer, "scopes", '[');
    each_scope(shown, &writer, put_scope);
    json_close(&writer, ']');
    json_put_bool(&writer, "accepted", shown->is_accepted);
    json_put_text(&writer, "fault",
                  shown->is_judged ? span_of(token_fault_name(shown->fault)) : SPAN_NONE);
    json_put_text(&writer, "reason", shown->reason);
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}
