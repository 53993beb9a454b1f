#include "server/explain.h"

#include "ports/decisions.h"
#include "ports/intake.h"
#include "words/json.h"

#include <inttypes.h>

/* Takes what is a whole JSON object that names the message as its own, not as somebody's parent. */
static bool take_line(void *self, struct span line) {
    struct explained *explained = self;
    enum json_type type;
    struct json_value id;
    struct why why;
    struct span copy = arena_copy(explained->arena, line);
    if (json_check(copy, &type, &why) || type != JSON_OBJECT ||
        !json_find(copy, SPAN("message_id"), &id) || id.type != JSON_STRING ||
        !span_equal(json_unquote(explained->arena, id.text), explained->own_id))
        return true;
    explained->has_more_lines = explained->line_count == EXPLAIN_LINES;
    if (!explained->has_more_lines)
        explained->lines[explained->line_count++] = copy;
    return !explained->has_more_lines;
}

static void use_id(struct explained *explained, struct span id) {
    explained->own_id = id;
    explained->is_ours =
        ident_read(id, &explained->incarnation, &explained->offset, &explained->child);
}

static int read_plan(struct explained *explained, struct store_reader *reader, struct why *why) {
    struct ident id;
    memcpy(id.text, explained->own_id.at, IDENT_SIZE);
    id.text[IDENT_SIZE] = '\0';
    return store_reader_plan(reader, &id, &explained->plan, why);
}

/* Somebody else's id, which may have the form of ours. */
static int read_foreign(struct explained *explained, struct store_reader *reader, struct why *why) {
    struct ident own;
    bool is_known;
    if (store_reader_own_id(reader, explained->id, &own, &is_known, why))
        return -1;
    if (!is_known)
        return 0;
    use_id(explained, arena_copy(explained->arena, span_of(own.text)));
    return read_plan(explained, reader, why);
}

static int read_store(struct explained *explained, const char *data, struct why *why) {
    struct store_reader *reader = store_reader_open(data, why);
    int rc = reader ? store_reader_mark(reader, &explained->mark, why) : -1;
    if (rc == 0 && explained->is_ours)
        rc = read_plan(explained, reader, why);
    if (rc == 0 && !explained->plan)
        rc = read_foreign(explained, reader, why);
    store_reader_close(&reader);
    return rc;
}

int explain_find(struct explained *explained, const char *data, const char *id, struct why *why) {
    *explained = (struct explained){.arena = arena_new()};
    explained->id = arena_copy(explained->arena, span_of(id));
    use_id(explained, explained->id);
    if (read_store(explained, data, why))
        return -1;
    if (!explained->is_ours)
        return 0;
    const char *folder = arena_print(explained->arena, "%s/decisions", data).at;
    return decisions_find(folder, explained->own_id, take_line, explained, why);
}

void explain_free(struct explained *explained) {
    plan_free(&explained->plan);
    arena_free(&explained->arena);
}

bool explain_is_known(const struct explained *explained) {
    return explained->plan || explained->line_count;
}

struct span explain_unknown(const struct explained *explained) {
    const struct store_mark *mark = &explained->mark;
    if (!explained->is_ours)
        return SPAN("it is no id of this server's; a client's own, perhaps, or another server's");
    if (explained->child)
        return SPAN("no message has caused one of this id");
    if (explained->incarnation == INTAKE_DRAINED)
        return SPAN("no message of an earlier server's queue was taken over under this id");
    if (explained->incarnation != mark->incarnation)
        return SPAN("it is of another stream than the one this store takes from");
    if (!mark->has_offset || explained->offset > mark->offset)
        return arena_print(explained->arena,
                           "it stands at offset %" PRIu64
                           " of the stream, which this store has not come to yet",
                           explained->offset);
    return SPAN("at its place in the stream is a mark of the server's own, or a message that the "
                "broker could not deliver");
}

struct span explain_no_line(const struct explained *explained) {
    const struct plan *plan = explained->plan;
    if (!plan || explained->line_count)
        return SPAN_NONE;
    if (plan->seq < 0)
        return SPAN("no line: it was imported, not judged");
    if (plan->outcome == PLAN_DELIVERED && !plan->policy.size && !plan->child_count)
        return SPAN("no line: it was delivered as it came, and of such ones only a sample is kept");
    bool is_refusal = plan->outcome == PLAN_REJECTED || plan->outcome == PLAN_DEAD;
    if (is_refusal && plan->copy_count == 0)
        return SPAN("no line: its sender was refused so often that this was only counted");
    return SPAN("no line: its file is gone (they are limited in size), or lines came faster than "
                "they are kept");
}
