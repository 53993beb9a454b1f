#include "server/import_file.h"

#include "words/check.h"
#include "words/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 4096, CHUNK = 256 * 1024 };

struct import_file {
    int descriptor;
    char *name; /* as it was given */
    int64_t size;
    uint64_t digest;
    bool is_array;
    size_t document_max;
    char *bytes; /* what was read: `at` to `end`; the document begins at `start` */
    size_t room, start, at, end;
    int64_t read; /* where the file is read next */
    int64_t lines;
    /* Within an array's document: */
    unsigned depth;
    bool in_string, is_escaped;
};

static int say_errno(const struct import_file *file, struct why *why) {
    return why_say(why, "%s: %s", file->name, strerror(errno));
}

/* More bytes behind those that are there; what is before `start` makes room. 1: there are some; 0:
 * the end of the file. */
static int fill(struct import_file *file, struct why *why) {
    if (file->start > 0) {
        memmove(file->bytes, file->bytes + file->start, file->end - file->start);
        file->at -= file->start;
        file->end -= file->start;
        file->start = 0;
    }
    if (file->room - file->end < CHUNK) {
        file->room = file->end + (size_t)2 * CHUNK;
        file->bytes = must_realloc(file->bytes, file->room);
    }
    ssize_t got;
    do
        got = pread(file->descriptor, file->bytes + file->end, CHUNK, file->read);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return say_errno(file, why);
    file->end += (size_t)got;
    file->read += got;
    return got > 0;
}

/* ---- opening ---- */

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Digest, a byte order mark, and whether it is an array. */
static int look_at_begin(struct import_file *file, struct why *why) {
    int rc = fill(file, why);
    if (rc < 0)
        return -1;
    size_t size = file->end < FIRST_BYTES ? file->end : FIRST_BYTES, at = 0;
    file->digest = hash_add(HASH_START, (struct span){file->bytes, size});
    if (size >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0)
        file->start = file->at = at = 3;
    while (at < size && is_space(file->bytes[at]))
        at++;
    file->is_array = at < size && file->bytes[at] == '[';
    return 0;
}

static int open_file(struct import_file *file, struct why *why) {
    struct stat found;
    file->descriptor = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->descriptor < 0 || fstat(file->descriptor, &found) < 0)
        return say_errno(file, why);
    if (!S_ISREG(found.st_mode))
        return why_say(why, "%s is no regular file: an import must be able to go on where it was",
                       file->name);
    file->size = found.st_size;
    return look_at_begin(file, why);
}

struct import_file *import_file_open(const char *path, size_t document_max, struct why *why) {
    struct import_file *file = must_calloc(1, sizeof *file);
    file->name = must_strdup(path);
    file->document_max = document_max;
    if (open_file(file, why) < 0)
        import_file_close(&file);
    return file;
}

void import_file_close(struct import_file **file) {
    if (!*file)
        return;
    if ((*file)->descriptor >= 0)
        close((*file)->descriptor);
    free((*file)->bytes);
    free((*file)->name);
    free(*file);
    *file = NULL;
}

int64_t import_file_size(const struct import_file *file) {
    return file->size;
}

struct span import_file_key(const struct import_file *file, struct arena *arena) {
    const char *slash = strrchr(file->name, '/');
    return arena_print(arena, "%s %lld %016llx", slash ? slash + 1 : file->name,
                       (long long)file->size, (unsigned long long)file->digest);
}

int import_file_seek(struct import_file *file, int64_t position, int64_t lines, struct why *why) {
    if (position > file->size)
        return why_say(why, "%s is shorter than what was read of it", file->name);
    file->start = file->at = file->end = 0;
    file->read = position;
    file->lines = lines;
    return 0;
}

int64_t import_file_position(const struct import_file *file) {
    return file->read - (int64_t)(file->end - file->at);
}

int64_t import_file_lines(const struct import_file *file) {
    return file->lines;
}

/* ---- documents ---- */

/* 1: a byte is at `at`. */
static int has_byte(struct import_file *file, struct why *why) {
    return file->at < file->end ? 1 : fill(file, why);
}

static bool is_between(const struct import_file *file, char byte) {
    return is_space(byte) || (file->is_array && (byte == '[' || byte == ',' || byte == ']'));
}

/* To where the next document begins. */
static int skip_between(struct import_file *file, struct why *why) {
    int rc;
    while ((rc = has_byte(file, why)) > 0 && is_between(file, file->bytes[file->at])) {
        file->lines += file->bytes[file->at] == '\n';
        file->at++;
        file->start = file->at;
    }
    return rc;
}

/* Takes a byte of an array's document. True: it was the last one. */
static bool ends_object(struct import_file *file, char byte) {
    if (file->is_escaped)
        file->is_escaped = false;
    else if (file->in_string && byte == '\\')
        file->is_escaped = true;
    else if (byte == '"')
        file->in_string = !file->in_string;
    else if (!file->in_string && (byte == '{' || byte == '['))
        file->depth++;
    else if (!file->in_string && (byte == '}' || byte == ']'))
        return --file->depth == 0;
    return false;
}

/* To behind the document; what is too long is not kept. */
static int skip_document(struct import_file *file, bool *is_too_long, struct why *why) {
    int rc;
    bool is_end = false;
    *is_too_long = false;
    file->depth = 0;
    file->in_string = file->is_escaped = false;
    while (!is_end && (rc = has_byte(file, why)) > 0) {
        char byte = file->bytes[file->at++];
        file->lines += byte == '\n';
        is_end = file->is_array ? ends_object(file, byte) : byte == '\n';
        if (!is_end && file->at - file->start > file->document_max) {
            *is_too_long = true;
            file->start = file->at;
        }
    }
    return is_end ? 0 : rc;
}

int import_file_next(struct import_file *file, struct import_document *document, struct why *why) {
    bool is_too_long;
    int rc = skip_between(file, why);
    file->start = file->at;
    if (rc <= 0)
        return rc;
    if (file->is_array && file->bytes[file->at] != '{')
        return why_say(why,
                       "%s:%lld: a document expected, which is an object; what follows cannot "
                       "be read",
                       file->name, (long long)file->lines + 1);
    document->line = file->lines + 1;
    if (skip_document(file, &is_too_long, why) < 0)
        return -1;
    document->text =
        is_too_long ? SPAN_NONE : (struct span){file->bytes + file->start, file->at - file->start};
    file->start = file->at;
    return 1;
}
