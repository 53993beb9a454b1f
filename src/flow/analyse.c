/* What analytics are told, where somebody wants to know (protocol, section 6): of what was stored,
 * once, and where the project is known: messages say it themselves (attributes.projectId), a
 * receipt's is that of its message, and a client's that of the last message of its user, else the
 * app's name. */
#include "flow/inside.h"

#include "meaning/analytics.h"
#include "words/check.h"
#include "words/hash.h"

#include <stdlib.h>
#include <sys/random.h>

/* Projects of users who sent something lately: a table of so many places, where a newer user takes
 * another's. A name longer than this is not remembered. */
enum { PLACES = 4096, PROJECT_MAX = 64 };

struct projects {
    struct place {
        uint64_t user; /* a hash of app and user; 0: nobody's */
        unsigned char size;
        char name[PROJECT_MAX];
    } places[PLACES];
};

static uint64_t hash_of(const struct plan *plan) {
    uint64_t hash = hash_add(HASH_START, plan->app);
    return hash_add(hash_add(hash, SPAN("\xff")), plan->sender) | 1;
}

static void remember(struct flow *flow, const struct plan *plan, struct span project) {
    uint64_t user = hash_of(plan);
    if (!flow->projects)
        flow->projects = must_calloc(1, sizeof *flow->projects);
    struct place *place = &flow->projects->places[user % PLACES];
    if (project.size > PROJECT_MAX)
        return;
    place->user = user;
    place->size = (unsigned char)project.size;
    memcpy(place->name, project.at, project.size);
}

static struct span remembered(const struct flow *flow, const struct plan *plan) {
    uint64_t user = hash_of(plan);
    const struct place *place = flow->projects ? &flow->projects->places[user % PLACES] : NULL;
    return place && place->user == user ? (struct span){place->name, place->size} : plan->app;
}

static void tell(struct flow *flow, struct arena *arena, struct analytics_event *event) {
    event->now_ms = clock_wall_ms(flow->parts.clock);
    check(getrandom(event->random, sizeof event->random, 0) == sizeof event->random);
    flow->parts.analytics.tell(flow->parts.analytics.self, analytics_key(event->kind),
                               analytics_write(arena, event));
}

static void tell_of_message(struct flow *flow, struct arena *arena, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    struct span body = message_with_status(arena, plan->body, STATUS_DELIVERED);
    struct span project = json_find_text(arena, body, SPAN("attributes.projectId"));
    if (!project.at)
        return;
    remember(flow, plan, project);
    int64_t sent_ms = parcel->message.timestamp ? parcel->message.timestamp : plan->received_ms;
    int64_t latency_ms = clock_wall_ms(flow->parts.clock) - sent_ms;
    tell(
        flow, arena,
        &(struct analytics_event){.kind = ANALYTICS_DELIVERED,
                                  .project = project,
                                  .app = plan->app,
                                  .message_id = span_of(plan->id.text),
                                  .sender = plan->sender,
                                  .recipient = plan->recipient,
                                  .is_group = plan->is_group,
                                  .latency_ms = latency_ms > 0 ? latency_ms : 0,
                                  .ip = json_find_text(arena, body, SPAN("attributes.ipAddress"))});
}

static void tell_of_receipt(struct flow *flow, struct arena *arena, const struct parcel *parcel) {
    const struct facts *facts = &flow->parts.facts;
    const struct plan *plan = parcel->plan;
    struct fact_message found;
    struct span id = parcel->route.id;
    if (facts->message(facts->self, arena, plan->app, id, true, &found) != FACT_FOUND)
        return;
    struct span body = message_with_status(arena, found.body, STATUS_RECEIVED);
    struct span project = json_find_text(arena, body, SPAN("attributes.projectId"));
    if (project.at)
        tell(flow, arena,
             &(struct analytics_event){.kind = ANALYTICS_RECEIPT,
                                       .project = project,
                                       .message_id = id,
                                       .recipient = plan->sender});
}

static void tell_of_presence(struct flow *flow, struct arena *arena, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    tell(flow, arena,
         &(struct analytics_event){.kind = ANALYTICS_PRESENCE,
                                   .project = remembered(flow, plan),
                                   .app = plan->app,
                                   .user = plan->sender,
                                   .client = parcel->route.id,
                                   .is_online = plan->effects[0].is_connected});
}

void analyse(struct flow *flow, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    struct arena *arena = arena_new();
    if (plan->kind == ROUTE_MESSAGE && plan->outcome == PLAN_DELIVERED)
        tell_of_message(flow, arena, parcel);
    if (plan->kind == ROUTE_RECEIPT && plan->effect_count)
        tell_of_receipt(flow, arena, parcel);
    if (plan->kind == ROUTE_PRESENCE && plan->effect_count)
        tell_of_presence(flow, arena, parcel);
    arena_free(&arena);
}

void analyse_free(struct flow *flow) {
    free(flow->projects);
}
