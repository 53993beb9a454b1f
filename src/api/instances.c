/* Devices that want push notifications. Bounded, since nothing takes one away but its owner: bytes
 * of an id (push services' tokens are shorter) and of a field, devices of a user. */
#include "api/inside.h"

enum { ID_MAX = 1024, FIELD_MAX = 256, DEVICES_MAX = 1000 };
static const char *const FIELDS[] = {"device_model", "language", "platform", "platform_version"};

static void stored(struct api_call *call, const struct wait_end *end) {
    if (!wait_failed(call, end))
        reply_success(call, 200);
}

static enum http_when too_long(struct api_call *call, const char *name, int limit) {
    struct span words = arena_print(call->arena, "%s has more than %d bytes", name, limit);
    return reply_refusal(call, 400, "too_long", arena_string(call->arena, words));
}

/* -1: it was answered. */
static int look_at_size(struct api_call *call, struct span object) {
    if (call->id.size > ID_MAX) {
        too_long(call, "The device's id", ID_MAX);
        return -1;
    }
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (body_text(call, object, FIELDS[i]).size > FIELD_MAX) {
            too_long(call, FIELDS[i], FIELD_MAX);
            return -1;
        }
    return 0;
}

static int look_at_number(struct api_call *call) {
    size_t others = 0;
    struct why why;
    if (store_instances(call->api->parts.reader, call->app, call->user, call->id, DEVICES_MAX,
                        &others, &why) != 0) {
        reply_unavailable(call, &why);
        return -1;
    }
    if (others < DEVICES_MAX)
        return 0;
    reply_refusal(call, 400, "too_many", "So many devices are registered already: forget some");
    return -1;
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
    if (body_read(call, &object) != 0 || look_at_size(call, object) != 0 ||
        look_at_number(call) != 0)
        return HTTP_NOW;
    order.json = write_instance(call, object);
    return wait_for_order(call, &order, stored);
}

enum http_when instances_delete(struct api_call *call) {
    struct order order = order_of(call, ORDER_NO_INSTANCE);
    return wait_for_order(call, &order, stored);
}
