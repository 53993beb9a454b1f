#include "server/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum lock lock_take(const char *folder, int *descriptor, struct why *why) {
    char path[4096];
    snprintf(path, sizeof path, "%s/lock", folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        why_say(why, "%s: %s", path, strerror(errno));
        return LOCK_FAILED;
    }
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *descriptor = file;
        return LOCK_TAKEN;
    }
    enum lock found = errno == EWOULDBLOCK ? LOCK_HELD : LOCK_FAILED;
    why_say(why, "%s: %s", path, strerror(errno));
    close(file);
    return found;
}
