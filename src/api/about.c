/* About the server, and about the caller's token. */
#include "api/inside.h"

#define JSON "application/json; charset=utf-8"

enum http_when about_info(struct api_call *call) {
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "v", span_of(call->api->settings.version));
    json_close(&writer, '}');
    call->reply->content_type = JSON;
    text_add(&call->reply->body, json_written(&writer));
    return HTTP_NOW;
}

enum http_when about_verify(struct api_call *call) {
    call->reply->content_type = JSON;
    text_add(&call->reply->body, call->claims.json);
    return HTTP_NOW;
}
