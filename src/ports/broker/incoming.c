#include "ports/broker/incoming.h"

#include "meaning/ident.h"
#include "words/check.h"
#include "words/utf8.h"

#include <stdlib.h>

enum { DIGEST_BYTES = 4096 };

void incoming_init(struct incoming *incoming, size_t body_max) {
    *incoming = (struct incoming){.body_max = body_max};
}

void incoming_clear(struct incoming *incoming) {
    free(incoming->body);
    *incoming = (struct incoming){0};
}

void incoming_reset(struct incoming *incoming) {
    incoming->at = AT_METHOD;
}

static void begin(struct incoming *incoming, uint64_t tag, amqp_bytes_t exchange,
                  amqp_bytes_t key) {
    check(key.len < sizeof incoming->key); /* a short string */
    incoming->at = AT_HEADER;
    incoming->tag = tag;
    incoming->consumer = 0;
    incoming->is_direct = exchange.len == 0;
    memcpy(incoming->key, key.len ? key.bytes : "", key.len);
    incoming->key_size = key.len;
    incoming->has_offset = incoming->is_ambiguous = false;
    incoming->behind = 0;
    incoming->comes_again = false;
    incoming->correlation = 0;
    incoming->ticket.size = incoming->client_id.size = 0;
    incoming->body_seen = 0;
    incoming->kept = 0;
}

static enum incoming_is take_method(struct incoming *incoming, const amqp_method_t *method) {
    if (method->id == AMQP_BASIC_DELIVER_METHOD) {
        const amqp_basic_deliver_t *deliver = method->decoded;
        begin(incoming, deliver->delivery_tag, deliver->exchange, deliver->routing_key);
        if (deliver->consumer_tag.len)
            incoming->consumer = *(const char *)deliver->consumer_tag.bytes;
    } else if (method->id == AMQP_BASIC_GET_OK_METHOD) {
        const amqp_basic_get_ok_t *got = method->decoded;
        begin(incoming, got->delivery_tag, got->exchange, got->routing_key);
        incoming->behind = got->message_count;
        incoming->comes_again = got->redelivered;
    } else if (method->id == AMQP_BASIC_RETURN_METHOD) {
        const amqp_basic_return_t *returned = method->decoded;
        begin(incoming, 0, returned->exchange, returned->routing_key);
    } else {
        return INCOMING_OTHER;
    }
    return INCOMING_PART;
}

/* A message that the server moved into the stream itself (missed.c) carries the key it came with.
 * That header counts only on what came by the default exchange to a consumer of the stream, and
 * clients on MQTT reach nothing but amq.topic. */
static void restore_key(struct incoming *incoming, const amqp_table_entry_t *entry) {
    const amqp_bytes_t key = entry->value.value.bytes;
    if (incoming->is_shared || !incoming->is_direct || !incoming->consumer ||
        entry->value.kind != AMQP_FIELD_KIND_UTF8 || key.len >= sizeof incoming->key)
        return;
    memcpy(incoming->key, key.len ? key.bytes : "", key.len);
    incoming->key_size = key.len;
    incoming->is_direct = false;
}

/* A publisher may write x-stream-offset too, and more than once (MQTT has no headers, AMQP has).
 * Tried on 3.10.8: the broker puts its own in the place of the first one and sorts the headers by
 * name, so that its own is the first one, and all the others come through. */
static void read_headers(struct incoming *incoming, const amqp_table_t *headers) {
    size_t seen = 0;
    for (int i = 0; i < headers->num_entries; i++) {
        const amqp_table_entry_t *entry = &headers->entries[i];
        if (span_is(span_of_bytes(entry->key), INCOMING_KEY_HEADER))
            restore_key(incoming, entry);
        if (!span_is(span_of_bytes(entry->key), "x-stream-offset") || seen++ > 0)
            continue;
        incoming->offset = (uint64_t)entry->value.value.i64;
        incoming->has_offset =
            entry->value.kind == AMQP_FIELD_KIND_I64 && incoming->offset < IDENT_OFFSET_END;
    }
    incoming->is_ambiguous = seen > 1;
}

static uint64_t read_number(amqp_bytes_t digits) {
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len && i < 19; i++) {
        char digit = ((const char *)digits.bytes)[i];
        if (digit < '0' || digit > '9')
            return 0;
        number = number * 10 + (uint64_t)(digit - '0');
    }
    return number;
}

/* Somebody else wrote it: it goes into the store and into logs. */
static void read_property(amqp_bytes_t value, struct incoming_property *out) {
    if (value.len > sizeof out->text || !utf8_is_plain(span_of_bytes(value)))
        return;
    out->size = value.len;
    memcpy(out->text, value.len ? value.bytes : "", value.len);
}

static void take_header(struct incoming *incoming, const amqp_frame_t *frame) {
    const amqp_basic_properties_t *properties = frame->payload.properties.decoded;
    incoming->at = AT_BODY;
    incoming->body_size = frame->payload.properties.body_size;
    if (properties->_flags & AMQP_BASIC_HEADERS_FLAG)
        read_headers(incoming, &properties->headers);
    if (properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
        incoming->correlation = read_number(properties->correlation_id);
    if (properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
        read_property(properties->correlation_id, &incoming->ticket);
    if (properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        read_property(properties->message_id, &incoming->client_id);
}

bool incoming_is_empty(const amqp_frame_t *frame) {
    return frame->frame_type == AMQP_FRAME_METHOD &&
           frame->payload.method.id == AMQP_BASIC_GET_EMPTY_METHOD;
}

static void take_body(struct incoming *incoming, amqp_bytes_t part) {
    size_t keep = incoming->body_max > DIGEST_BYTES ? incoming->body_max : DIGEST_BYTES;
    size_t size = part.len;
    incoming->body_seen += size;
    if (size > keep - incoming->kept)
        size = keep - incoming->kept;
    if (size == 0)
        return;
    if (size > incoming->room - incoming->kept) {
        incoming->room =
            incoming->kept + size > 2 * incoming->room ? incoming->kept + size : 2 * incoming->room;
        incoming->body = must_realloc(incoming->body, incoming->room);
    }
    memcpy(incoming->body + incoming->kept, part.bytes, size);
    incoming->kept += size;
}

enum incoming_is incoming_frame(struct incoming *incoming, const amqp_frame_t *frame) {
    if (frame->frame_type == AMQP_FRAME_METHOD)
        return take_method(incoming, &frame->payload.method);
    if (frame->frame_type == AMQP_FRAME_HEADER && incoming->at == AT_HEADER)
        take_header(incoming, frame);
    else if (frame->frame_type == AMQP_FRAME_BODY && incoming->at == AT_BODY)
        take_body(incoming, frame->payload.body_fragment);
    else
        return INCOMING_OTHER;
    if (incoming->body_seen < incoming->body_size)
        return INCOMING_PART;
    incoming->at = AT_METHOD;
    return INCOMING_WHOLE;
}

/* Folds eight bytes in: a multiplication spreads them upwards, the shift brings them back down. Not
 * for keeping secrets: it tells one stream from another. */
static uint64_t fold(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

static uint64_t fold_bytes(uint64_t hash, const char *bytes, size_t size) {
    while (size) {
        uint64_t word = 0;
        size_t part = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, part);
        hash = fold(hash, word);
        bytes += part;
        size -= part;
    }
    return hash;
}

uint64_t incoming_digest(const struct incoming *incoming) {
    size_t size = incoming->kept < DIGEST_BYTES ? incoming->kept : DIGEST_BYTES;
    uint64_t hash = fold(incoming->key_size, incoming->body_size);
    hash = fold_bytes(hash, incoming->key, incoming->key_size);
    hash = fold_bytes(hash, incoming->body, size);
    hash = fold(hash, 0);
    return hash ? hash : 1;
}

static struct span property(const struct incoming_property *property) {
    return property->size ? (struct span){property->text, property->size} : SPAN_NONE;
}

void incoming_show(const struct incoming *incoming, struct delivery *out) {
    size_t size = incoming->kept < incoming->body_max ? incoming->kept : incoming->body_max;
    *out = (struct delivery){
        .offset = incoming->offset,
        .digest = incoming_digest(incoming),
        .key = {incoming->key, incoming->key_size},
        .ticket = property(&incoming->ticket),
        .client_id = property(&incoming->client_id),
        .body = {incoming->body, size},
        .body_size = incoming->body_size,
    };
}

void incoming_hand_on(struct span ticket, struct span client_id,
                      amqp_basic_properties_t *properties) {
    properties->_flags |= (ticket.size ? AMQP_BASIC_CORRELATION_ID_FLAG : 0) |
                          (client_id.size ? AMQP_BASIC_MESSAGE_ID_FLAG : 0);
    properties->correlation_id = bytes_of(ticket);
    properties->message_id = bytes_of(client_id);
}
