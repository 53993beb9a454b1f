#include "meaning/extjson.h"

#include "words/log.h"
#include "words/text.h"

#include <time.h>

struct plainer {
    struct arena *arena;
    struct text out;
    const char *copied; /* the document up to here is in `out` */
    struct why *why;
};

/* Puts `bytes` where `value` stands. */
static void put(struct plainer *plainer, struct json_value value, struct span bytes) {
    text_add(&plainer->out,
             (struct span){plainer->copied, (size_t)(value.text.at - plainer->copied)});
    text_add(&plainer->out, bytes);
    plainer->copied = value.text.at + value.text.size;
}

static int refuse(struct plainer *plainer, const char *kind, struct json_value value) {
    char quoted[96];
    return why_say(plainer->why, "%s cannot be %s", kind,
                   log_quote(quoted, sizeof quoted, value.text));
}

/* ---- numbers ---- */

static bool is_number(struct span text) {
    enum json_type type;
    return json_check(text, &type, NULL) == 0 && type == JSON_NUMBER &&
           json_value(text).text.size == text.size;
}

static bool is_whole(struct span text) {
    size_t at = text.size && text.at[0] == '-';
    for (; at < text.size; at++)
        if (text.at[at] < '0' || text.at[at] > '9')
            return false;
    return is_number(text);
}

static bool is_beyond_json(struct span text) {
    return span_is(text, "NaN") || span_is(text, "Infinity") || span_is(text, "-Infinity");
}

static int put_number(struct plainer *plainer, struct json_value whole, struct json_value inner,
                      bool is_double) {
    struct span text =
        inner.type == JSON_STRING ? json_unquote(plainer->arena, inner.text) : inner.text;
    if (is_double && is_beyond_json(text))
        text = SPAN("null");
    else if (is_double ? !is_number(text) : !is_whole(text))
        return refuse(plainer, "a number", inner);
    put(plainer, whole, text);
    return 0;
}

/* ---- dates ---- */

/* The years that a date can be written with, as in JavaScript without a sign. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS  INT64_C(253402300799999)

static int put_ms(struct plainer *plainer, struct json_value whole, int64_t ms) {
    struct tm utc;
    char text[40];
    int64_t rest = ((ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((ms - rest) / 1000);
    if (ms < FIRST_MS || ms > LAST_MS || !gmtime_r(&seconds, &utc))
        return refuse(plainer, "a date", whole);
    put(plainer, whole,
        arena_print(plainer->arena, "\"%04d-%s.%03dZ\"", utc.tm_year + 1900,
                    strftime(text, sizeof text, "%m-%dT%H:%M:%S", &utc) ? text : "", (int)rest));
    return 0;
}

/* "2024-05-01T12:00:00Z" and "….5Z" get their three digits; all other texts stay. */
static struct span full_date(struct arena *arena, struct span text) {
    enum { BARE = 19 };
    size_t digits = 0;
    bool has_point = text.size > BARE && text.at[BARE] == '.';
    if (text.size < BARE + 1 || text.at[10] != 'T' || text.at[text.size - 1] != 'Z')
        return text;
    if (has_point)
        digits = text.size - BARE - 2;
    if ((!has_point && text.size != BARE + 1) || digits >= 3)
        return text;
    struct span bare = span_cut(text, 0, BARE), given = span_cut(text, BARE + 1, digits);
    return arena_print(arena, "%.*s.%.*s%.*sZ", SPAN_ARGS(bare), SPAN_ARGS(given),
                       (int)(3 - digits), "000");
}

static int put_date(struct plainer *plainer, struct json_value whole, struct json_value inner) {
    struct json_value number = inner;
    int64_t ms;
    if (inner.type == JSON_STRING) {
        struct span text = full_date(plainer->arena, json_unquote(plainer->arena, inner.text));
        put(plainer, whole, json_quote(plainer->arena, text));
        return 0;
    }
    if (inner.type == JSON_OBJECT && json_find(inner.text, SPAN("$numberLong"), &number) &&
        number.type == JSON_STRING)
        number = (struct json_value){JSON_NUMBER, json_unquote(plainer->arena, number.text)};
    if (number.type != JSON_NUMBER || !is_whole(number.text) || !json_whole(number, &ms))
        return refuse(plainer, "a date", inner);
    return put_ms(plainer, whole, ms);
}

/* ---- the walk ---- */

/* 1: it was one of them; 0: it is an ordinary object. */
static int put_extended(struct plainer *plainer, struct json_value object) {
    struct json_walk walk = json_walk(object.text), more;
    if (!json_next(&walk))
        return 0;
    more = walk;
    if (json_next(&more))
        return 0;
    if (json_key_is(walk.key, SPAN("$numberInt")) || json_key_is(walk.key, SPAN("$numberLong")))
        return put_number(plainer, object, walk.value, false) < 0 ? -1 : 1;
    if (json_key_is(walk.key, SPAN("$numberDouble")))
        return put_number(plainer, object, walk.value, true) < 0 ? -1 : 1;
    if (json_key_is(walk.key, SPAN("$date")))
        return put_date(plainer, object, walk.value) < 0 ? -1 : 1;
    bool is_id = json_key_is(walk.key, SPAN("$oid")) && walk.value.type == JSON_STRING;
    if (!is_id && !json_key_is(walk.key, SPAN("$undefined")))
        return 0;
    put(plainer, object, is_id ? walk.value.text : SPAN("null"));
    return 1;
}

/* One call deeper for each level: JSON_DEPTH at most, as the document was checked. */
static int walk_value(struct plainer *plainer, struct json_value value) {
    int rc = value.type == JSON_OBJECT ? put_extended(plainer, value) : 0;
    if (rc || (value.type != JSON_OBJECT && value.type != JSON_ARRAY))
        return rc < 0 ? -1 : 0;
    struct json_walk walk = json_walk(value.text);
    while (rc == 0 && json_next(&walk))
        rc = walk_value(plainer, walk.value);
    return rc;
}

int extjson_plain(struct arena *arena, struct span document, struct span *out, struct why *why) {
    if (!span_has(document, SPAN("$")) && !span_has(document, SPAN("\\u0024"))) {
        *out = document;
        return 0;
    }
    struct plainer plainer = {arena, text_start(arena, document.size), document.at, why};
    if (walk_value(&plainer, json_value(document)) < 0)
        return -1;
    const char *end = document.at + document.size;
    text_add(&plainer.out, (struct span){plainer.copied, (size_t)(end - plainer.copied)});
    *out = text_span(&plainer.out);
    return 0;
}
