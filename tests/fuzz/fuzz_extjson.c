/* extjson: whatever the document, it is refused in words or becomes JSON, and that as well. */
#include "meaning/extjson.h"
#include "words/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span document = {(const char *)data, size}, plain, again;
    struct why why = {""};
    if (json_check(document, NULL, NULL) == 0) {
        if (extjson_plain(arena, document, &plain, &why) == 0) {
            check(json_check(plain, NULL, &why) == 0);
            if (extjson_plain(arena, plain, &again, &why) == 0)
                check(json_check(again, NULL, &why) == 0);
        } else {
            check(why.words[0]);
        }
    }
    arena_free(&arena);
    return 0;
}
