#include "server/read_body.h"

#include <errno.h>
#include <string.h>

int read_body(struct arena *arena, FILE *stream, const char *name, size_t most, struct span *body,
              struct why *why) {
    char *bytes = arena_take(arena, most + 1);
    size_t size = fread(bytes, 1, most + 1, stream);
    if (ferror(stream))
        return why_say(why, "%s: %s", name, strerror(errno));
    if (size && bytes[size - 1] == '\n')
        size--;
    *body = (struct span){bytes, size};
    return 0;
}

int read_body_file(struct arena *arena, const char *file, size_t most, struct span *body,
                   struct why *why) {
    FILE *stream = fopen(file, "re");
    if (!stream)
        return why_say(why, "%s: %s", file, strerror(errno));
    int rc = read_body(arena, stream, file, most, body, why);
    fclose(stream);
    return rc;
}
