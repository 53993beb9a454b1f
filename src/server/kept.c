#include "server/kept.h"

#include "server/folder_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *kept_folder(struct arena *arena, const char *data) {
    return arena_print(arena, "%s/policies.kept", data).at;
}

int kept_copy(const char *data, const char *policies, struct why *why) {
    int folder = folder_open(AT_FDCWD, data);
    if (folder < 0)
        return why_say(why, "%s: %s", data, strerror(errno));
    int rc = folder_copy(folder, "policies.new", policies, why);
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
    int folder = folder_open(at, name);
    if (folder < 0)
        return errno == ENOENT ? 0 : why_say(why, "%s: %s", name, strerror(errno));
    int rc = folder_each(folder, sync_file, -1, why);
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
        folder_remove(data, "policies.kept");
    if (rc != 0 && renameat(data, "policies.new", data, "policies.kept") != 0)
        return why_say(why, "policies.kept: %s", strerror(errno));
    fsync(data);
    return 0;
}

int kept_take(const char *data, const struct policy_host *host, uint64_t generation,
              struct why *why) {
    int folder = folder_open(AT_FDCWD, data), rc = 0;
    if (folder < 0)
        return why_say(why, "%s: %s", data, strerror(errno));
    if (is_generation(data, host, generation)) {
        rc = sync_folder(folder, "policies.new/lists", why);
        if (rc == 0)
            rc = sync_folder(folder, "policies.new", why);
        if (rc == 0)
            rc = put_in_place(folder, why);
    }
    folder_remove(folder, "policies.new");
    close(folder);
    return rc;
}
