/* What the caller wrote: a JSON object, or a form's fields, and the query's parameters. */
#include "api/inside.h"

#include "words/check.h"

static bool is_form(const struct api_call *call) {
    static const char FORM[] = "application/x-www-form-urlencoded";
    struct span type = http_header(call->request, "Content-Type");
    return type.size >= sizeof FORM - 1 && strncasecmp(type.at, FORM, sizeof FORM - 1) == 0;
}

/* Calls want ten of them at most, and one of three bytes takes four hundred here. */
enum { FORM_FIELDS_MAX = 64 };

static size_t count_fields(struct span form) {
    size_t count = form.size > 0;
    for (size_t i = 0; i < form.size; i++)
        count += form.at[i] == '&';
    return count;
}

/* Of a field that comes twice the first counts. */
static struct span form_object(struct arena *arena, struct span form) {
    struct json_writer writer = json_write(arena);
    size_t at = 0;
    json_open(&writer, NULL, '{');
    while (at < form.size) {
        const char *stop = memchr(form.at + at, '&', form.size - at);
        size_t size = stop ? (size_t)(stop - form.at) - at : form.size - at;
        struct span field = span_cut(form, at, size);
        const char *sign = memchr(field.at, '=', field.size);
        at += size + 1;
        if (!sign || sign == field.at)
            continue;
        struct span name = SPAN_NONE;
        if (http_decode(arena, span_cut(field, 0, (size_t)(sign - field.at)), &name) != 0)
            continue;
        struct span value = http_parameter(arena, field, arena_string(arena, name));
        if (value.at)
            text_print(&writer.text, "%s%.*s:%.*s", writer.needs_comma ? "," : "",
                       SPAN_ARGS(json_quote(arena, name)), SPAN_ARGS(json_quote(arena, value)));
        writer.needs_comma |= value.at != NULL;
    }
    json_close(&writer, '}');
    return json_written(&writer);
}

int body_read(struct api_call *call, struct span *object) {
    struct span body = call->request->body;
    enum json_type type = JSON_OBJECT;
    struct why why;
    if (is_form(call) && count_fields(body) > FORM_FIELDS_MAX) {
        reply_refusal(call, 400, "bad_body", "A form has 64 fields at most");
        return -1;
    }
    if (is_form(call))
        body = form_object(call->arena, body);
    if (!span_trim(body).size)
        body = SPAN("{}");
    if (json_check(body, &type, &why) != 0 || type != JSON_OBJECT) {
        reply_refusal(call, 400, "bad_body",
                      type == JSON_OBJECT ? why.words : "The body is no JSON object");
        return -1;
    }
    *object = body;
    return 0;
}

struct span body_text(struct api_call *call, struct span object, const char *name) {
    struct json_value value;
    if (json_find(object, span_of(name), &value) && value.type == JSON_NUMBER)
        return value.text;
    return json_find_text(call->arena, object, span_of(name));
}

struct span body_json(struct span object, const char *name) {
    struct json_value value;
    if (!json_find(object, span_of(name), &value) || value.type == JSON_NULL)
        return SPAN_NONE;
    return value.text;
}

struct span query_text(struct api_call *call, const char *name) {
    return http_parameter(call->arena, call->request->query, name);
}

bool query_says(struct api_call *call, const char *name) {
    struct span value = query_text(call, name);
    return value.at && !span_is(value, "0") && !span_is(value, "false");
}
