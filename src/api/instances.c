/* Devices that want push notifications. */
#include "api/inside.h"

static const char *const FIELDS[] = {"device_model", "language", "platform", "platform_version"};

static void stored(struct api_call *call, const struct wait_end *end) {
    if (!wait_failed(call, end))
        reply_success(call, 200);
}

/* As the documents of earlier servers are (imported.h). */
static struct span write_instance(struct api_call *call, struct span object) {
    struct json_writer writer = json_write(call->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "instance_id", call->id);
    json_put_text(&writer, "app_id", call->app);
    json_put_text(&writer, "user_id", call->user);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        struct span text = body_text(call, object, FIELDS[i]);
        if (text.at)
            json_put_text(&writer, FIELDS[i], text);
    }
    json_close(&writer, '}');
    return json_written(&writer);
}

static struct order order_of(const struct api_call *call, enum order_kind kind) {
    return (struct order){.kind = kind,
                          .app = call->app,
                          .target = call->user,
                          .instance = call->id,
                          .now_ms = clock_wall_ms(call->api->parts.clock)};
}

enum http_when instances_put(struct api_call *call) {
    struct order order = order_of(call, ORDER_INSTANCE);
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    order.json = write_instance(call, object);
    return wait_for_order(call, &order, stored);
}

enum http_when instances_delete(struct api_call *call) {
    struct order order = order_of(call, ORDER_NO_INSTANCE);
    return wait_for_order(call, &order, stored);
}
