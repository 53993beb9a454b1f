#include "server/bench_folder.h"

#include "server/folder_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_name(char *folder, size_t size, struct why *why) {
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

int bench_folder_make(char *folder, size_t size, const char *policies, struct why *why) {
    if (make_name(folder, size, why))
        return -1;
    if (folder_copy(AT_FDCWD, folder, policies, why) == 0)
        return 0;
    folder[0] = '\0';
    return -1;
}

void bench_folder_remove(char *folder) {
    if (folder[0])
        folder_remove(AT_FDCWD, folder);
    folder[0] = '\0';
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
int bench_folder_only(const char *folder, const char *policies, const char *name, struct why *why) {
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
