#include "server/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* No policy and no word list that loads is larger. */
enum { FILE_MAX = 64 * 1024 * 1024 };

const char *kept_folder(struct arena *arena, const char *data) {
    return arena_print(arena, "%s/policies.kept", data).at;
}

static int open_folder(int at, const char *name) {
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Calls `each` for the folder's entries but those that begin with a dot. */
static int each_file(int folder, int (*each)(int folder, int to, const char *name, struct why *why),
                     int to, struct why *why) {
    DIR *listing = fdopendir(dup(folder));
    int rc = 0;
    if (!listing)
        return why_say(why, "a folder of policies: %s", strerror(errno));
    rewinddir(listing);
    for (struct dirent *entry; rc == 0 && (entry = readdir(listing));)
        if (entry->d_name[0] != '.')
            rc = each(folder, to, entry->d_name, why);
    closedir(listing);
    return rc;
}

/* ---- removing what was made here ---- */

static int remove_file(int folder, int to, const char *name, struct why *why) {
    (void)to;
    (void)why;
    unlinkat(folder, name, 0);
    return 0;
}

static void remove_folder(int at, const char *name) {
    int folder = open_folder(at, name);
    if (folder < 0)
        return;
    int lists = open_folder(folder, "lists");
    if (lists >= 0) {
        each_file(lists, remove_file, -1, NULL);
        close(lists);
        unlinkat(folder, "lists", AT_REMOVEDIR);
    }
    each_file(folder, remove_file, -1, NULL);
    close(folder);
    unlinkat(at, name, AT_REMOVEDIR);
}

/* ---- copying ---- */

static int copy_bytes(int in, int out) {
    ssize_t sent;
    size_t left = FILE_MAX;
    do {
        sent = sendfile(out, in, NULL, left);
        left -= sent > 0 ? (size_t)sent : 0;
    } while (sent > 0 && left > 0);
    return sent < 0 ? -1 : 0;
}

/* Folders and whatever else is no file are passed over. */
static int copy_file(int from, int to, const char *name, struct why *why) {
    struct stat about;
    if (fstatat(from, name, &about, 0) != 0 || !S_ISREG(about.st_mode))
        return 0;
    int in = openat(from, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int out = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = in >= 0 && out >= 0 && copy_bytes(in, out) == 0
                 ? 0
                 : why_say(why, "%s: %s", name, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

static int copy_policy(int from, int to, const char *name, struct why *why) {
    size_t size = strlen(name);
    bool is_lua = size > 4 && strcmp(name + size - 4, ".lua") == 0;
    return is_lua ? copy_file(from, to, name, why) : 0;
}

static int copy_lists(int from, int to, struct why *why) {
    int lists = open_folder(from, "lists");
    if (lists < 0)
        return 0;
    int copy = mkdirat(to, "lists", 0700) == 0 ? open_folder(to, "lists") : -1;
    int rc = copy < 0 ? why_say(why, "lists: %s", strerror(errno))
                      : each_file(lists, copy_file, copy, why);
    if (copy >= 0)
        close(copy);
    close(lists);
    return rc;
}

static int copy_all(int from, int to, struct why *why) {
    return each_file(from, copy_policy, to, why) == 0 ? copy_lists(from, to, why) : -1;
}

static int copy(int data, const char *policies, struct why *why) {
    int from = open_folder(AT_FDCWD, policies), to = -1, rc = -1;
    if (from < 0)
        return why_say(why, "%s: %s", policies, strerror(errno));
    remove_folder(data, "policies.new");
    if (mkdirat(data, "policies.new", 0700) == 0)
        to = open_folder(data, "policies.new");
    if (to < 0)
        why_say(why, "policies.new: %s", strerror(errno));
    else
        rc = copy_all(from, to, why);
    if (to >= 0)
        close(to);
    close(from);
    return rc;
}

int kept_copy(const char *data, const char *policies, struct why *why) {
    int folder = open_folder(AT_FDCWD, data);
    if (folder < 0)
        return why_say(why, "%s: %s", data, strerror(errno));
    int rc = copy(folder, policies, why);
    if (rc != 0)
        remove_folder(folder, "policies.new");
    close(folder);
    return rc;
}

/* ---- in its place ---- */

static int sync_file(int folder, int to, const char *name, struct why *why) {
    (void)to;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    int rc = file >= 0 && fsync(file) == 0 ? 0 : why_say(why, "%s: %s", name, strerror(errno));
    if (file >= 0)
        close(file);
    return rc;
}

/* The files, then the folder that names them. */
static int sync_folder(int at, const char *name, struct why *why) {
    int folder = open_folder(at, name);
    if (folder < 0)
        return errno == ENOENT ? 0 : why_say(why, "%s: %s", name, strerror(errno));
    int rc = each_file(folder, sync_file, -1, why);
    if (rc == 0 && fsync(folder) != 0)
        rc = why_say(why, "%s: %s", name, strerror(errno));
    close(folder);
    return rc;
}

/* Loaded with a memory of its own: nothing that runs takes notice. */
static bool is_generation(const char *data, const struct policy_host *host, uint64_t generation) {
    char folder[PATH_MAX];
    struct policy_memory *memory = policy_memory_new(NULL);
    struct policy_set *set = NULL;
    if (snprintf(folder, sizeof folder, "%s/policies.new", data) < (int)sizeof folder)
        set = policy_set_load(folder, host, memory, NULL);
    bool is_same = set && policy_set_generation(set) == generation;
    policy_set_free(&set);
    policy_memory_free(&memory);
    return is_same;
}

/* Exchanged where there is an older one, so that at no moment there is none. */
static int put_in_place(int data, struct why *why) {
    int rc = renameat2(data, "policies.new", data, "policies.kept", RENAME_EXCHANGE);
    if (rc != 0 && errno != ENOENT) /* a file system that cannot exchange */
        remove_folder(data, "policies.kept");
    if (rc != 0 && renameat(data, "policies.new", data, "policies.kept") != 0)
        return why_say(why, "policies.kept: %s", strerror(errno));
    fsync(data);
    return 0;
}

int kept_take(const char *data, const struct policy_host *host, uint64_t generation,
              struct why *why) {
    int folder = open_folder(AT_FDCWD, data), rc = 0;
    if (folder < 0)
        return why_say(why, "%s: %s", data, strerror(errno));
    if (is_generation(data, host, generation)) {
        rc = sync_folder(folder, "policies.new/lists", why);
        if (rc == 0)
            rc = sync_folder(folder, "policies.new", why);
        if (rc == 0)
            rc = put_in_place(folder, why);
    }
    remove_folder(folder, "policies.new");
    close(folder);
    return rc;
}
