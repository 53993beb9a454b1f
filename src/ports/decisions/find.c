/* Reading the log back, while it may be written: a file that is renamed meanwhile is known again by
 * its number, and one that is gone is passed over. */
#include "ports/decisions.h"

#include "ports/decisions/files.h"
#include "words/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
    struct span wanted;
    bool (*each)(void *self, struct span line);
    void *self;
    bool is_over;
    dev_t device; /* of the file that was read last */
    ino_t number;
};

/* The newest line is the last one. What has no newline yet is no line. */
static void search_text(struct search *search, struct span text) {
    const char *end = text.size ? memrchr(text.at, '\n', text.size) : NULL;
    while (end && !search->is_over) {
        size_t before = (size_t)(end - text.at);
        const char *previous = memrchr(text.at, '\n', before);
        const char *from = previous ? previous + 1 : text.at;
        struct span line = {from, (size_t)(end - from)};
        if (span_has(line, search->wanted))
            search->is_over = !search->each(search->self, line);
        end = previous;
    }
}

/* Reads what is there now; not mapped, since whoever writes may cut it. */
static int search_open(struct search *search, int file, struct why *why) {
    struct stat about;
    if (fstat(file, &about) != 0)
        return why_say(why, "the decision log: %s", strerror(errno));
    if (about.st_dev == search->device && about.st_ino == search->number)
        return 0;
    search->device = about.st_dev;
    search->number = about.st_ino;
    size_t size = 0, room = (size_t)about.st_size;
    char *bytes = must_alloc(room + 1);
    ssize_t got = 1;
    while (size < room && (got = pread(file, bytes + size, room - size, (off_t)size)) > 0)
        size += (size_t)got;
    if (got >= 0)
        search_text(search, (struct span){bytes, size});
    int rc = got < 0 ? why_say(why, "the decision log: %s", strerror(errno)) : 0;
    free(bytes);
    return rc;
}

static int search_file(struct search *search, const char *folder, unsigned index, struct why *why) {
    char path[4096];
    if (!files_path(folder, index, path))
        return why_say(why, "%s: the path is too long", folder);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? 0 : why_say(why, "%s: %s", path, strerror(errno));
    int rc = search_open(search, file, why);
    close(file);
    return rc;
}

int decisions_find(const char *folder, struct span wanted,
                   bool (*each)(void *self, struct span line), void *self, struct why *why) {
    struct search search = {.wanted = wanted, .each = each, .self = self};
    int rc = 0;
    for (unsigned i = 0; i < DECISIONS_FILES_MAX && rc == 0 && !search.is_over; i++)
        rc = search_file(&search, folder, i, why);
    return rc;
}
