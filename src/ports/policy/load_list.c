/* Word lists that settings name: files in lists/, below the policies. */
#include "load.h"

#include "digest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* The folder's own name and the list's, as messages show them. */
static void show(const struct loading *loading, const char *name, char *out, size_t size) {
    const char *shown = loading->source.shown;
    const char *slash = strrchr(shown, '/');
    snprintf(out, size, "%.*s%s", slash ? (int)(slash - shown) + 1 : 0, shown, name);
}

/* Links may lead about within the folder (Kubernetes' do), but not out of it. */
static int find(const char *folder, const char *name, const char *shown, char found[PATH_MAX],
                struct why *why) {
    char path[PATH_MAX], root[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return why_say(why, "%s: the folder's path is too long", shown);
    if (!realpath(folder, root) || !realpath(path, found))
        return why_say(why, "%s: cannot be read: there is no such file", shown);
    size_t size = strlen(root);
    if (strncmp(found, root, size) != 0 || found[size] != '/')
        return why_say(why, "%s: it is a link out of the policies' folder", shown);
    return 0;
}

struct wordlist *list_load(const struct loading *loading, const char *name, struct why *why) {
    char shown[160], path[PATH_MAX];
    uint64_t digest = 0;
    show(loading, name, shown, sizeof shown);
    if (find(loading->folder, name, shown, path, why) < 0)
        return NULL;
    struct wordlist *list = wordlists_load(loading->lists, path, shown, &digest, why);
    struct span bytes = {(const char *)&digest, sizeof digest};
    *loading->generation = digest_add(*loading->generation, bytes);
    return list;
}
