#include "server/print_webhook.h"

#include "ports/hook.h"
#include "server/commands.h"
#include "server/output.h"
#include "server/status_print.h"
#include "words/json_write.h"

#include <inttypes.h>
#include <stdio.h>

static void print_time(struct arena *arena, int64_t ms) {
    printf("%s%.*s%s", command_style(stdout, STYLE_DIM), SPAN_ARGS(status_time(arena, ms)),
           command_style(stdout, STYLE_PLAIN));
}

/* "3 tries, due 2026-05-01 12:00:00: answered 500" */
static void print_tries(struct arena *arena, const struct outbox_row *row, bool is_dead) {
    if (row->tries == 1)
        fputs("1 try", stdout);
    else
        printf("%u tries", row->tries);
    if (!is_dead) {
        fputs(", due ", stdout);
        print_time(arena, row->due_ms);
    }
    if (row->error.size) {
        fputs(": ", stdout);
        command_print(stdout, row->error);
    }
    putchar('\n');
}

/* ID  2026-05-01 12:00:00  message-sent  alice bob  https://…  3 tries, … */
void print_webhook_line(struct arena *arena, const struct outbox_row *row, bool is_dead) {
    printf("%" PRId64 "  ", row->id);
    print_time(arena, row->event.created_ms);
    printf("  %s%s%s  ", command_style(stdout, STYLE_BOLD), event_type(row->event.kind),
           command_style(stdout, STYLE_PLAIN));
    command_print(stdout, row->event.owner);
    putchar(' ');
    command_print(stdout, row->event.other);
    fputs("  ", stdout);
    command_print(stdout, hook_mask_url(arena, row->url));
    fputs("  ", stdout);
    print_tries(arena, row, is_dead);
}

static void print_labelled(const char *label, struct span text) {
    output_label(label);
    output_text(text);
    putchar('\n');
}

static struct span delivery_of(struct arena *arena, const struct outbox_row *row,
                               struct span body) {
    char *delivery = arena_take(arena, HOOK_DELIVERY);
    hook_delivery(row->url, body, delivery);
    return span_of(delivery);
}

void print_webhook(struct arena *arena, const struct outbox_row *row, bool is_dead) {
    struct span body = event_write(arena, &row->event);
    print_labelled("event", span_of(event_type(row->event.kind)));
    print_labelled("endpoint", hook_mask_url(arena, row->url));
    print_labelled("delivery", delivery_of(arena, row, body));
    output_label("created");
    output_time(row->event.created_ms);
    putchar('\n');
    output_label(is_dead ? "given up" : "waits");
    print_tries(arena, row, is_dead);
    output_label("body");
    command_print(stdout, body);
    putchar('\n');
}

void print_webhook_json(struct arena *arena, const struct outbox_row *row, bool is_dead,
                        bool whole) {
    const struct event *event = &row->event;
    struct span body = event_write(arena, event);
    struct json_writer to = json_write(arena);
    json_open(&to, NULL, '{');
    json_put_number(&to, "id", row->id);
    json_put_bool(&to, "dead", is_dead);
    json_put_text(&to, "endpoint", hook_mask_url(arena, row->url));
    json_put_text(&to, "delivery", delivery_of(arena, row, body));
    json_put_text(&to, "event_type", span_of(event_type(event->kind)));
    json_put_number(&to, "created_ms", event->created_ms);
    json_put_text(&to, "app", event->app);
    json_put_text(&to, "owner", event->owner);
    json_put_text(&to, "other", event->other);
    json_put_text(&to, "message_id", event->message_id);
    json_put_number(&to, "tries", row->tries);
    json_put_number(&to, "due_ms", row->due_ms);
    json_put_number(&to, "status", row->answer);
    json_put_text(&to, "error", row->error);
    if (whole)
        json_put_json(&to, "body", body);
    json_close(&to, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&to)));
}
