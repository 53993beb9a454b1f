/* An address holds 107 bytes of a path, and folders may have longer ones. */
#include "server/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

bool control_path(const char *folder, const char *name, char out[CONTROL_PATH], int *descriptor,
                  struct why *why) {
    *descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*descriptor < 0) {
        why_say(why, "%s: %s", folder, strerror(errno));
        return false;
    }
    if (snprintf(out, CONTROL_PATH, "%s/%s", folder, name) >= CONTROL_PATH)
        snprintf(out, CONTROL_PATH, "/proc/self/fd/%d/%s", *descriptor, name);
    return true;
}
