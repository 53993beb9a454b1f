#include "verdict.h"

#include "words/check.h"
#include "words/nearest.h"
#include "words/text.h"

#include <lauxlib.h>

/* ---- the verbs ---- */

enum {
    ON_MESSAGE = 1 << POLICY_MESSAGE,
    ON_COPY = 1 << POLICY_COPY,
    ON_GROUP = 1 << POLICY_GROUP,
    ON_RECEIPT = 1 << POLICY_RECEIPT,
    ON_CONVERSATION = 1 << POLICY_CONVERSATION,
    ON_ARCHIVE = 1 << POLICY_ARCHIVE,
    ON_PRESENCE = 1 << POLICY_PRESENCE,
    ON_ALL = (1 << POLICY_EVENTS) - 1,
    ON_ALL_BUT_COPY = ON_ALL & ~ON_COPY,
};
/* A reply is received, and its receipt would be replied to, and so on. */
enum { REPLIES_ON = ON_ALL_BUT_COPY & ~ON_RECEIPT };

struct verb {
    const char *name;
    enum policy_word word;
    int events;           /* on which it may be said */
    const char *names[4]; /* besides verb and replies */
};
static const struct verb VERBS[] = {
    {"rewrite", WORD_REWRITE, ON_MESSAGE | ON_GROUP | ON_CONVERSATION, {"set", "unset", NULL}},
    {"accept", WORD_ACCEPT, ON_ALL_BUT_COPY, {NULL}},
    {"reject", WORD_REJECT, ON_ALL_BUT_COPY, {"code", "reason", NULL}},
    {"drop", WORD_DROP, ON_ALL, {"reason", NULL}},
    {"redirect", WORD_REDIRECT, ON_MESSAGE, {"to", NULL}},
    {"copy_to", WORD_COPY_TO, ON_MESSAGE, {"to", NULL}},
    {"defer", WORD_DEFER, ON_MESSAGE, {"reason", "seconds", NULL}},
    {"quarantine", WORD_QUARANTINE, ON_MESSAGE, {"code", "reason", NULL}},
};
enum { VERB_COUNT = sizeof VERBS / sizeof VERBS[0] };

static const struct verb ONLY_REPLIES = {"a verdict without a verb", WORD_NONE, REPLIES_ON, {NULL}};
static const char *const WITH_REPLIES[] = {"verb", "replies", NULL};
static const char *const WITHOUT_REPLIES[] = {"verb", NULL};

static bool may_be_said(const struct verb *verb, const struct call *call) {
    return verb->events & (1 << call->question->event);
}

/* "nil, rewrite, accept, reject or drop", of the event. */
static struct span verbs_expected(const struct call *call) {
    struct text text = text_start(call->arena, 80);
    const struct verb *last = NULL;
    text_add(&text, SPAN("nil"));
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (!may_be_said(&VERBS[i], call))
            continue;
        if (last)
            text_print(&text, ", %s", last->name);
        last = &VERBS[i];
    }
    check(last);
    text_print(&text, " or %s", last->name);
    return text_span(&text);
}

static _Noreturn void refuse_verb(const struct reading *reading, struct span name) {
    struct nearest nearest = nearest_start(name);
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (may_be_said(&VERBS[i], reading->call))
            nearest_offer(&nearest, span_of(VERBS[i].name));
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    reading_refuse(reading, "no such verb: %s%s", shown, nearest_words(&nearest, hint));
}

static const struct verb *verb_named(const struct reading *reading, struct span name) {
    const struct call *call = reading->call;
    size_t i = 0;
    while (i < VERB_COUNT && !span_is(name, VERBS[i].name))
        i++;
    if (i == VERB_COUNT)
        refuse_verb(reading, name);
    if (!may_be_said(&VERBS[i], call))
        reading_refuse(reading, "verb: %.*s expected on %s, got %s",
                       SPAN_ARGS(verbs_expected(call)), policy_event_name(call->question->event),
                       VERBS[i].name);
    return &VERBS[i];
}

static bool has_replies(const struct reading *reading) {
    reading_push(reading, "replies");
    bool has = !lua_isnil(reading->lua, -1);
    lua_pop(reading->lua, 1);
    return has;
}

static const struct verb *read_verb(const struct reading *reading) {
    lua_State *lua = reading->lua;
    reading_push(reading, "verb");
    if (lua_isnil(lua, -1) && has_replies(reading)) {
        if (!may_be_said(&ONLY_REPLIES, reading->call))
            reading_refuse(reading, "replies: not on %s",
                           policy_event_name(reading->call->question->event));
        lua_pop(lua, 1);
        return &ONLY_REPLIES;
    }
    if (lua_type(lua, -1) != LUA_TSTRING)
        reading_refuse(reading, "verb: a string expected, got %s", luaL_typename(lua, -1));
    struct span name;
    name.at = lua_tolstring(lua, -1, &name.size);
    const struct verb *verb = verb_named(reading, name);
    lua_pop(lua, 1);
    return verb;
}

/* ---- what comes with them ---- */

static void read_code(const struct reading *reading) {
    struct span code = reading_words(reading, "code", VERDICT_CODE_BYTES);
    for (size_t i = 0; i < code.size; i++) {
        char byte = code.at[i];
        bool is_fit = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
        if (!is_fit)
            reading_refuse(reading, "code: letters, digits, _ - and . expected");
    }
    reading->call->answer.code = code;
}

static void read_reason(const struct reading *reading) {
    reading->call->answer.reason = reading_words(reading, "reason", VERDICT_REASON_BYTES);
}

static void read_seconds(const struct reading *reading) {
    lua_State *lua = reading->lua;
    reading_push(reading, "seconds");
    if (lua_type(lua, -1) != LUA_TNUMBER)
        reading_refuse(reading, "seconds: a number expected, got %s", luaL_typename(lua, -1));
    lua_Number seconds = lua_tonumber(lua, -1);
    if (!(seconds >= 1 && seconds <= VERDICT_DEFER_SECONDS))
        reading_refuse(reading, "seconds: 1 to %d expected, got %.14g", VERDICT_DEFER_SECONDS,
                       seconds);
    lua_pop(lua, 1);
    reading->call->answer.defer_ms = (int64_t)(seconds * 1000);
}

/* One id into answer.to, from the top of the stack. */
static void add_to(const struct reading *reading, struct span *list) {
    struct answer *answer = &reading->call->answer;
    list[answer->to_count++] = reading_id(reading, "to");
}

static void read_to_list(const struct reading *reading, struct span *list) {
    lua_State *lua = reading->lua;
    size_t size = reading_list(reading, POLICY_COPY_TO_MAX);
    if (size == 0)
        reading_refuse(reading, "to: an id or a list of 1 to %d ids expected", POLICY_COPY_TO_MAX);
    for (size_t i = 0; i < size; i++) {
        lua_rawgeti(lua, -1, (int)i + 1);
        add_to(reading, list);
        lua_pop(lua, 1);
    }
}

static void read_to(const struct reading *reading, bool may_be_list) {
    struct answer *answer = &reading->call->answer;
    struct span *list = arena_array(reading->call->arena, POLICY_COPY_TO_MAX, sizeof *list);
    answer->to = list;
    reading_push(reading, "to");
    if (may_be_list && reading_is_table(reading))
        read_to_list(reading, list);
    else
        add_to(reading, list);
    lua_pop(reading->lua, 1);
}

static void read_replies(const struct reading *reading) {
    reading_push(reading, "replies");
    if (!lua_isnil(reading->lua, -1))
        replies_read(reading);
    lua_pop(reading->lua, 1);
}

static void read_words_of(const struct reading *reading, enum policy_word word) {
    switch (word) {
    case WORD_NONE:
    case WORD_ACCEPT:
    case WORD_ERROR:
    case WORD_SET_ASIDE:
    case WORD_WAIT:
        break;
    case WORD_REWRITE:
        rewrite_read(reading);
        break;
    case WORD_REJECT:
    case WORD_QUARANTINE:
        read_code(reading);
        read_reason(reading);
        break;
    case WORD_DROP:
        read_reason(reading);
        break;
    case WORD_REDIRECT:
    case WORD_COPY_TO:
        read_to(reading, word == WORD_COPY_TO);
        break;
    case WORD_DEFER:
        read_seconds(reading);
        read_reason(reading);
        break;
    }
}

void verdict_read(lua_State *lua, struct call *call) {
    const struct reading reading = {.lua = lua, .call = call, .table = 1};
    if (lua_isnil(lua, -1))
        return;
    if (!lua_istable(lua, -1))
        reading_refuse(&reading, "nil or a table expected, got %s", luaL_typename(lua, -1));
    check(lua_gettop(lua) == 1);
    luaL_checkstack(lua, 16, "verdict");
    const struct verb *verb = read_verb(&reading);
    bool may_reply = REPLIES_ON & (1 << call->question->event);
    reading_names(&reading, verb->name, verb->names, may_reply ? WITH_REPLIES : WITHOUT_REPLIES);
    read_words_of(&reading, verb->word);
    read_replies(&reading);
    call->answer.word = verb->word;
}
