/* import_file: a file that mongoexport wrote, document by document: one a line, or (--jsonArray) an
 * array of them. In bounded memory, however large the file; from any place that was noted. */
#ifndef CHAT21D_IMPORT_FILE_H
#define CHAT21D_IMPORT_FILE_H

#include "words/arena.h"
#include "words/why.h"

#include <stdint.h>

struct import_file;

/* Opens a regular file. A document over `document_max` bytes is passed over. NULL: `why`. */
struct import_file *import_file_open(const char *path, size_t document_max, struct why *why);
void import_file_close(struct import_file **file);

int64_t import_file_size(const struct import_file *file);
/* What the file is known by: its name, its size, and a digest of its first bytes. */
struct span import_file_key(const struct import_file *file, struct arena *arena);

/* Goes on at a place behind a document; `lines` are those before it. */
int import_file_seek(struct import_file *file, int64_t position, int64_t lines, struct why *why);

struct import_document {
    struct span text; /* good until the next call; absent: it is too long */
    int64_t line;     /* where it begins, from 1 */
};
/* 1: there is one. 0: the end. -1: the file cannot be read, or is no list of documents: `why`. */
int import_file_next(struct import_file *file, struct import_document *document, struct why *why);

/* Behind the last document: bytes, and lines that ended. */
int64_t import_file_position(const struct import_file *file);
int64_t import_file_lines(const struct import_file *file);

#endif
