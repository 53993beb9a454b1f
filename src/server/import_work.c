#include "server/import_work.h"

/* What one transaction takes at most. */
enum { BATCH_DOCUMENTS = 2000, BATCH_BYTES = 8 * 1024 * 1024 };

static const char *const NAMES[COLLECTIONS] = {"messages", "conversations", "groups", "instances"};

const char *collection_name(enum collection collection) {
    return NAMES[collection];
}

bool collection_of(const char *name, enum collection *collection) {
    for (size_t i = 0; i < COLLECTIONS; i++)
        if (strcmp(NAMES[i], name) == 0) {
            *collection = (enum collection)i;
            return true;
        }
    return false;
}

/* What became of one document. */
enum outcome { REFUSED, STORED, FAILED };

static enum outcome put_entry(struct import_work *work, struct arena *arena, struct span text,
                              enum store_imported *done, struct why *why) {
    struct imported_entry entry;
    if (imported_entry(arena, text, &entry, why) < 0)
        return REFUSED;
    return !work->store || store_import_entry(work->store, &entry, done, why) == 0 ? STORED
                                                                                   : FAILED;
}

static enum outcome put_conversation(struct import_work *work, struct arena *arena, int64_t line,
                                     struct span text, enum store_imported *done, struct why *why) {
    struct imported_conversation found;
    if (imported_conversation(arena, text, &found, why) < 0)
        return REFUSED;
    if (found.is_cut) {
        work->counts.cut++;
        work->complain(work->self, line,
                       "its fields are too much for a conversation: only its flags are kept");
    }
    return !work->store || store_import_conversation(work->store, &found, done, why) == 0 ? STORED
                                                                                          : FAILED;
}

static enum outcome put_group(struct import_work *work, struct arena *arena, struct span text,
                              enum store_imported *done, struct why *why) {
    struct imported_group group;
    if (imported_group(arena, text, &group, why) < 0)
        return REFUSED;
    return !work->store || store_import_group(work->store, &group, work->replaces, done, why) == 0
               ? STORED
               : FAILED;
}

static enum outcome put_instance(struct import_work *work, struct arena *arena, struct span text,
                                 enum store_imported *done, struct why *why) {
    struct imported_instance instance;
    if (imported_instance(arena, text, &instance, why) < 0)
        return REFUSED;
    return !work->store || store_import_instance(work->store, &instance, done, why) == 0 ? STORED
                                                                                         : FAILED;
}

static enum outcome put(struct import_work *work, struct arena *arena,
                        const struct import_document *document, enum store_imported *done,
                        struct why *why) {
    struct span text = document->text;
    if (!text.at) {
        why_say(why, "it is longer than body_max: raise that for the import");
        return REFUSED;
    }
    switch (work->collection) {
    case COLLECTION_MESSAGES:
        return put_entry(work, arena, text, done, why);
    case COLLECTION_CONVERSATIONS:
        return put_conversation(work, arena, document->line, text, done, why);
    case COLLECTION_GROUPS:
        return put_group(work, arena, text, done, why);
    case COLLECTION_INSTANCES:
        break;
    }
    return put_instance(work, arena, text, done, why);
}

static int take(struct import_work *work, const struct import_document *document, struct why *why) {
    struct arena *arena = arena_new();
    enum store_imported done = IMPORTED_NEW;
    struct why words = {""};
    enum outcome outcome = put(work, arena, document, &done, &words);
    arena_free(&arena);
    if (outcome == FAILED) {
        *why = words;
        return -1;
    }
    work->counts.documents++;
    if (outcome == REFUSED) {
        work->counts.refused++;
        work->complain(work->self, document->line, words.words);
    } else if (work->store) {
        work->counts.done[done]++;
    }
    return 0;
}

/* 1: there may be more; 0: the end. The counts are of what is in the store. */
static int take_batch(struct import_work *work, struct why *why) {
    struct import_document document;
    int64_t from = import_file_position(work->file);
    int rc = work->store ? store_import_begin(work->store, why) : 0;
    int more = 1;
    for (size_t i = 0; rc == 0 && more > 0 && i < BATCH_DOCUMENTS; i++) {
        if (import_file_position(work->file) - from >= BATCH_BYTES)
            break;
        more = import_file_next(work->file, &document, why);
        if (more > 0)
            rc = take(work, &document, why);
    }
    if (rc < 0)
        return -1;
    /* What comes before a place that cannot be read is kept all the same. */
    struct why reason = *why;
    struct store_import_place place = {import_file_position(work->file),
                                       import_file_lines(work->file),
                                       work->documents_before + work->counts.documents};
    if (work->store && store_import_end(work->store, work->key, &place, why) < 0)
        return -1;
    *why = reason;
    return more;
}

int import_resume(struct import_work *work, struct why *why) {
    struct store_import_place place = {.position = 0};
    if (!work->store)
        return 0;
    if (store_import_place(work->store, work->key, &place, why) < 0)
        return -1;
    /* What was read to its end is read again: what was stored since is to be replaced too. */
    if (work->replaces && place.position >= import_file_size(work->file))
        return 0;
    work->documents_before = place.documents;
    return place.position ? import_file_seek(work->file, place.position, place.lines, why) : 0;
}

int import_all(struct import_work *work, struct why *why) {
    int more;
    why->words[0] = '\0';
    do {
        more = take_batch(work, why);
        work->tell(work->self);
    } while (more > 0);
    return more;
}
