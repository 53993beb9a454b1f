/* words: what the files of the scripts' language share. `say_…` are the words, one function each:
 * 0, or -1 with the reason why what the script says is not so. */
#ifndef CHAT21D_SCRIPT_WORDS_H
#define CHAT21D_SCRIPT_WORDS_H

#include "world.h"

#include "words/arena.h"
#include "words/why.h"

#include <stdio.h>

struct script {
    struct world *world;
    struct arena *arena;
    FILE *file;
    int line;
    char *at;           /* what is left of the current line */
    struct span app;    /* whose timelines and conversations are looked at */
    bool is_everywhere; /* said so: it is played with a mishap at every place */
    long chances;       /* … and so often by chance */
    enum mishap mishap; /* this time */
    long mishap_at;
    bool is_past; /* the script ended before it came */
};

/* The next word of the line, its rest, its next number. */
struct span script_word(struct script *script);
struct span script_rest(struct script *script);
long script_number_of(struct span text);
long script_number(struct script *script);

/* Each member of `wanted` must be in `found` with the same bytes; null: must not be there. */
int words_compare(struct script *script, struct span wanted, struct span found, struct why *why);

/* The text that was published, as JSON. */
struct span words_text_of(const struct sent *sent);

int say_arrive(struct script *script, struct why *why);
int say_waits(struct script *script, struct why *why);
int say_many_wait(struct script *script, struct why *why);
int say_arrives_many(struct script *script, struct why *why);
int say_poison(struct script *script, struct why *why);
int say_marker(struct script *script, struct why *why);
int say_out(struct script *script, struct why *why);
int say_body(struct script *script, struct why *why);
int say_dead(struct script *script, struct why *why);
int say_nothing(struct script *script, struct why *why);
int say_everywhere(struct script *script, struct why *why);
int say_by_chance(struct script *script, struct why *why);
int say_order(struct script *script, struct why *why);
int say_skip(struct script *script, struct why *why);
int say_distinct(struct script *script, struct why *why);
int say_app(struct script *script, struct why *why);
int say_entry(struct script *script, struct why *why);
int say_conversation(struct script *script, struct why *why);
int say_history(struct script *script, struct why *why);
int say_newest(struct script *script, struct why *why);
int say_counts(struct script *script, struct why *why);
int say_turn(struct script *script, struct why *why);
int say_settled(struct script *script, struct why *why);
int say_paused(struct script *script, struct why *why);
int say_runs_on(struct script *script, struct why *why);
int say_empty(struct script *script, struct why *why);
int say_set(struct script *script, struct why *why);
int say_run(struct script *script, struct why *why);
int say_kill(struct script *script, struct why *why);
int say_die_after(struct script *script, struct why *why);
int say_dead_server(struct script *script, struct why *why);
int say_shares(struct script *script, struct why *why);
int say_acks(struct script *script, struct why *why);
int say_acknowledged(struct script *script, struct why *why);
int say_others_take(struct script *script, struct why *why);
int say_all_came(struct script *script, struct why *why);
int say_suspect_shared(struct script *script, struct why *why);
int say_confirms(struct script *script, struct why *why);
int say_broker(struct script *script, struct why *why);
int say_store(struct script *script, struct why *why);
int say_facts(struct script *script, struct why *why);
int say_advance(struct script *script, struct why *why);
int say_suspect(struct script *script, struct why *why);
int say_suspect_drained(struct script *script, struct why *why);
int say_suspects(struct script *script, struct why *why);
int say_file(struct script *script, struct why *why);
int say_no_file(struct script *script, struct why *why);
int say_erase(struct script *script, struct why *why);
int say_erased(struct script *script, struct why *why);
int say_revoke(struct script *script, struct why *why);
int say_restore(struct script *script, struct why *why);
int say_release(struct script *script, struct why *why);
int say_discard(struct script *script, struct why *why);
int say_waiting(struct script *script, struct why *why);
int say_kept(struct script *script, struct why *why);
int say_decision(struct script *script, struct why *why);
int say_decision_has(struct script *script, struct why *why);
int say_decisions(struct script *script, struct why *why);
int say_told(struct script *script, struct why *why);
int say_answered(struct script *script, struct why *why);
int say_tells(struct script *script, struct why *why);
int say_post(struct script *script, struct why *why);
int say_tried(struct script *script, struct why *why);
int say_posts_stored(struct script *script, struct why *why);
int say_reload(struct script *script, struct why *why);

#endif
