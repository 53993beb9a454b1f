/* Are the folders that the settings name fit for their use? */
#include "server/settings.h"

#include "words/check.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_folder(const char *folder, struct why *why) {
    struct stat found;
    if (stat(folder, &found))
        return why_say(why, "is not there: %s", strerror(errno));
    if (!S_ISDIR(found.st_mode))
        return why_say(why, "is not a folder");
    return 0;
}

/* Only the last part of the path may be missing. */
static int check_can_make(const char *folder, struct why *why) {
    char *path = must_strdup(folder);
    int rc = access(dirname(path), W_OK | X_OK);
    if (rc)
        why_say(why, "is not there, and cannot be made: %s: %s", path, strerror(errno));
    free(path);
    return rc;
}

int setting_check_data_folder(const char *folder, struct why *why) {
    if (access(folder, F_OK) && errno == ENOENT)
        return check_can_make(folder, why);
    if (check_folder(folder, why))
        return -1;
    if (access(folder, R_OK | W_OK | X_OK))
        return why_say(why, "cannot be written to: %s", strerror(errno));
    return 0;
}

int setting_check_policies_folder(const char *folder, struct why *why) {
    if (check_folder(folder, why))
        return -1;
    char manifest[4096];
    snprintf(manifest, sizeof manifest, "%s/manifest.lua", folder);
    if (access(manifest, R_OK))
        return why_say(why, "has no manifest.lua that can be read: %s", strerror(errno));
    return 0;
}

int config_make_data(const struct config *config, struct why *why) {
    if (mkdir(config->data, 0700) && errno != EEXIST)
        return why_say(why, "%s: the folder cannot be made: %s", config->data, strerror(errno));
    return 0;
}
