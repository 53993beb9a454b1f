/* log_json: whatever the line and the room, one line of JSON comes out, and it fits. */
#include "words/check.h"
#include "words/json.h"
#include "words/log_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t room = size ? 2 + data[0] * 16u : 2;
    struct span line = {(const char *)data, size};
    char *out = must_alloc(room);
    struct span json = {out, log_json(line, out, room)};
    enum json_type type;
    check(json.size <= room);
    check(json_check(json, &type, NULL) == 0 && type == JSON_OBJECT);
    check(!memchr(out, '\n', json.size));
    free(out);
    return 0;
}
