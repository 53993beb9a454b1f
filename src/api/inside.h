/* inside: what the files of the API share. Not for anyone else. */
#ifndef CHAT21D_API_INSIDE_H
#define CHAT21D_API_INSIDE_H

#include "api/api.h"
#include "words/json_write.h"

#include <pthread.h>

/* Who may make a call. Whoever has an admin's role may what any user of the token's app may. */
enum access {
    ACCESS_OPEN,  /* everybody; no token is looked at */
    ACCESS_TOKEN, /* whoever has a right token, of whatever app */
    ACCESS_APP,   /* … of the path's app */
    ACCESS_OWN,   /* … and is the path's user */
    ACCESS_ADMIN, /* … and is an admin of the path's app */
};

enum { CALL_WORDS_MAX = 6 };

/* How a wait ended (waiting.c). */
struct wait_end {
    enum wait_how {
        WAIT_CONFIRMED, /* the broker has it */
        WAIT_STORED,    /* the plan `id` is stored; is_repeat: it was before */
        WAIT_ORDERED,   /* the order is stored */
        WAIT_REFUSED,   /* the broker would not have it: nothing comes of it */
        WAIT_OVER,      /* no word came in time; it may be carried out all the same */
    } how;
    struct ident id;
    bool is_repeat;
};

/* One request that has passed the gate. Lives in its request's arena: as long as the exchange. */
struct api_call {
    struct api *api;
    const struct http_request *request;
    struct arena *arena;
    struct http_reply *reply; /* to be filled in; good during the endpoint's call, or finish */
    const struct endpoint *endpoint;
    bool is_head;
    struct token_claims claims; /* empty for ACCESS_OPEN */
    /* The path's variables, decoded, each a possible id; absent where the path has none. */
    struct span app, user, other, id;
    void (*finish)(struct api_call *call, const struct wait_end *end); /* while it waits */
    enum http_when (*named)(struct api_call *call, struct span names); /* while names are asked */
    void *matter;     /* the endpoint's own, for those two; in the arena */
    int64_t until_us; /* all its waits together; 0: it has not waited yet */
};

/* One call: a line in endpoints.c. */
struct endpoint {
    const char *method;
    /* Words and variables: {app}, {user}, {other} (a recipient, a member, who is blocked), {id} (a
     * group, an instance), {file}; {base} in front stands for the settings'. A word wins over a
     * variable. */
    const char *path;
    enum access access;
    enum http_when (*answer)(struct api_call *call);
    const char *summary; /* for people who read the description */
};
extern const struct endpoint ENDPOINTS[];
extern const size_t ENDPOINT_COUNT;

/* path.c: the line for it, with the variables in `call`. NULL: there is none; `*allowed` then
 * names the methods that the path has ("GET, PUT"), "" if it is no path at all. */
const struct endpoint *path_find(struct api *api, struct api_call *call, const char **allowed);

/* gate.c: everything before the endpoint: CORS, limits, the token, whose data it is. */
enum gate { GATE_PASSED, GATE_ANSWERED };
enum gate gate_pass(struct api_call *call);
void gate_open_to_browsers(struct api_call *call); /* the headers of CORS */

/* api.c: what every reply has, also one that is made later; and that it is counted. */
void api_begin_reply(struct api_call *call);
void api_count(struct api *api, unsigned status);

/* ---- reply.c: what replies look like ---- */

/* {"success":true} */
enum http_when reply_success(struct api_call *call, unsigned status);
/* {"success":true,"NAME":json} */
enum http_when reply_with(struct api_call *call, unsigned status, const char *name,
                          struct span json);
/* {"success":true,"result":[…]}, newest first; with cursors (before, after) where a page was asked
 * for. */
struct reply_page {
    const struct span *items; /* JSON */
    size_t count;
    bool is_asked_for;
    struct span before, after; /* what to ask with for older and newer ones; absent: nothing yet */
};
enum http_when reply_page(struct api_call *call, const struct reply_page *page);
/* {"success":false,"err":words,"code":code}; `code` may be NULL */
enum http_when reply_refusal(struct api_call *call, unsigned status, const char *code,
                             const char *words);
/* The same in plain text, as the protocol has it of a missing field. */
enum http_when reply_plain(struct api_call *call, unsigned status, const char *words);
/* 503: the store cannot be read; it is logged. */
enum http_when reply_unavailable(struct api_call *call, const struct why *why);
/* An additional header; both are static or in the call's arena. */
void reply_header(struct api_call *call, const char *name, const char *value);

/* ---- body.c: what the caller wrote ---- */

/* The request's body as a checked JSON object (`{}` where there is none; a form's fields,
 * application/x-www-form-urlencoded, as strings). -1: it was answered (400). */
int body_read(struct api_call *call, struct span *object);
/* A field that is a string and not empty, unquoted; absent otherwise. (A number counts as its
 * digits, as it does for the clients' library.) */
struct span body_text(struct api_call *call, struct span object, const char *name);
/* A field's JSON, absent where it is missing or null. */
struct span body_json(struct span object, const char *name);
/* The query's parameter; absent where it is not there. */
struct span query_text(struct api_call *call, const char *name);
bool query_says(struct api_call *call, const char *name); /* it is there, and not 0 or false */

/* ---- page_query.c: the page that is asked for ---- */

/* Whose messages the page is of, where a message's id is a cursor too. */
struct page_of {
    struct span owner, other;
};
/* limit, before, after; `of` may be NULL. -1: it was answered. */
int page_read(struct api_call *call, const struct page_of *of, struct store_page *page);
int page_read_limit(struct api_call *call, struct store_page *page); /* only the limit */
/* Does the query say anything of a page? Replies have cursors only then. */
bool page_is_asked_for(struct api_call *call);
struct span page_cursor(struct api_call *call, int64_t seq);

/* ---- waiting.c: calls that wait for what becomes of them ---- */

/* Publishes it under a new ticket, and calls `finish` with what became of it: once it is confirmed,
 * or, `until_stored`, once its plan is stored. `key` and `body` are copied; `client_id` absent: the
 * ticket is. Returns what the endpoint returns: HTTP_LATER, or HTTP_NOW with a 503 filled in (or a
 * 400: ids that are too long for a key; or a 413). */
enum http_when wait_for_sent(struct api_call *call, const struct submission *what,
                             bool until_stored,
                             void (*finish)(struct api_call *call, const struct wait_end *end));
/* The same of an order; WAIT_ORDERED or WAIT_OVER. */
enum http_when wait_for_order(struct api_call *call, const struct order *order,
                              void (*finish)(struct api_call *call, const struct wait_end *end));
/* Asks the contact directory for these (CONTACTS_AT_ONCE at most), and then calls `named` with a
 * JSON object of what is known by then; absent: nothing. That takes half of the call's time at
 * most. Returns what the endpoint returns, as `named` does. */
enum http_when wait_for_names(struct api_call *call, const struct span *ids, size_t count,
                              enum http_when (*named)(struct api_call *call, struct span names));
/* What WAIT_REFUSED and WAIT_OVER say (502, 202); false for the others. */
bool wait_failed(struct api_call *call, const struct wait_end *end);
/* The stored plan that `end` names, in an arena of its own (plan_free); NULL: it was answered. */
struct plan *wait_plan(struct api_call *call, const struct wait_end *end);

/* verdict.c: was it refused, by a policy or since it was not understood? */
bool plan_is_refused(const struct plan *plan);
/* Why; its code where nothing else was kept of it (of who is refused again and again). */
struct span plan_reason(const struct plan *plan);
/* {"success":false,"err":…,"code":…,"message_id":…} */
enum http_when reply_refused_plan(struct api_call *call, const struct plan *plan);
/* What became of a change that was waited for; `status` where it was carried out. */
void reply_change(struct api_call *call, const struct wait_end *end, unsigned status);

struct waiters;
struct waiters *waiters_new(struct api *api);
void waiters_free(struct waiters **waiting);
void waiters_turn(struct waiters *waiting);
void waiters_forget(struct waiters *waiting, const struct http_exchange *exchange);
size_t waiters_count(struct waiters *waiting);
uint64_t waiters_over(struct waiters *waiting); /* WAIT_OVER so far */

struct api {
    struct api_settings settings;
    struct api_parts parts;
    struct facts facts; /* the reader's */
    struct buckets *users, *addresses;
    struct waiters *waiting;
    struct api_counts counts; /* under `lock`, as are the next two */
    uint64_t warned_of;       /* so many unauthorized ones the log has told of */
    int64_t warn_again_us;
    pthread_mutex_t lock;
    struct http *http; /* under `lock` */
};

/* ---- the endpoints ---- */

#define ENDPOINT_ANSWER(name) enum http_when name(struct api_call *call)
/* conversations.c */
ENDPOINT_ANSWER(conversations_list);
ENDPOINT_ANSWER(conversations_list_archived);
ENDPOINT_ANSWER(conversations_one);
ENDPOINT_ANSWER(conversations_one_archived);
ENDPOINT_ANSWER(conversations_unread);
ENDPOINT_ANSWER(conversations_archive);
/* messages.c */
ENDPOINT_ANSWER(messages_list);
ENDPOINT_ANSWER(messages_send);
ENDPOINT_ANSWER(messages_send_and_wait);
/* groups.c */
ENDPOINT_ANSWER(groups_create);
ENDPOINT_ANSWER(groups_one);
ENDPOINT_ANSWER(groups_rename);
ENDPOINT_ANSWER(groups_set_attributes);
ENDPOINT_ANSWER(groups_set_members);
ENDPOINT_ANSWER(groups_join);
ENDPOINT_ANSWER(groups_leave);
/* blocks.c */
ENDPOINT_ANSWER(blocks_list);
ENDPOINT_ANSWER(blocks_one);
ENDPOINT_ANSWER(blocks_put);
ENDPOINT_ANSWER(blocks_delete);
/* instances.c */
ENDPOINT_ANSWER(instances_put);
ENDPOINT_ANSWER(instances_delete);
/* data.c */
ENDPOINT_ANSWER(data_export);
ENDPOINT_ANSWER(data_erase);
ENDPOINT_ANSWER(data_erasure);
/* timelines.c */
ENDPOINT_ANSWER(timelines_erase_conversations);
ENDPOINT_ANSWER(timelines_erase_messages);
/* about.c */
ENDPOINT_ANSWER(about_info);
ENDPOINT_ANSWER(about_verify);
ENDPOINT_ANSWER(about_description);
ENDPOINT_ANSWER(about_page);

#endif
