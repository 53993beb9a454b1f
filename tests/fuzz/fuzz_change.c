/* Whatever a client sends as a receipt, a patch or presence: it is read or refused with words, and
 * a patch is an object that says nothing of whose it is. */
#include "meaning/change.h"
#include "words/check.h"
#include "words/json.h"

static void check_patch(struct arena *arena, struct span body) {
    static const char *const FIXED[] = {"timelineOf", "conversWith", "app_id", "key"};
    struct why why = {""};
    struct span patch;
    enum json_type type;
    struct json_value value;
    if (change_read_patch(arena, body, &patch, &why) != 0) {
        check(why.words[0]);
        return;
    }
    check(json_check(patch, &type, &why) == 0 && type == JSON_OBJECT && patch.size <= body.size);
    for (size_t i = 0; i < sizeof FIXED / sizeof FIXED[0]; i++)
        check(!json_find(patch, span_of(FIXED[i]), &value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span body = arena_copy(arena, (struct span){(const char *)data, size});
    struct why why = {""};
    bool is_so;
    check(change_read_receipt(body, &is_so, &why) == 0 || why.words[0]);
    check(change_read_presence(body, &is_so, &why) == 0 || why.words[0]);
    check_patch(arena, body);
    check(json_check(change_presence(arena, body, true), NULL, &why) == 0);
    arena_free(&arena);
    return 0;
}
