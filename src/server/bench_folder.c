#include "server/bench_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int bench_folder_make(char *folder, size_t size, struct why *why) {
    const char *below = getenv("TMPDIR");
    int written = snprintf(folder, size, "%s/chat21d-bench-XXXXXX", below ? below : "/tmp");
    if (written < 0 || (size_t)written >= size) {
        folder[0] = '\0';
        return why_say(why, "TMPDIR is too long");
    }
    if (mkdtemp(folder))
        return 0;
    why_say(why, "%s: %s", folder, strerror(errno));
    folder[0] = '\0';
    return -1;
}

static void empty(const char *folder) {
    DIR *listing = opendir(folder);
    if (!listing)
        return;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
}

void bench_folder_remove(char *folder) {
    if (!folder[0])
        return;
    empty(folder);
    rmdir(folder);
    folder[0] = '\0';
}

/* Each entry as a link, but for the manifest and what begins with a dot. */
static int link_all(const char *folder, const char *policies, struct why *why) {
    char real[PATH_MAX], from[2 * PATH_MAX], to[2 * PATH_MAX];
    DIR *listing = realpath(policies, real) ? opendir(real) : NULL;
    int rc = 0;
    if (!listing)
        return why_say(why, "%s: %s", policies, strerror(errno));
    for (struct dirent *entry; rc == 0 && (entry = readdir(listing));) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "manifest.lua") == 0)
            continue;
        snprintf(from, sizeof from, "%s/%s", real, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", folder, entry->d_name);
        if (symlink(from, to))
            rc = why_say(why, "%s: %s", to, strerror(errno));
    }
    closedir(listing);
    return rc;
}

static int copy_into(FILE *out, const char *path, struct why *why) {
    char part[4096];
    FILE *in = fopen(path, "re");
    if (!in)
        return why_say(why, "%s: %s", path, strerror(errno));
    for (size_t size; (size = fread(part, 1, sizeof part, in)) > 0;)
        fwrite(part, 1, size, out);
    int rc = ferror(in) ? why_say(why, "%s: cannot be read", path) : 0;
    fclose(in);
    return rc;
}

/* The real manifest stands within a function, and one of its entries is what this one returns. */
static int write_manifest(const char *folder, const char *policies, const char *name,
                          struct why *why) {
    char path[PATH_MAX], from[PATH_MAX];
    snprintf(path, sizeof path, "%s/manifest.lua", folder);
    snprintf(from, sizeof from, "%s/manifest.lua", policies);
    FILE *out = fopen(path, "we");
    if (!out)
        return why_say(why, "%s: %s", path, strerror(errno));
    fputs("local entries = (function()\n", out);
    int rc = copy_into(out, from, why);
    fprintf(out,
            "\nend)()\nfor _, entry in ipairs(entries) do\n"
            "  if entry[1] == \"%s\" then\n    return { entry }\n  end\nend\nreturn {}\n",
            name);
    if (fclose(out) && rc == 0)
        rc = why_say(why, "%s: %s", path, strerror(errno));
    return rc;
}

int bench_folder_only(const char *folder, const char *policies, const char *name, struct why *why) {
    empty(folder);
    if (link_all(folder, policies, why))
        return -1;
    return write_manifest(folder, policies, name, why);
}
