#include "ports/decisions/erase.h"

#include "ports/decisions.h"
#include "words/check.h"
#include "words/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLICE = 256 * 1024, ROOM = DECISIONS_QUEUE_BYTES + SLICE, PATH_SIZE = 4096 };

/* ---- which lines ---- */

static bool text_is(struct arena *arena, struct span object, const char *name, struct span wanted) {
    struct json_value value;
    return json_find(object, span_of(name), &value) && value.type == JSON_STRING &&
           span_equal(json_unquote(arena, value.text), wanted);
}

static bool is_id_byte(char byte) {
    return byte != '(' && byte != ')' && byte != ',' && byte != ' ';
}

/* "blocked(ben, ann)": is it one of what stands between the brackets? */
static bool asks_about(struct span question, struct span user) {
    for (size_t at = 0; at + user.size <= question.size; at++) {
        bool begins = at > 0 && !is_id_byte(question.at[at - 1]);
        size_t end = at + user.size;
        if (begins && span_equal(span_cut(question, at, user.size), user) &&
            (end == question.size || !is_id_byte(question.at[end])))
            return true;
    }
    return false;
}

static bool any_is_meant(struct arena *arena, struct span line, const char *list,
                         const char *member, struct span user) {
    struct json_value items, item;
    if (!json_find(line, span_of(list), &items) || items.type != JSON_ARRAY)
        return false;
    for (struct json_walk walk = json_walk(items.text); json_next(&walk);) {
        if (walk.value.type != JSON_OBJECT || !json_find(walk.value.text, span_of(member), &item) ||
            item.type != JSON_STRING)
            continue;
        struct span text = json_unquote(arena, item.text);
        if (span_equal(text, user) || asks_about(text, user))
            return true;
    }
    return false;
}

/* An id stands in a line as JSON writes it. */
static bool may_be_meant(struct arena *arena, struct span line, struct span user) {
    struct span quoted = json_quote(arena, user);
    check(quoted.at && quoted.size >= 2);
    return span_has(line, span_cut(quoted, 1, quoted.size - 2));
}

bool erase_is_meant(struct span line, struct span app, struct span user) {
    struct arena *arena = arena_new();
    enum json_type type;
    bool is_meant =
        may_be_meant(arena, line, user) && json_check(line, &type, NULL) == 0 &&
        type == JSON_OBJECT && text_is(arena, line, "app", app) &&
        (text_is(arena, line, "sender", user) || text_is(arena, line, "recipient", user) ||
         any_is_meant(arena, line, "policies", "owner", user) ||
         any_is_meant(arena, line, "asked", "question", user));
    arena_free(&arena);
    return is_meant;
}

/* ---- file by file ---- */

static const char *beside(const struct files *files, char out[PATH_SIZE]) {
    check(snprintf(out, PATH_SIZE, "%s/decisions.anew", files->folder) < PATH_SIZE);
    return out;
}

static const char *path_of(const struct files *files, unsigned index, char out[PATH_SIZE]) {
    check(files_path(files->folder, index, out)); /* files_open has asked */
    return out;
}

static void leave_file(struct eraser *eraser) {
    char path[PATH_SIZE];
    if (eraser->from >= 0)
        close(eraser->from);
    if (eraser->to >= 0) {
        close(eraser->to);
        unlink(beside(eraser->files, path));
    }
    eraser->from = eraser->to = -1;
    eraser->size = 0;
}

static void next_file(struct eraser *eraser) {
    eraser->is_over = eraser->index == 0;
    eraser->index -= eraser->index > 0;
}

void eraser_begin(struct eraser *eraser, struct files *files, const char *app, const char *user) {
    *eraser = (struct eraser){.app = must_strdup(app),
                              .user = must_strdup(user),
                              .files = files,
                              .index = files->count - 1,
                              .from = -1,
                              .to = -1,
                              .rotations = files->rotations,
                              .bytes = must_alloc(ROOM)};
}

void eraser_end(struct eraser *eraser) {
    leave_file(eraser);
    free(eraser->app);
    free(eraser->user);
    free(eraser->bytes);
    *eraser = (struct eraser){.from = -1, .to = -1};
}

static int say(struct why *why) {
    return why_say(why, "taking lines out of the decision log: %s", strerror(errno));
}

static int open_file(struct eraser *eraser, struct why *why) {
    char path[PATH_SIZE];
    eraser->of_file = 0;
    eraser->from = open(path_of(eraser->files, eraser->index, path),
                        O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (eraser->from < 0 && errno == ENOENT) {
        next_file(eraser);
        return 0;
    }
    if (eraser->from >= 0)
        eraser->to = open(beside(eraser->files, path),
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return eraser->to < 0 ? say(why) : 0;
}

static int write_all(int file, struct span text, struct why *why) {
    while (text.size) {
        ssize_t wrote = write(file, text.at, text.size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return say(why);
        text = span_cut(text, (size_t)wrote, text.size);
    }
    return 0;
}

/* Writes the whole lines that stay; what has no end yet waits for it. */
static int sift(struct eraser *eraser, struct why *why) {
    const struct span app = span_of(eraser->app), user = span_of(eraser->user);
    size_t kept = 0, at = 0;
    const char *newline;
    while ((newline = memchr(eraser->bytes + at, '\n', eraser->size - at))) {
        size_t size = (size_t)(newline - (eraser->bytes + at)) + 1;
        if (erase_is_meant((struct span){eraser->bytes + at, size - 1}, app, user)) {
            eraser->of_file++;
        } else {
            memmove(eraser->bytes + kept, eraser->bytes + at, size);
            kept += size;
        }
        at += size;
    }
    if (write_all(eraser->to, (struct span){eraser->bytes, kept}, why) != 0)
        return -1;
    memmove(eraser->bytes, eraser->bytes + at, eraser->size - at);
    eraser->size -= at;
    return 0;
}

static int sync_folder(const struct files *files, struct why *why) {
    int folder = open(files->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = folder < 0 || fsync(folder) != 0 ? say(why) : 0;
    if (folder >= 0)
        close(folder);
    return rc;
}

/* The new one takes the old one's place. The newest is opened again when the next line comes. */
static int replace(struct eraser *eraser, struct why *why) {
    char from[PATH_SIZE], to[PATH_SIZE];
    if (write_all(eraser->to, (struct span){eraser->bytes, eraser->size}, why) != 0)
        return -1;
    if (fsync(eraser->to) != 0 ||
        rename(beside(eraser->files, from), path_of(eraser->files, eraser->index, to)) != 0)
        return say(why);
    if (eraser->index == 0)
        files_close(eraser->files);
    return sync_folder(eraser->files, why);
}

static int finish_file(struct eraser *eraser, struct why *why) {
    if (eraser->of_file && replace(eraser, why) != 0)
        return -1;
    eraser->lines += eraser->of_file;
    leave_file(eraser);
    next_file(eraser);
    return 0;
}

/* Files that are not done yet are numbered below the one at hand, before and after. */
static void follow(struct eraser *eraser) {
    uint64_t moved = eraser->files->rotations - eraser->rotations;
    unsigned last = eraser->files->count - 1;
    eraser->rotations = eraser->files->rotations;
    if (!moved)
        return;
    if (moved > last - eraser->index)
        leave_file(eraser); /* it is gone */
    eraser->index = moved > last - eraser->index ? last : eraser->index + (unsigned)moved;
}

int eraser_move(struct eraser *eraser, struct why *why) {
    follow(eraser);
    if (eraser->from < 0)
        return open_file(eraser, why);
    check(eraser->size + SLICE <= ROOM);
    ssize_t got = read(eraser->from, eraser->bytes + eraser->size, SLICE);
    if (got < 0)
        return errno == EINTR ? 0 : say(why);
    eraser->size += (size_t)got;
    if (got == 0)
        return finish_file(eraser, why);
    if (sift(eraser, why) != 0)
        return -1;
    if (eraser->size + SLICE > ROOM) /* no line of ours is so long */
        return why_say(why, "taking lines out of the decision log: a line has no end");
    return 0;
}
