/* json_write: builds one JSON text member by member, for machines that read what we print. Not for
 * messages: those are bytes, and a change of one is spliced (json.h).
 *
 *     struct json_writer writer = json_write(arena);
 *     json_open(&writer, NULL, '{');
 *     json_put_text(&writer, "policy", name);
 *     json_close(&writer, '}');
 *     … json_written(&writer) …
 *
 * `key` is plain ASCII that needs no escape; NULL inside an array and for the outermost value. */
#ifndef CHAT21D_JSON_WRITE_H
#define CHAT21D_JSON_WRITE_H

#include "words/text.h"

#include <stdint.h>

struct json_writer {
    struct text text;
    bool needs_comma;
};

struct json_writer json_write(struct arena *arena);
void json_open(struct json_writer *writer, const char *key, char bracket);
void json_close(struct json_writer *writer, char bracket);
/* An absent span is null. */
void json_put_text(struct json_writer *writer, const char *key, struct span bytes);
void json_put_number(struct json_writer *writer, const char *key, int64_t number);
void json_put_bool(struct json_writer *writer, const char *key, bool is_true);
/* `json` is JSON text that was checked; absent: null. */
void json_put_json(struct json_writer *writer, const char *key, struct span json);
struct span json_written(const struct json_writer *writer);

#endif
