#include "server/folder_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* No policy and no word list that loads is larger. */
enum { FILE_MAX = 64 * 1024 * 1024 };

int folder_open(int at, const char *name) {
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int folder_each(int folder, int (*each)(int folder, int to, const char *name, struct why *why),
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

void folder_remove(int at, const char *name) {
    int folder = folder_open(at, name);
    if (folder < 0)
        return;
    int lists = folder_open(folder, "lists");
    if (lists >= 0) {
        folder_each(lists, remove_file, -1, NULL);
        close(lists);
        unlinkat(folder, "lists", AT_REMOVEDIR);
    }
    folder_each(folder, remove_file, -1, NULL);
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
    int lists = folder_open(from, "lists");
    if (lists < 0)
        return 0;
    int copy = mkdirat(to, "lists", 0700) == 0 ? folder_open(to, "lists") : -1;
    int rc = copy < 0 ? why_say(why, "lists: %s", strerror(errno))
                      : folder_each(lists, copy_file, copy, why);
    if (copy >= 0)
        close(copy);
    close(lists);
    return rc;
}

static int copy_all(int from, int to, struct why *why) {
    return folder_each(from, copy_policy, to, why) == 0 ? copy_lists(from, to, why) : -1;
}

int folder_copy(int at, const char *name, const char *policies, struct why *why) {
    int from = folder_open(AT_FDCWD, policies), to = -1, rc = -1;
    if (from < 0)
        return why_say(why, "%s: %s", policies, strerror(errno));
    folder_remove(at, name);
    if (mkdirat(at, name, 0700) == 0)
        to = folder_open(at, name);
    if (to < 0)
        why_say(why, "%s: %s", name, strerror(errno));
    else
        rc = copy_all(from, to, why);
    if (to >= 0)
        close(to);
    close(from);
    if (rc != 0)
        folder_remove(at, name);
    return rc;
}
