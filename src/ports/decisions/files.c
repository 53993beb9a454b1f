#include "ports/decisions/files.h"

#include "ports/decisions.h"
#include "words/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

bool files_path(const char *folder, unsigned index, char out[PATH_SIZE]) {
    int size = index ? snprintf(out, PATH_SIZE, "%s/decisions.%u.log", folder, index)
                     : snprintf(out, PATH_SIZE, "%s/decisions.log", folder);
    return size < PATH_SIZE;
}

static const char *path(const struct files *files, unsigned index, char out[PATH_SIZE]) {
    check(files_path(files->folder, index, out)); /* files_open has asked */
    return out;
}

/* ---- opening ---- */

/* How much of the file is whole lines. */
static int whole_size(int file, size_t size, size_t *whole, struct why *why) {
    char block[4096];
    for (size_t end = size; end;) {
        size_t part = end < sizeof block ? end : sizeof block;
        ssize_t got = pread(file, block, part, (off_t)(end - part));
        if (got != (ssize_t)part)
            return why_say(why, "decisions.log: %s", got < 0 ? strerror(errno) : "it shrinks");
        const char *newline = memrchr(block, '\n', part);
        end -= part;
        if (newline) {
            *whole = end + (size_t)(newline - block) + 1;
            return 0;
        }
    }
    *whole = 0;
    return 0;
}

static int look_at(struct files *files, int file, struct why *why) {
    struct stat about;
    size_t whole = 0;
    if (fstat(file, &about) != 0)
        return why_say(why, "decisions.log: %s", strerror(errno));
    if (!S_ISREG(about.st_mode))
        return why_say(why, "decisions.log: not a file");
    if (whole_size(file, (size_t)about.st_size, &whole, why) != 0)
        return -1;
    if (whole != (size_t)about.st_size && ftruncate(file, (off_t)whole) != 0)
        return why_say(why, "decisions.log: %s", strerror(errno));
    files->size = whole;
    return 0;
}

/* O_NONBLOCK: somebody's pipe of that name would hold us up. */
static int open_newest(struct files *files, struct why *why) {
    char name[PATH_SIZE];
    int file =
        open(path(files, 0, name),
             O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (file < 0)
        return why_say(why, "%s: %s", name, strerror(errno));
    if (look_at(files, file, why) != 0) {
        close(file);
        return -1;
    }
    files->file = file;
    return 0;
}

/* There may be more than are wanted now. */
static void remove_beyond(const struct files *files) {
    char name[PATH_SIZE];
    for (unsigned i = files->count; unlink(path(files, i, name)) == 0; i++)
        ;
}

int files_open(struct files *files, struct why *why) {
    char name[PATH_SIZE];
    files->file = -1;
    if (!files_path(files->folder, DECISIONS_FILES_MAX, name))
        return why_say(why, "%s: the path is too long", files->folder);
    if (mkdir(files->folder, 0700) != 0 && errno != EEXIST)
        return why_say(why, "%s: %s", files->folder, strerror(errno));
    if (open_newest(files, why) != 0)
        return -1;
    remove_beyond(files);
    return 0;
}

void files_close(struct files *files) {
    if (files->file >= 0)
        close(files->file);
    files->file = -1;
}

/* ---- writing ---- */

static int rotate(struct files *files, struct why *why) {
    char from[PATH_SIZE], to[PATH_SIZE];
    files_close(files);
    files->rotations++;
    for (unsigned i = files->count - 1; i > 0; i--)
        if (rename(path(files, i - 1, from), path(files, i, to)) != 0 && errno != ENOENT)
            return why_say(why, "%s: %s", from, strerror(errno));
    if (files->count == 1 && unlink(path(files, 0, from)) != 0 && errno != ENOENT)
        return why_say(why, "%s: %s", from, strerror(errno));
    return open_newest(files, why);
}

/* Somebody may have moved it away, or the folder. */
static int reopen_where_gone(struct files *files, struct why *why) {
    struct stat about;
    if (files->file >= 0 && fstat(files->file, &about) == 0 && about.st_nlink > 0)
        return 0;
    files_close(files);
    return files_open(files, why);
}

/* All of it, or nothing. */
static int write_whole(struct files *files, struct span text, struct why *why) {
    size_t done = 0;
    while (done < text.size) {
        ssize_t wrote = write(files->file, text.at + done, text.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            why_say(why, "decisions.log: %s", wrote < 0 ? strerror(errno) : "nothing goes in");
            if (ftruncate(files->file, (off_t)files->size) != 0)
                files_close(files); /* the next opening takes the rest off */
            return -1;
        }
        done += (size_t)wrote;
    }
    files->size += text.size;
    return 0;
}

/* As many whole lines as there is room for. */
static struct span fitting(struct span text, size_t room) {
    if (text.size <= room)
        return text;
    const char *newline = memrchr(text.at, '\n', room);
    return span_cut(text, 0, newline ? (size_t)(newline - text.at) + 1 : 0);
}

static size_t count_lines(struct span text) {
    size_t count = 0;
    for (const char *at = text.at, *end = text.at + text.size;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    return count;
}

static size_t first_line(struct span text) {
    const char *newline = memchr(text.at, '\n', text.size);
    check(newline);
    return (size_t)(newline - text.at) + 1;
}

int files_append(struct files *files, struct span text, size_t *lines, struct why *why) {
    *lines = 0;
    if (reopen_where_gone(files, why) != 0)
        return -1;
    while (text.size) {
        size_t room = files->size < files->file_bytes ? files->file_bytes - files->size : 0;
        struct span part = fitting(text, room);
        if (part.size) {
            if (write_whole(files, part, why) != 0)
                return -1;
            *lines += count_lines(part);
        } else if (first_line(text) > files->file_bytes) {
            part.size = first_line(text); /* it fits nowhere */
        } else if (rotate(files, why) != 0) {
            return -1;
        }
        text = span_cut(text, part.size, text.size);
    }
    return 0;
}
