/* import_work: documents of an export into the store, a batch in each transaction, with the place
 * in the file beside them: what is interrupted goes on behind the last batch. */
#ifndef CHAT21D_IMPORT_WORK_H
#define CHAT21D_IMPORT_WORK_H

#include "ports/store.h"
#include "server/import_file.h"

enum collection {
    COLLECTION_MESSAGES,
    COLLECTION_CONVERSATIONS,
    COLLECTION_GROUPS,
    COLLECTION_INSTANCES
};
enum { COLLECTIONS = 4 };

const char *collection_name(enum collection collection);
/* False: it is none. */
bool collection_of(const char *name, enum collection *collection);

struct import_counts {
    int64_t documents; /* read now */
    int64_t refused;   /* of these */
    int64_t cut;       /* conversations whose fields were too much */
    int64_t done[4];   /* by enum store_imported; none in a dry run */
};

struct import_work {
    enum collection collection;
    struct store *store; /* NULL: a dry run */
    struct import_file *file;
    struct span key; /* of the file */
    bool replaces;
    struct import_counts counts;
    int64_t documents_before; /* of earlier runs */
    /* Of a document that was refused, or cut. */
    void (*complain)(void *self, int64_t line, const char *words);
    /* After each batch. */
    void (*tell)(void *self);
    void *self;
};

/* Goes to where an earlier run left off. */
int import_resume(struct import_work *work, struct why *why);
/* To the end of the file. -1: `why`; what was committed stays, and the next run goes on there. */
int import_all(struct import_work *work, struct why *why);

#endif
