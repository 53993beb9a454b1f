#include "wordlists.h"

#include "digest.h"
#include "words/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct known {
    uint64_t digest;
    size_t size; /* of the file */
    struct wordlist *list;
};

struct wordlists {
    struct known *items;
    size_t count;
};

struct wordlists *wordlists_new(void) {
    return must_calloc(1, sizeof(struct wordlists));
}

void wordlists_free(struct wordlists **lists) {
    if (!*lists)
        return;
    for (size_t i = 0; i < (*lists)->count; i++)
        wordlist_release(&(*lists)->items[i].list);
    free((*lists)->items);
    free(*lists);
    *lists = NULL;
}

size_t wordlists_count(const struct wordlists *lists) {
    return lists->count;
}

void wordlists_drop_unused(struct wordlists *lists) {
    for (size_t i = lists->count; i > 0; i--) {
        struct known *known = &lists->items[i - 1];
        if (!wordlist_is_last(known->list))
            continue;
        wordlist_release(&known->list);
        *known = lists->items[--lists->count];
    }
}

static int read_whole(int file, size_t size, char *bytes, const char *shown, struct why *why) {
    for (size_t used = 0; used < size;) {
        ssize_t got = read(file, bytes + used, size - used);
        if (got < 0)
            return why_say(why, "%s: %s", shown, strerror(errno));
        if (got == 0)
            return why_say(why, "%s: it became shorter while it was read", shown);
        used += (size_t)got;
    }
    return 0;
}

/* Its bytes, to be freed. */
static char *read_open(int file, size_t *size, const char *shown, struct why *why) {
    struct stat about;
    if (fstat(file, &about) < 0) {
        why_say(why, "%s: %s", shown, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(about.st_mode)) {
        why_say(why, "%s: not a file", shown);
        return NULL;
    }
    if (about.st_size > WORDLIST_BYTES) {
        why_say(why, "%s: %lld bytes, at most %d are taken", shown, (long long)about.st_size,
                WORDLIST_BYTES);
        return NULL;
    }
    *size = (size_t)about.st_size;
    char *bytes = must_alloc(*size + 1);
    if (read_whole(file, *size, bytes, shown, why) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

static char *read_file(const char *path, size_t *size, const char *shown, struct why *why) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        why_say(why, "%s: cannot be read: %s", shown, strerror(errno));
        return NULL;
    }
    char *bytes = read_open(file, size, shown, why);
    close(file);
    return bytes;
}

static struct wordlist *find(const struct wordlists *lists, uint64_t digest, size_t size) {
    for (size_t i = 0; i < lists->count; i++)
        if (lists->items[i].digest == digest && lists->items[i].size == size)
            return wordlist_keep(lists->items[i].list);
    return NULL;
}

static struct wordlist *add(struct wordlists *lists, struct span text, uint64_t digest,
                            const char *shown, struct why *why) {
    struct wordlist *list = wordlist_build(text, shown, why);
    if (!list)
        return NULL;
    lists->items = must_realloc(lists->items, (lists->count + 1) * sizeof *lists->items);
    lists->items[lists->count++] = (struct known){digest, text.size, wordlist_keep(list)};
    return list;
}

struct wordlist *wordlists_load(struct wordlists *lists, const char *path, const char *shown,
                                uint64_t *digest, struct why *why) {
    struct span text = {.size = 0};
    char *bytes = read_file(path, &text.size, shown, why);
    if (!bytes)
        return NULL;
    text.at = bytes;
    *digest = digest_add(0, text);
    struct wordlist *list = find(lists, *digest, text.size);
    wordlists_drop_unused(lists);
    if (!list)
        list = add(lists, text, *digest, shown, why);
    free(bytes);
    return list;
}
