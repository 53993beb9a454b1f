#include "server/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* The policy host reads no larger file (policy.h); what is cut here would not load there either. */
enum { FILE_MAX = 256 * 1024 + 1 };

const char *kept_folder(struct arena *arena, const char *data) {
    return arena_print(arena, "%s/policies.kept", data).at;
}

static bool is_lua(const char *name) {
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".lua") == 0;
}

/* Removes what kept_save made: a folder of files. */
static void remove_folder(int data, const char *name) {
    int folder = openat(data, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = folder < 0 ? NULL : fdopendir(folder);
    if (!listing)
        return;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (is_lua(entry->d_name))
            unlinkat(folder, entry->d_name, 0);
    closedir(listing);
    unlinkat(data, name, AT_REMOVEDIR);
}

static int copy_file(int from, int to, const char *name, struct why *why) {
    int in = openat(from, name, O_RDONLY | O_CLOEXEC);
    int out = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t sent = -1;
    if (in >= 0 && out >= 0)
        do
            sent = sendfile(out, in, NULL, FILE_MAX);
        while (sent > 0);
    int error = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return sent < 0 ? why_say(why, "%s: %s", name, strerror(error)) : 0;
}

static int copy_all(int policies, int to, struct why *why) {
    DIR *listing = fdopendir(dup(policies));
    int rc = 0;
    if (!listing)
        return why_say(why, "the policies' folder: %s", strerror(errno));
    for (struct dirent *entry; rc == 0 && (entry = readdir(listing));)
        if (is_lua(entry->d_name))
            rc = copy_file(policies, to, entry->d_name, why);
    closedir(listing);
    return rc;
}

static int save(int data, int policies, struct why *why) {
    remove_folder(data, "policies.new");
    if (mkdirat(data, "policies.new", 0700) != 0)
        return why_say(why, "policies.new: %s", strerror(errno));
    int fresh = openat(data, "policies.new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh < 0)
        return why_say(why, "policies.new: %s", strerror(errno));
    int rc = copy_all(policies, fresh, why);
    close(fresh);
    if (rc != 0)
        return -1;
    remove_folder(data, "policies.kept");
    return renameat(data, "policies.new", data, "policies.kept") == 0
               ? 0
               : why_say(why, "policies.kept: %s", strerror(errno));
}

int kept_save(const char *data, const char *policies, struct why *why) {
    int to = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int from = open(policies, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = to >= 0 && from >= 0 ? save(to, from, why)
                                  : why_say(why, "%s or %s: %s", data, policies, strerror(errno));
    if (to >= 0)
        close(to);
    if (from >= 0)
        close(from);
    return rc;
}
