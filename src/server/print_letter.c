#include "server/print_letter.h"

#include "server/output.h"
#include "words/json_write.h"

#include <inttypes.h>

void print_letter_json(const struct dead_letter *letter, bool with_body) {
    struct arena *arena = arena_new();
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_number(&writer, "number", (int64_t)letter->number);
    json_put_text(&writer, "id", letter->id);
    json_put_text(&writer, "time", letter->time);
    json_put_text(&writer, "key", letter->key);
    json_put_text(&writer, "reason", letter->reason);
    json_put_number(&writer, "bytes", (int64_t)letter->body.size);
    if (letter->bytes)
        json_put_number(&writer, "message_bytes", (int64_t)letter->bytes);
    else
        json_put_text(&writer, "message_bytes", SPAN_NONE);
    json_put_bool(&writer, "cut", letter->is_cut);
    if (with_body)
        json_put_text(&writer, "body", letter->body);
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
    arena_free(&arena);
}

static struct span or_none(struct span text, const char *instead) {
    return text.size ? text : span_of(instead);
}

static void print_size(const struct dead_letter *letter) {
    printf("%zu bytes", letter->body.size);
    if (letter->is_cut && letter->bytes)
        printf(" of %" PRIu64, letter->bytes);
    else if (letter->is_cut)
        printf(" (perhaps cut)");
}

/* 1  ID  2026-05-01T12:00:00.000Z  17 bytes  apps.a.…  not_json: … */
void print_letter_line(const struct dead_letter *letter) {
    printf("%" PRIu64 "  ", letter->number);
    output_text(letter->id);
    printf("  ");
    output_styled(STYLE_DIM, or_none(letter->time, "(no time)"));
    printf("  ");
    print_size(letter);
    printf("  ");
    output_styled(STYLE_BOLD, or_none(letter->key, "(no key)"));
    printf("  ");
    output_text(or_none(letter->reason, "(no reason)"));
    putchar('\n');
}

static void print_row(const char *label, struct span text) {
    output_label(label);
    command_print(stdout, text);
    putchar('\n');
}

void print_letter(const struct dead_letter *letter) {
    print_row("letter", letter->id);
    print_row("time", or_none(letter->time, "(no time)"));
    print_row("key", or_none(letter->key, "(no key)"));
    print_row("reason", or_none(letter->reason, "(no reason)"));
    output_label("size");
    print_size(letter);
    printf("\n\n");
    command_print(stdout, letter->body);
    putchar('\n');
}
