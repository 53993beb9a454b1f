/* Whatever a back end wants changed of a group, whatever is stored of it (the first line): it is
 * refused with words, or what comes of it is a group, and what members are told is JSON. */
#include "meaning/group_words.h"
#include "meaning/route.h"
#include "words/check.h"

static void check_json(struct span text) {
    struct why why;
    check(json_check(text, NULL, &why) == 0);
}

/* What is written is read again. */
static void check_written(struct arena *arena, const struct group_change *change) {
    struct group_change again;
    struct why why;
    check(group_change_read(arena, group_change_write(arena, change), &again, &why) == 0);
    check(again.kind == change->kind && again.is_admin == change->is_admin);
    check(span_equal(again.members, change->members));
    check(span_equal(again.member_id, change->member_id));
}

static void check_words(struct arena *arena, const struct group_change *change,
                        const struct group_changed *changed) {
    struct span newcomer = changed->newcomer_count ? changed->newcomers[0] : SPAN_NONE;
    struct span who = newcomer.at ? newcomer : change->caller;
    struct span label = group_label(arena, change, newcomer);
    if (label.at && !change->attributes.at)
        check_json(label);
    check_json(group_notice(arena, changed->object, label));
    for (int saying = SAYS_CREATED; saying <= SAYS_LEFT; saying++)
        check_json(group_message(arena, change, changed->object, (enum group_saying)saying, who));
}

static void check_changed(struct arena *arena, const struct group_change *change,
                          const struct group *stored, const struct group_changed *changed) {
    struct group now;
    struct why why;
    check_json(changed->object);
    check(group_read(arena, changed->object, &now, &why) == 0);
    check(now.member_count <= GROUP_MEMBERS_MAX);
    check(changed->is_new == (stored == NULL));
    check(stored || span_equal(now.id, change->group_id));
    for (size_t i = 0; i < changed->newcomer_count; i++) {
        check(route_is_id(changed->newcomers[i]));
        check(group_has(&now, changed->newcomers[i]));
        check(!stored || !group_has(stored, changed->newcomers[i]));
    }
    check_words(arena, change, changed);
}

static void check_change(struct arena *arena, struct span body, const struct group *stored) {
    struct group_change change;
    struct group_changed changed;
    const char *code = NULL;
    struct why why = {""};
    if (group_change_read(arena, body, &change, &why) != 0) {
        check(why.words[0]);
        return;
    }
    check_written(arena, &change);
    if (group_change_apply(arena, &change, SPAN("app"), stored, 1, &changed, &code, &why) == 0)
        check_changed(arena, &change, stored, &changed);
    else
        check(code && why.words[0]);
}

static void check_history(struct arena *arena, struct span body) {
    struct group_history history;
    struct why why = {""};
    enum json_type type;
    if (group_history_read(arena, body, &history, &why) == 0)
        check_json(group_history_write(arena, &history));
    else
        check(why.words[0]);
    if (json_check(body, &type, &why) != 0 || type != JSON_OBJECT)
        return;
    group_history_shows(arena, body, SPAN("bob"));
    check_json(group_history_copy(arena, body, SPAN("bob"), SPAN("group-1")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span all = arena_copy(arena, (struct span){(const char *)data, size});
    const char *line = all.size ? memchr(all.at, '\n', all.size) : NULL;
    size_t first = line ? (size_t)(line - all.at) : 0;
    struct span body = line ? span_cut(all, first + 1, all.size) : all;
    struct span group = span_cut(all, 0, first);
    struct group stored;
    struct why why;
    bool is_stored =
        json_check(group, NULL, &why) == 0 && group_read(arena, group, &stored, &why) == 0;
    check_change(arena, body, is_stored ? &stored : NULL);
    check_history(arena, body);
    arena_free(&arena);
    return 0;
}
