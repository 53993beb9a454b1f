/* store: what must survive: plans, timelines, conversations, groups, blocks, kept keys, the
 * stream's offset. The only module that includes sqlite3.h, and the one place where SQL stands.
 *
 * A body is kept once per message (in the plan's row); a timeline row is thin (conversation,
 * receive sequence, status). Order and cursors go by the receive sequence `seq`, never by a
 * client's clock. WAL; every commit is synced (synchronous=FULL) unless the settings say otherwise.
 * Files are 0600.
 *
 * A handle has one owner at a time. `store` writes; `store_reader` is read-only and sees what was
 * committed when each call began. */
#ifndef CHAT21D_STORE_H
#define CHAT21D_STORE_H

#include "meaning/facts.h"
#include "meaning/imported.h"
#include "meaning/order.h"
#include "meaning/plan.h"
#include "ports/outbox.h"
#include "words/text.h"
#include "words/why.h"

struct store;
struct store_reader;

/* Opens or makes the database `folder`/chat21d.db (the folder must be there) and brings its schema
 * up to date; refuses one made by a newer version, and a file that is not ours. NULL: `why`. */
struct store *store_open(const char *folder, bool sync_every_commit, struct why *why);
void store_close(struct store **store);

/* Would store_open bring its schema up to date first? A reader refuses it until then. */
bool store_is_older(const char *folder);

/* Where the stream stood. */
struct store_mark {
    uint64_t incarnation; /* 0: none yet */
    bool has_offset;
    uint64_t offset; /* the last one that was stored */
    uint64_t digest;
    bool drained;          /* an earlier server's queues were taken over to their end */
    uint64_t drained_next; /* origin.offset of the next message of a queue; starts at random */
};
int store_mark(struct store *store, struct store_mark *out, struct why *why);
/* A new incarnation: offsets start again. */
int store_set_incarnation(struct store *store, uint64_t incarnation, struct why *why);
/* A new incarnation of a stream of which all up to `passed->offset` was taken before: as if that
 * had been stored under `passed->incarnation`. One statement: no crash leaves the one without the
 * other. */
int store_set_position(struct store *store, const struct origin *passed, struct why *why);
/* Is a message of the stream with this digest stored as that offset's, under whatever incarnation?
 * (A stream that was cut goes on under another one; what it held before stays under the old.) */
int store_knows(struct store *store, uint64_t offset, uint64_t digest, bool *is_known,
                struct why *why);
int store_set_drained(struct store *store, bool is_drained, struct why *why);
/* The digests of the newest drained messages that are stored, at most `limit`, oldest first. Memory
 * from the arena. */
int store_drained_recent(struct store *store, struct arena *arena, size_t limit, uint64_t **digests,
                         size_t *count, struct why *why);

/* The patterns bound last, so that those no longer wanted can be unbound. Strings in the arena. */
int store_bindings(struct store *store, struct arena *arena, struct span **patterns, size_t *count,
                   struct why *why);
int store_set_bindings(struct store *store, const struct span *patterns, size_t count,
                       struct why *why);

/* Commits plans in one transaction, in order: each gets its `seq`, its copies go to the timelines
 * and conversations, its effects and kv changes are applied, its letters kept for publishing; its
 * children follow it with the next seqs, all or none of the family; the stream's mark
 * moves to `passed` (offsets that were taken, markers and poison included) and `confirmed_seq` is
 * noted; letters up to it are deleted, a bounded number at a time. Without plans it is a small
 * transaction, and none at all where there is nothing new (an idle tick).
 *
 * A plan that already has a `seq` is stored: it is passed over. So a batch may go in again as it
 * is. A plan whose data will not go in is marked `is_bad`, with seq 0; it is left out, and so is
 * all that comes after it in the batch (seq 0, not bad), so that seqs rise in order of arrival. Put
 * something in its place (with the same origin and id) and submit the batch again; until then
 * the mark stays before it, whatever `passed` says, so that a crash does not lose it. Of a plan
 * whose origin and child are stored already (a bug of ours, or a stream read again) nothing is
 * stored: it is marked `is_bad` with the seq of the stored one, whose decision stands; drop it.
 * Both are logged as errors. A plan's `id` must be ident_make of its origin, with whatever child:
 * else it is bad. A family counts as one plan here: `is_bad` stands at the parent, whichever of
 * them is at fault, and of none of them anything is stored.
 *
 * -1: the store itself failed; the transaction was rolled back, no plan was changed; try again. */
struct store_batch {
    struct plan **plans;
    size_t count;
    bool has_passed;       /* false: only drained messages, or none */
    struct origin passed;  /* the newest of the stream's offsets taken with this batch */
    int64_t confirmed_seq; /* everything up to it went out and was confirmed; 0: nothing new */
    const struct outbox_change *changes; /* in order; of ids that are not there nothing becomes */
    size_t change_count;
    const struct order *orders; /* in order; one whose data will not go in is passed over */
    size_t order_count;
    int64_t now_ms; /* wall clock: what is over by now is swept, a bounded number at a time */
    int64_t presence_age_ms; /* a client silent for so long is gone (its last will was lost) */
    bool erases;             /* a chunk of what is to be erased goes with it */
};
int store_commit(struct store *store, struct store_batch *batch, struct why *why);

/* ---- erasures ---- */

/* An erasure is begun by an order (meaning/order.h) and is about what is stored by then. It goes on
 * a chunk at a time, each of about 2 ms, with commits that say `erases`; after a crash where it
 * was. What a chunk took out is gone for every reader from its commit on: they pass over entries
 * whose message is gone, and over copies whose conversation is.
 *
 * Of a user: its timelines and conversations; what it wrote, out of everybody's timelines (a
 * conversation's last message is the one before then); what of it waits; whom it blocked; its
 * devices, its presence, the names it gave to messages; events about it that webhooks wait for. Not
 * what others wrote to it or about it, nor their blocks of it, nor groups' lists of members, nor
 * keys of policies; a revocation guards on. Of a group: its messages, everywhere; or its
 * conversations, out of everybody's lists. Of each message its place in the stream and its digest
 * stay, so that it is known there (store_knows). */

/* Is there more to do in the store? Not to be asked while a commit is under way. */
bool store_erases(const struct store *store);

struct store_erasure {
    int64_t id; /* 0: there is none */
    struct span app, target;
    int64_t newest_seq;
    /* Taken out so far; others: records, blocks, devices, events … */
    int64_t messages, entries, conversations, others, log_lines, letters;
    int64_t begun_ms, stored_ms, log_ms, dead_ms; /* done here, there; 0: not yet */
};
/* The newest of a user, or of a group, in the reader's store. */
struct store_reader;
int store_erasure(struct store_reader *reader, struct arena *arena, enum order_kind kind,
                  struct span app, struct span target, struct store_erasure *out, struct why *why);
/* The oldest that is done in the store, and not yet elsewhere. */
int store_erasure_elsewhere(struct store_reader *reader, struct arena *arena,
                            struct store_erasure *out, struct why *why);

/* ---- what senders call their messages ---- */

/* A plan's client_id is kept with its app and sender for STORE_SENT_AGE_MS, where it is not known
 * yet; of STORE_SENT_MAX in all (some 250 MB) the oldest go before that. A plan that takes the
 * place of one that waited has the same id, and its row stays. */
#define STORE_SENT_AGE_MS (INT64_C(24) * 3600 * 1000)
enum { STORE_SENT_MAX = 1000000 };
/* Has the next commit something to sweep there? */
bool store_sent_is_over(const struct store *store, int64_t now_ms);

/* ---- plans that wait: deferred, and in quarantine ---- */

/* A plan that waits is an ordinary plan row (outcome, policy, code, reason, the body as it came
 * stamped, no copies) and a row of `waiting` (due, place, times, next_child). The plan with
 * `replaces_seq` takes its place: the old plan row and its waiting row go in the same transaction,
 * and the new one must have the same origin (digest too), child and id. If it waits again it keeps
 * the place of the old one, whatever its own `wait.place` says. A plan whose `replaces_seq` no
 * longer waits (it was released and deleted at the same time) is bad with the seq of the one that
 * stands. Letters of the old one that were not confirmed go over to the new one. The mark of the
 * stream does not move with a plan that replaces one. */

/* What waits, for bounds and for whoever has to look for it at all. Kept in memory; as of the last
 * commit, so not to be asked while one is under way. */
struct store_waiting_counts {
    uint64_t deferred, quarantined;
    uint64_t bytes;      /* of their bodies */
    int64_t next_due_ms; /* when store_due will find something; INT64_MAX: never */
};
struct store_waiting_counts store_waiting_counts(const struct store *store);

/* The deferred plans that are due and may go: for each (app, sender, recipient) the one with the
 * lowest place, and only where no earlier one of theirs is not due yet. At most `limit`, the
 * longest due first. Of one message's family one at a time (its children are numbered behind all
 * that are stored: `wait.next_child`), so store what became of these before asking again. Each
 * comes in an arena of its own with seq, wait and all that was stored. */
int store_due(struct store *store, int64_t now_ms, struct plan **plans, size_t limit, size_t *count,
              struct why *why);

/* The plan that waits under this id, in an arena of its own; `*plan` is NULL where none does. */
int store_waiting_plan(struct store *store, const struct ident *id, struct plan **plan,
                       struct why *why);

/* ---- what policies remember (ctx.kv) ---- */

/* Every key that is not over at `now_ms`, the longest unchanged first; those that are over are
 * deleted. The spans are good within the call. (Later ones that are over go a few at a time, with
 * commits that change keys, by the plans' `received_ms`.) */
int store_kv_each(struct store *store, int64_t now_ms,
                  void (*each)(void *self, const struct kv_change *stored), void *self,
                  struct why *why);

/* The plans above the confirmed mark, in order, at most `limit`, from `after_seq` on: what to
 * publish again. Each plan comes in an arena of its own; the caller frees them. All is as it was,
 * but for the effects: those were applied, and are not kept. On -1 there is nothing to free. */
int store_unconfirmed(struct store *store, int64_t after_seq, struct plan **plans, size_t limit,
                      size_t *count, struct why *why);

/* The newest seq given so far, and the confirmed mark. */
int store_progress(struct store *store, int64_t *newest_seq, int64_t *confirmed_seq,
                   struct why *why);

/* ---- what another server's database held (chat21d import) ---- */

/* Imported messages stand before all of this server's own, whenever they are imported: their seqs
 * are below 0, in the order they come. What is there already stays as it is. */

/* How far a file was read: `file` is what it is known by. */
struct store_import_place {
    int64_t position; /* bytes */
    int64_t lines, documents;
};
int store_import_place(struct store *store, struct span file, struct store_import_place *place,
                       struct why *why);

/* What became of a document. */
enum store_imported {
    IMPORTED_NEW,     /* a message, with its first entry; a conversation, a group, an instance */
    IMPORTED_ENTRY,   /* one more entry of a message that was there */
    IMPORTED_KNOWN,   /* it is all there already, or something newer is */
    IMPORTED_REPLACED /* a group */
};

/* Between begin and end is one transaction; end notes the place in it. After a -1 it is rolled
 * back, and can be begun again. */
int store_import_begin(struct store *store, struct why *why);
int store_import_entry(struct store *store, const struct imported_entry *entry,
                       enum store_imported *done, struct why *why);
int store_import_conversation(struct store *store, const struct imported_conversation *conversation,
                              enum store_imported *done, struct why *why);
/* `replaces`: also where the stored one is not known to be older. */
int store_import_group(struct store *store, const struct imported_group *group, bool replaces,
                       enum store_imported *done, struct why *why);
int store_import_instance(struct store *store, const struct imported_instance *instance,
                          enum store_imported *done, struct why *why);
int store_import_end(struct store *store, struct span file, const struct store_import_place *place,
                     struct why *why);

/* A read-only connection to the same database; it must exist. NULL: `why`. */
struct store_reader *store_reader_open(const char *folder, struct why *why);
void store_reader_close(struct store_reader **reader);

/* Facts from the reader. A failed read is FACT_UNAVAILABLE and logged. */
struct facts store_reader_facts(struct store_reader *reader);

/* What store_mark and store_kv_each say; nothing is swept away. */
int store_reader_mark(struct store_reader *reader, struct store_mark *out, struct why *why);
int store_reader_kv_each(struct store_reader *reader, int64_t now_ms,
                         void (*each)(void *self, const struct kv_change *stored), void *self,
                         struct why *why);

/* The plan of that id as it is stored, copies and letters included, in an arena of its own;
 * `*plan` is NULL where there is none. Its children come with it. */
int store_reader_plan(struct store_reader *reader, const struct ident *id, struct plan **plan,
                      struct why *why);

/* Which id this server has given the message that came with somebody else's, in whatever app;
 * `*is_known` false: none did. */
int store_reader_own_id(struct store_reader *reader, struct span foreign_id, struct ident *id,
                        bool *is_known, struct why *why);

/* The quarantine (or the deferred), newest first, below `before_seq` (0: from the newest), at most
 * `limit`; each in an arena of its own, without its children. */
int store_reader_waiting(struct store_reader *reader, enum plan_outcome outcome, int64_t before_seq,
                         struct plan **plans, size_t limit, size_t *count, struct why *why);

/* One entry of a timeline: the message with its status, timelineOf and conversWith, as JSON. */
struct store_entry {
    int64_t seq;
    struct span message_id;
    struct span json;
};
enum { STORE_HISTORY_MAX = 10000 };
/* The newest `limit` entries of `owner` (with `other`, where not absent), newest first, below
 * `before_seq` (0: from the newest). `limit` is at most STORE_HISTORY_MAX. Memory from the arena.
 */
int store_history(struct store_reader *reader, struct arena *arena, struct span app,
                  struct span owner, struct span other, int64_t before_seq, size_t limit,
                  struct store_entry **entries, size_t *count, struct why *why);
/* How many entries there are in all. */
int store_history_count(struct store_reader *reader, struct span app, struct span owner,
                        struct span other, int64_t *count, struct why *why);

/* ---- pages: some of a list, and where to go on ---- */

/* Newest first, by receive sequence: `limit` of those below `before`, the newest of them; or, with
 * `after`, of those above it, the oldest of them (so that who goes on from a page misses none). A
 * cursor stays right whatever comes or goes. A page ends sooner, though there are more, behind the
 * first that brings it to STORE_PAGE_BYTES. */
struct store_page {
    bool has_before, has_after;
    int64_t before, after; /* seqs */
    size_t limit;          /* at most STORE_PAGE_MAX */
};
enum { STORE_PAGE_MAX = 200, STORE_PAGE_BYTES = 2 << 20 };

/* Entries of `owner`'s conversation with `other`. Memory from the arena. */
int store_messages(struct store_reader *reader, struct arena *arena, struct span app,
                   struct span owner, struct span other, const struct store_page *page,
                   struct store_entry **entries, size_t *count, struct why *why);

/* A conversation, as clients get it (protocol, section 2). */
struct store_conversation {
    struct span json;
    bool has_last; /* it has a last message, and `seq` is its: its place in the list */
    int64_t seq;
    /* Messages of others among the newest STORE_UNREAD_MAX since its owner last read it; 0 where
     * that was not asked for. */
    unsigned unread;
};
enum { STORE_UNREAD_MAX = 100 };
/* The conversations of `owner`, archived or not, by their last messages; those that show nothing
 * are left out, those without a message come last, and only on a page without cursors. */
int store_conversations(struct store_reader *reader, struct arena *arena, struct span app,
                        struct span owner, bool archived, const struct store_page *page,
                        bool counts_unread, struct store_conversation **list, size_t *count,
                        struct why *why);

/* How many of `owner`'s conversations, archived ones left out, are unread, and how many messages in
 * them (of each as above); the newest STORE_PAGE_MAX that are new are looked at. */
struct store_unread {
    unsigned conversations, messages;
    bool is_capped; /* there are more than is said */
};
int store_unread(struct store_reader *reader, struct span app, struct span owner,
                 struct store_unread *out, struct why *why);

/* ---- everything of one user ---- */

/* A line of JSON each, with a `kind` (the manual says which there are), in the order of export.c:
 * piece by piece, some hundred rows or 128 KB (and the last row) in each, so that nobody waits for
 * it and nothing is held between them: what comes or goes meanwhile may be in it or not. A piece in
 * which nothing was found is an empty line. */
struct store_export;
struct store_export *store_export_new(struct span app, struct span user);
void store_export_free(struct store_export **export);
/* Adds the next piece to `out`. `*is_over`: that was the last. -1: it cannot be read. */
int store_export_more(struct store_reader *reader, struct store_export *export, struct text *out,
                      bool *is_over, struct why *why);

/* Of how many users tokens are revoked now. */
int store_revoked(struct store_reader *reader, int64_t now_ms, int64_t *count, struct why *why);

/* How many devices a user has, but for that of the id `but`; at most `limit` are counted. */
int store_instances(struct store_reader *reader, struct span app, struct span user, struct span but,
                    size_t limit, size_t *count, struct why *why);

/* Whom `by` has blocked, in the order of their ids, from behind `after` (absent: the first), at
 * most `limit`. Memory from the arena. */
int store_blocks(struct store_reader *reader, struct arena *arena, struct span app, struct span by,
                 struct span after, size_t limit, struct span **list, size_t *count,
                 struct why *why);

#endif
