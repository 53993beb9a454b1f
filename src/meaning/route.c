#include "meaning/route.h"

#include "words/check.h"
#include "words/log.h"
#include "words/text.h"

/* The keys, written once: they are matched, bound and filled in from here. */
struct shape {
    const char *what; /* for words of refusal */
    enum route_kind kind;
    enum inbox_form form;
    const char *pattern; /* APP, USER, OTHER and ID stand for ids */
};

enum {
    SHAPE_MESSAGE,
    SHAPE_MESSAGE_SEED,
    SHAPE_BLOCK,
    SHAPE_GROUP,
    SHAPE_RECEIPT,
    SHAPE_CONVERSATION,
    SHAPE_ARCHIVE,
    SHAPE_PRESENCE,
    SHAPE_DELIVERED,
    SHAPE_PERSIST,
    SHAPE_WEBHOOK,
    SHAPE_GROUP_CHANGE,
    SHAPE_HISTORY
};

static const struct shape SHAPES[] = {
    [SHAPE_MESSAGE] = {"message", ROUTE_MESSAGE, INBOX_TABLE,
                       "apps.APP.outgoing.users.USER.messages.OTHER.outgoing"},
    [SHAPE_MESSAGE_SEED] = {"message in the seed's form", ROUTE_MESSAGE, INBOX_SEED,
                            "apps.APP.users.USER.OTHER.messages.outgoing"},
    [SHAPE_BLOCK] = {"block", ROUTE_BLOCK, INBOX_TABLE, "apps.APP.users.USER.blocks.OTHER.update"},
    [SHAPE_GROUP] = {"group update", ROUTE_GROUP, INBOX_TABLE, "apps.observer.APP.groups.update"},
    [SHAPE_RECEIPT] = {"receipt", ROUTE_RECEIPT, INBOX_TABLE,
                       "apps.APP.users.USER.messages.OTHER.ID.update"},
    [SHAPE_CONVERSATION] = {"conversation's patch", ROUTE_CONVERSATION, INBOX_TABLE,
                            "apps.APP.users.USER.conversations.OTHER.update"},
    [SHAPE_ARCHIVE] = {"conversation to archive", ROUTE_ARCHIVE, INBOX_TABLE,
                       "apps.APP.users.USER.conversations.OTHER.archive"},
    [SHAPE_PRESENCE] = {"presence", ROUTE_PRESENCE, INBOX_TABLE, "apps.APP.users.USER.presence.ID"},
    [SHAPE_DELIVERED] = {"copy to deliver", ROUTE_DELIVERED, INBOX_TABLE,
                         "apps.observer.APP.users.USER.messages.OTHER.delivered"},
    [SHAPE_PERSIST] = {"copy to store", ROUTE_PERSIST, INBOX_TABLE,
                       "apps.observer.APP.users.USER.messages.OTHER.persist"},
    [SHAPE_WEBHOOK] = {"webhook event", ROUTE_WEBHOOK, INBOX_TABLE, "observer.webhook.apps.APP.ID"},
    [SHAPE_GROUP_CHANGE] = {"group change", ROUTE_GROUP_CHANGE, INBOX_TABLE,
                            "apps.observer.APP.groups.change"},
    [SHAPE_HISTORY] = {"group's history", ROUTE_HISTORY, INBOX_TABLE,
                       "apps.observer.APP.groups.history"},
};

static const char *const INBOXES[] = {
    [INBOX_TABLE] = "apps.APP.users.USER.messages.OTHER.clientadded",
    [INBOX_SEED] = "apps.APP.users.USER.OTHER.messages.clientadded",
    [INBOX_SEED_DOT] = ".apps.APP.users.USER.OTHER.messages.clientadded",
};

static const char *const BINDINGS[ROUTE_KINDS][4] = {
    [ROUTE_MESSAGE] = {"apps.APP.outgoing.users.*.messages.*.outgoing",
                       "apps.APP.users.*.*.messages.outgoing",
                       ".apps.APP.users.*.*.messages.outgoing"},
    [ROUTE_BLOCK] = {"apps.APP.users.*.blocks.*.update"},
    [ROUTE_GROUP] = {"apps.observer.APP.groups.update"},
    [ROUTE_RECEIPT] = {"apps.APP.users.*.messages.*.*.update"},
    [ROUTE_CONVERSATION] = {"apps.APP.users.*.conversations.*.update"},
    [ROUTE_ARCHIVE] = {"apps.APP.users.*.conversations.*.archive"},
    [ROUTE_PRESENCE] = {"apps.APP.users.*.presence.*"},
    [ROUTE_DELIVERED] = {"apps.observer.APP.users.*.messages.*.delivered"},
    [ROUTE_PERSIST] = {"apps.observer.APP.users.*.messages.*.persist"},
    [ROUTE_WEBHOOK] = {"observer.webhook.apps.APP.*"},
    [ROUTE_GROUP_CHANGE] = {"apps.observer.APP.groups.change"},
    [ROUTE_HISTORY] = {"apps.observer.APP.groups.history"},
};

/* --- words --- */

/* More than any pattern has. */
enum { WORDS_MAX = 9 };

struct words {
    struct span word[WORDS_MAX];
    size_t count; /* of all words, also where there are more than slots */
    struct span last;
};

/* Takes the first word off `rest`. False: that was the last one. */
static bool take_word(struct span *rest, struct span *word) {
    check(rest->at);
    const char *dot = memchr(rest->at, '.', rest->size);
    *word = dot ? span_cut(*rest, 0, (size_t)(dot - rest->at)) : *rest;
    *rest = dot ? span_cut(*rest, word->size + 1, rest->size) : SPAN_NONE;
    return dot != NULL;
}

static struct words split(struct span key) {
    struct words words = {.count = 0};
    bool is_more = true;
    while (is_more) {
        is_more = take_word(&key, &words.last);
        if (words.count < WORDS_MAX)
            words.word[words.count] = words.last;
        words.count++;
    }
    return words;
}

/* `pattern` with ids in the place of APP, USER and OTHER. */
static struct span fill(struct arena *arena, const char *pattern, const struct route *ids) {
    struct text key = text_start(arena, ROUTE_KEY_MAX + 1);
    struct span rest = span_of(pattern), word;
    for (bool is_more = true; is_more;) {
        is_more = take_word(&rest, &word);
        text_add(&key, span_is(word, "APP")     ? ids->app
                       : span_is(word, "USER")  ? ids->user
                       : span_is(word, "OTHER") ? ids->other
                       : span_is(word, "ID")    ? ids->id
                                                : word);
        if (is_more)
            text_add_char(&key, '.');
    }
    return text_span(&key);
}

/* --- ids --- */

bool route_is_id(struct span id) {
    static const char NEVER[] = "./#*+"; /* and its NUL */
    for (size_t i = 0; i < id.size; i++)
        if (memchr(NEVER, id.at[i], sizeof NEVER))
            return false;
    return id.size > 0;
}

bool route_is_group_id(struct span id) {
    return span_has(id, SPAN("group-"));
}

static int check_id(struct span id, const char *what, struct why *why) {
    if (route_is_id(id))
        return 0;
    if (id.size == 0)
        return why_say(why, "the %s is empty", what);
    char quoted[96];
    return why_say(why, "the %s %s holds one of . / # * + or NUL", what,
                   log_quote(quoted, sizeof quoted, id));
}

int route_check_app(struct span app, struct why *why) {
    if (span_is(app, "observer") || span_is(app, "outgoing"))
        return why_say(why, "the app's name \"%.*s\" is reserved", SPAN_ARGS(app));
    return check_id(app, "app's name", why);
}

static int check_user(struct span user, struct why *why) {
    char quoted[96];
    if (route_is_group_id(user))
        return why_say(why, "the sender %s looks like a group (\"group-\" in it)",
                       log_quote(quoted, sizeof quoted, user));
    return check_id(user, "sender", why);
}

/* What the last id of a key is, in words; NULL: there is none. */
static const char *id_name(enum route_kind kind) {
    switch (kind) {
    case ROUTE_RECEIPT:
        return "message's id";
    case ROUTE_PRESENCE:
        return "client's id";
    case ROUTE_WEBHOOK:
        return "event";
    case ROUTE_MESSAGE:
    case ROUTE_BLOCK:
    case ROUTE_GROUP:
    case ROUTE_CONVERSATION:
    case ROUTE_ARCHIVE:
    case ROUTE_DELIVERED:
    case ROUTE_PERSIST:
    case ROUTE_GROUP_CHANGE:
    case ROUTE_HISTORY:
        break;
    }
    return NULL;
}

static const char *other_name(enum route_kind kind) {
    if (kind == ROUTE_BLOCK)
        return "user to block";
    return kind == ROUTE_MESSAGE ? "recipient" : "conversation's other side";
}

/* A timeline that is written to on an observer's behalf may be a group's own. */
static int check_owner(const struct route *route, struct why *why) {
    return route->kind == ROUTE_DELIVERED || route->kind == ROUTE_PERSIST
               ? check_id(route->user, "timeline's owner", why)
               : check_user(route->user, why);
}

static int check_ids(const struct route *route, struct why *why) {
    if (route_check_app(route->app, why) == -1)
        return -1;
    if (route->user.at && check_owner(route, why) == -1)
        return -1;
    if (route->other.at && check_id(route->other, other_name(route->kind), why) == -1)
        return -1;
    return route->id.at ? check_id(route->id, id_name(route->kind), why) : 0;
}

/* --- parsing --- */

static const struct shape *update_meant(const struct words *words) {
    if (span_is(words->word[1], "observer"))
        return &SHAPES[SHAPE_GROUP];
    if (span_is(words->word[4], "messages"))
        return &SHAPES[SHAPE_RECEIPT];
    return &SHAPES[span_is(words->word[4], "conversations") ? SHAPE_CONVERSATION : SHAPE_BLOCK];
}

/* What a key is meant to be: its last word says what is to be done, and one more tells apart those
 * that end alike; those that end in an id begin like no other. NULL: nothing that is carried here.
 */
static const struct shape *shape_meant(const struct words *words) {
    if (span_is(words->word[0], "observer"))
        return &SHAPES[SHAPE_WEBHOOK];
    if (words->count == 6 && span_is(words->word[4], "presence"))
        return &SHAPES[SHAPE_PRESENCE];
    if (span_is(words->last, "outgoing"))
        return &SHAPES[span_is(words->word[2], "users") ? SHAPE_MESSAGE_SEED : SHAPE_MESSAGE];
    if (span_is(words->last, "update"))
        return update_meant(words);
    if (span_is(words->last, "archive"))
        return &SHAPES[SHAPE_ARCHIVE];
    if (span_is(words->last, "delivered"))
        return &SHAPES[SHAPE_DELIVERED];
    if (span_is(words->last, "change"))
        return &SHAPES[SHAPE_GROUP_CHANGE];
    if (span_is(words->last, "history"))
        return &SHAPES[SHAPE_HISTORY];
    return span_is(words->last, "persist") ? &SHAPES[SHAPE_PERSIST] : NULL;
}

static int match_word(struct span pattern, struct span word, struct route *route) {
    if (span_is(pattern, "APP"))
        route->app = word;
    else if (span_is(pattern, "USER"))
        route->user = word;
    else if (span_is(pattern, "OTHER"))
        route->other = word;
    else if (span_is(pattern, "ID"))
        route->id = word;
    else if (!span_equal(pattern, word))
        return -1;
    return 0;
}

static int match(const struct shape *shape, const struct words *words, struct route *route,
                 struct why *why) {
    struct words wanted = split(span_of(shape->pattern));
    if (words->count != wanted.count)
        return why_say(why, "%zu word%s where a %s has %zu", words->count,
                       words->count == 1 ? "" : "s", shape->what, wanted.count);
    for (size_t i = 0; i < wanted.count; i++)
        if (match_word(wanted.word[i], words->word[i], route) == -1) {
            char quoted[96];
            return why_say(why, "word %zu is %s where a %s has \"%.*s\"", i + 1,
                           log_quote(quoted, sizeof quoted, words->word[i]), shape->what,
                           SPAN_ARGS(wanted.word[i]));
        }
    return 0;
}

/* The leading dot is the leading slash of an MQTT topic. */
static int read_dot(bool has_dot, struct route *route, struct why *why) {
    if (!has_dot)
        return 0;
    if (route->form != INBOX_SEED)
        return why_say(why, "a leading dot, which only a message in the seed's form has");
    route->form = INBOX_SEED_DOT;
    return 0;
}

int route_parse(struct span key, struct route *out, struct why *why) {
    if (key.size == 0 || key.size > ROUTE_KEY_MAX)
        return why_say(why, "a routing key of %zu bytes, where 1 to %d are possible", key.size,
                       ROUTE_KEY_MAX);
    bool has_dot = key.at[0] == '.';
    struct words words = split(span_cut(key, has_dot, key.size));
    const struct shape *shape = shape_meant(&words);
    if (!shape) {
        char quoted[96];
        return why_say(why, "a key that ends in %s, which is nothing this server carries",
                       log_quote(quoted, sizeof quoted, words.last));
    }
    struct route route = {.kind = shape->kind, .form = shape->form};
    if (match(shape, &words, &route, why) == -1 || read_dot(has_dot, &route, why) == -1 ||
        check_ids(&route, why) == -1)
        return -1;
    *out = route;
    return 0;
}

/* --- writing --- */

static int refuse_long(struct span key, struct span *out, struct why *why) {
    if (key.size > ROUTE_KEY_MAX)
        return why_say(why, "a routing key of %zu bytes would be needed, where %d are possible",
                       key.size, ROUTE_KEY_MAX);
    *out = key;
    return 0;
}

int route_inbox(struct arena *arena, enum inbox_form form, struct span app, struct span owner,
                struct span other, struct span *out, struct why *why) {
    struct route ids = {.app = app, .user = owner, .other = other};
    return refuse_long(fill(arena, INBOXES[form], &ids), out, why);
}

int route_notice(struct arena *arena, struct span app, struct span owner, const char *what,
                 struct span other, const char *verb, struct span *out, struct why *why) {
    struct span key = arena_print(arena, "apps.%.*s.users.%.*s.%s.%.*s.%s", SPAN_ARGS(app),
                                  SPAN_ARGS(owner), what, SPAN_ARGS(other), verb);
    return refuse_long(key, out, why);
}

int route_message_notice(struct arena *arena, struct span app, struct span owner, struct span other,
                         struct span id, struct span *out, struct why *why) {
    struct route ids = {.app = app, .user = owner, .other = other, .id = id};
    return refuse_long(fill(arena, "apps.APP.users.USER.messages.OTHER.ID.clientupdated", &ids),
                       out, why);
}

int route_outbox(struct arena *arena, struct span app, struct span sender, struct span recipient,
                 struct span *out, struct why *why) {
    struct route ids = {.app = app, .user = sender, .other = recipient};
    return refuse_long(fill(arena, SHAPES[SHAPE_MESSAGE].pattern, &ids), out, why);
}

int route_history(struct arena *arena, struct span app, struct span *out, struct why *why) {
    struct route ids = {.app = app};
    return refuse_long(fill(arena, SHAPES[SHAPE_HISTORY].pattern, &ids), out, why);
}

struct span route_binding(struct arena *arena, enum route_kind kind, struct span app,
                          size_t index) {
    check(index < sizeof BINDINGS[kind] / sizeof BINDINGS[kind][0]);
    if (!BINDINGS[kind][index])
        return SPAN_NONE;
    return fill(arena, BINDINGS[kind][index], &(struct route){.app = app});
}
