#include "words/json_write.h"

#include "words/json_scan.h"

#include <inttypes.h>

struct json_writer json_write(struct arena *arena) {
    return (struct json_writer){.text = text_start(arena, 256)};
}

static void name(struct json_writer *writer, const char *key) {
    if (writer->needs_comma)
        text_add_char(&writer->text, ',');
    if (key)
        text_print(&writer->text, "\"%s\":", key);
    writer->needs_comma = true;
}

void json_open(struct json_writer *writer, const char *key, char bracket) {
    name(writer, key);
    text_add_char(&writer->text, bracket);
    writer->needs_comma = false;
}

void json_close(struct json_writer *writer, char bracket) {
    text_add_char(&writer->text, bracket);
    writer->needs_comma = true;
}

void json_put_text(struct json_writer *writer, const char *key, struct span bytes) {
    name(writer, key);
    if (bytes.at)
        json_quote_into(&writer->text, bytes);
    else
        text_add(&writer->text, SPAN("null"));
}

void json_put_number(struct json_writer *writer, const char *key, int64_t number) {
    name(writer, key);
    text_print(&writer->text, "%" PRId64, number);
}

void json_put_bool(struct json_writer *writer, const char *key, bool is_true) {
    name(writer, key);
    text_add(&writer->text, is_true ? SPAN("true") : SPAN("false"));
}

void json_put_json(struct json_writer *writer, const char *key, struct span json) {
    name(writer, key);
    text_add(&writer->text, json.size ? json : SPAN("null"));
}

struct span json_written(const struct json_writer *writer) {
    return text_span(&writer->text);
}
