#include "server/erasing.h"

#include "server/dead_letters.h"
#include "server/worker.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum { AGAIN_US = 30 * 1000 * 1000 };

struct part {
    bool is_begun, is_given; /* given: its order is on its way */
    int64_t again_us;        /* not before, after a failure */
};

struct erasing {
    struct arena *arena; /* of the erasure at hand */
    struct store_erasure at;
    struct part log, letters;
    struct dead_letters *dead;
    uint64_t dropped; /* letters, in tries that were broken off */
};

struct erasing *erasing_new(void) {
    struct erasing *erasing = must_calloc(1, sizeof *erasing);
    erasing->arena = arena_new();
    return erasing;
}

void erasing_free(struct erasing **erasing) {
    if (!*erasing)
        return;
    dead_letters_free(&(*erasing)->dead);
    arena_free(&(*erasing)->arena);
    free(*erasing);
    *erasing = NULL;
}

static void give(struct worker *worker, enum order_kind kind, struct part *part, uint64_t count) {
    uint64_t number;
    struct order order = {.kind = kind,
                          .erasure = worker->erasing->at.id,
                          .count = (int64_t)count,
                          .now_ms = clock_wall_ms(worker->clock)};
    part->is_given = orders_give(worker->orders, &order, &number);
}

static void try_later(const struct worker *worker, struct part *part, const char *what,
                      const struct why *why) {
    char words[512];
    part->is_begun = false;
    part->again_us = clock_steady_us(worker->clock) + AGAIN_US;
    log_line(LOG_WARN, "erasure", "waits_for=%s reason=%s", what,
             log_quote(words, sizeof words, span_of(why->words)));
}

static bool may_begin(const struct worker *worker, const struct part *part) {
    return !part->is_begun && clock_steady_us(worker->clock) >= part->again_us;
}

static void erase_log(struct worker *worker) {
    struct erasing *erasing = worker->erasing;
    struct part *part = &erasing->log;
    uint64_t lines = 0;
    if (part->is_given || erasing->at.log_ms)
        return;
    if (!worker->decisions) {
        give(worker, ORDER_ERASED_LOG, part, 0);
        return;
    }
    if (may_begin(worker, part))
        part->is_begun = decisions_erase(worker->decisions, erasing->at.app, erasing->at.target);
    switch (part->is_begun ? decisions_erasing(worker->decisions, &lines) : DECISIONS_IDLE) {
    case DECISIONS_ERASED:
        give(worker, ORDER_ERASED_LOG, part, lines);
        break;
    case DECISIONS_NOT_ERASED:
        try_later(worker, part, "decisions", &(struct why){"the log says why"});
        break;
    case DECISIONS_IDLE:
        part->is_begun = false;
        break;
    case DECISIONS_ERASING:
        break;
    }
}

/* One at a time looks through the queue, `chat21d dead` too. */
static void erase_letters(struct worker *worker) {
    struct erasing *erasing = worker->erasing;
    struct part *part = &erasing->letters;
    struct why why;
    uint64_t dropped;
    if (part->is_given || erasing->at.dead_ms)
        return;
    if (worker->session.is_open && may_begin(worker, part)) {
        erasing->dead = dead_letters_erase(&worker->broker, erasing->at.app, erasing->at.target);
        part->is_begun = true;
    }
    int over = erasing->dead ? dead_letters_over(erasing->dead, &dropped, &why) : 0;
    if (!over)
        return;
    dead_letters_free(&erasing->dead);
    erasing->dropped += dropped;
    if (over > 0) {
        give(worker, ORDER_ERASED_DEAD, part, erasing->dropped);
        part->is_begun = part->is_given;
    } else {
        try_later(worker, part, "dead_letters", &why);
    }
}

/* Another one, or none; the same again where it is not done. */
static void look(struct worker *worker) {
    struct erasing *erasing = worker->erasing;
    struct arena *arena = arena_new();
    struct store_erasure found;
    struct why why;
    bool is_other = store_erasure_elsewhere(worker->reader, arena, &found, &why) == 0 &&
                    found.id != erasing->at.id;
    if (!is_other) {
        arena_free(&arena);
        return;
    }
    dead_letters_free(&erasing->dead);
    arena_free(&erasing->arena);
    *erasing = (struct erasing){.arena = arena, .at = found};
    if (found.id)
        log_line(LOG_INFO, "erasure", "number=%" PRId64 " state=stored messages=%" PRId64, found.id,
                 found.messages);
}

void erasing_tick(struct worker *worker) {
    look(worker);
    if (!worker->erasing->at.id)
        return;
    erase_log(worker);
    erase_letters(worker);
}
