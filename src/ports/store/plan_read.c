/* Plans out of the tables again, to be carried out once more. */
#include "ports/store/inside.h"

static int say_damaged(struct handle *handle, int64_t seq, struct why *why) {
    return why_say(why, "%s is damaged: plan %lld cannot be read", handle->path, (long long)seq);
}

/* How many copies are packed; -1: damaged. */
static int count_copies(struct span packed, size_t *count) {
    int64_t row;
    int status, found;
    for (*count = 0; (found = copies_next(&packed, &row, &status)) > 0;)
        ++*count;
    return found;
}

static int read_sides(struct handle *handle, int64_t row, struct arena *arena,
                      struct plan_copy *copy) {
    struct call call = call_start(handle, SQL_CONVERSATION);
    call_number(&call, row);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        copy->owner = call_get_span(&call, 0, arena);
        copy->other = call_get_span(&call, 1, arena);
    }
    call_end(&call);
    return code;
}

/* Copies in conversations that were erased are passed over. */
static int read_copies(struct handle *handle, struct span packed, struct plan *plan,
                       struct why *why) {
    if (count_copies(packed, &plan->copy_count) < 0)
        return say_damaged(handle, plan->seq, why);
    plan->copies = arena_array(plan->arena, plan->copy_count, sizeof *plan->copies);
    size_t used = 0;
    for (size_t i = 0; i < plan->copy_count; i++) {
        int64_t row = 0;
        struct plan_copy *copy = &plan->copies[used];
        copies_next(&packed, &row, &copy->status);
        int code = read_sides(handle, row, plan->arena, copy);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return handle_say(handle, code, "could not read a plan", why);
        used += code == SQLITE_ROW;
    }
    plan->copy_count = used;
    return 0;
}

static void add_letter(struct plan *plan, size_t *room, const struct call *call) {
    if (plan->letter_count == *room) {
        *room = *room ? *room * 2 : 4;
        struct plan_letter *more = arena_array(plan->arena, *room, sizeof *more);
        if (plan->letter_count)
            memcpy(more, plan->letters, plan->letter_count * sizeof *more);
        plan->letters = more;
    }
    plan->letters[plan->letter_count++] = (struct plan_letter){
        .to = (enum letter_to)call_get_number(call, 0),
        .key = call_get_span(call, 1, plan->arena),
        .body = call_get_span(call, 2, plan->arena),
        .reason = call_get_span(call, 3, plan->arena),
        .whole = (uint64_t)call_get_number(call, 4),
    };
}

static bool is_known(const struct plan_letter *letter) {
    return letter->to == LETTER_TOPIC || letter->to == LETTER_DEAD || letter->to == LETTER_OUTBOX;
}

static int read_letters(struct handle *handle, struct plan *plan, struct why *why) {
    size_t room = 0;
    struct call call = call_start(handle, SQL_LETTERS);
    call_number(&call, plan->seq);
    int code;
    bool are_known = true;
    while ((code = call_row(&call)) == SQLITE_ROW) {
        add_letter(plan, &room, &call);
        are_known &= is_known(&plan->letters[plan->letter_count - 1]);
    }
    call_end(&call);
    if (!are_known)
        return say_damaged(handle, plan->seq, why);
    return code == SQLITE_DONE ? 0 : handle_say(handle, code, "could not read a plan", why);
}

static int read_row(struct handle *handle, const struct call *row, struct plan *plan,
                    struct why *why) {
    struct arena *arena = plan->arena;
    plan->seq = call_get_number(row, 0);
    plan->origin = (struct origin){.incarnation = (uint64_t)call_get_number(row, 1),
                                   .offset = (uint64_t)call_get_number(row, 2),
                                   .digest = (uint64_t)call_get_number(row, 4)};
    if (plan->origin.incarnation >= IDENT_INCARNATION_END ||
        plan->origin.offset >= IDENT_OFFSET_END || call_get_number(row, 3) < 0 ||
        call_get_number(row, 3) >= IDENT_CHILDREN)
        return say_damaged(handle, plan->seq, why);
    plan->id = ident_make(plan->origin.incarnation, plan->origin.offset,
                          (unsigned)call_get_number(row, 3));
    plan->app = call_get_span(row, 5, arena);
    plan->sender = call_get_span(row, 6, arena);
    plan->recipient = call_get_span(row, 7, arena);
    plan->form = (enum inbox_form)call_get_number(row, 8);
    plan->received_ms = call_get_number(row, 9);
    plan->outcome = (enum plan_outcome)call_get_number(row, 10);
    plan->policy = call_get_span(row, 11, arena);
    plan->code = call_get_span(row, 12, arena);
    plan->reason = call_get_span(row, 13, arena);
    plan->generation = (uint64_t)call_get_number(row, 14);
    plan->updates_conversation = call_get_number(row, 15) != 0;
    plan->body = (struct stamped){call_get_span(row, 17, arena), call_get_span(row, 18, arena)};
    plan->child = (unsigned)call_get_number(row, 3);
    plan->hops = (unsigned)call_get_number(row, 19);
    plan->wait = (struct plan_wait){.due_ms = call_get_number(row, 20),
                                    .place = call_get_number(row, 21),
                                    .times = (unsigned)call_get_number(row, 22),
                                    .next_child = (unsigned)call_get_number(row, 23)};
    plan->kind = (enum route_kind)call_get_number(row, 24);
    plan->foreign_id = call_get_span(row, 25, arena);
    return 0;
}

struct plan *plan_read(struct handle *handle, const struct call *row, struct why *why) {
    struct plan *plan = plan_new();
    if (read_row(handle, row, plan, why) < 0 ||
        read_copies(handle, call_peek_span(row, 16), plan, why) < 0 ||
        read_letters(handle, plan, why) < 0)
        plan_free(&plan);
    return plan;
}

int plans_read(struct call *call, struct plan **plans, size_t limit, size_t *count,
               struct why *why) {
    size_t used = 0;
    int rc = 0, code = SQLITE_DONE;
    while (rc == 0 && used < limit && (code = call_row(call)) == SQLITE_ROW) {
        plans[used] = plan_read(call->handle, call, why);
        if (plans[used])
            used++;
        else
            rc = -1;
    }
    call_end(call);
    if (rc == 0 && code != SQLITE_ROW && code != SQLITE_DONE)
        rc = handle_say(call->handle, code, "could not read the plans", why);
    if (rc < 0) {
        while (used > 0)
            plan_free(&plans[--used]);
        return -1;
    }
    *count = used;
    return 0;
}

int store_unconfirmed(struct store *store, int64_t after_seq, struct plan **plans, size_t limit,
                      size_t *count, struct why *why) {
    int64_t confirmed = store->progress.confirmed_seq;
    struct call call = call_start(&store->handle, SQL_UNCONFIRMED);
    call_number(&call, after_seq > confirmed ? after_seq : confirmed);
    call_number(&call, (int64_t)limit);
    return plans_read(&call, plans, limit, count, why);
}

/* The message itself comes first, then its children by their numbers. */
static int read_family(struct call *call, struct plan **plan, struct why *why) {
    struct plan *plans[IDENT_CHILDREN], *first;
    size_t count = 0;
    if (plans_read(call, plans, IDENT_CHILDREN, &count, why) < 0)
        return -1;
    first = count ? plans[0] : NULL;
    if (count > 1) {
        first->child_count = count - 1;
        first->children = arena_array(first->arena, count - 1, sizeof *first->children);
        memcpy(first->children, plans + 1, (count - 1) * sizeof *plans);
    }
    *plan = first;
    return 0;
}

int store_reader_plan(struct store_reader *reader, const struct ident *id, struct plan **plan,
                      struct why *why) {
    uint64_t incarnation, offset;
    unsigned child;
    if (!ident_read(span_of(id->text), &incarnation, &offset, &child)) {
        *plan = NULL;
        return 0;
    }
    struct call call = call_start(&reader->handle, SQL_FAMILY);
    call_number(&call, (int64_t)incarnation);
    call_number(&call, (int64_t)offset);
    call_number(&call, child);
    call_number(&call, child ? child : IDENT_CHILDREN - 1);
    return read_family(&call, plan, why);
}
