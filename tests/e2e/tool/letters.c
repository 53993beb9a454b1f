/* letters: dead letters as older servers left them, and somebody who reads them. */
#include "commands.h"
#include "link.h"

#include <amqp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BODY_MAX = 1024 * 1024 };

int command_letters(char **args) {
    static char body[BODY_MAX];
    amqp_connection_state_t link = link_now();
    amqp_bytes_t bytes = {.len = fread(body, 1, sizeof body, stdin), .bytes = body};
    amqp_table_entry_t header = {
        .key = amqp_cstring_bytes("x-chat21-key"),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(args[1])},
    };
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG,
        .delivery_mode = 2,
        .headers = {.num_entries = args[1][0] ? 1 : 0, .entries = &header},
    };
    for (unsigned long i = strtoul(args[2], NULL, 10); i > 0; i--)
        if (amqp_basic_publish(link, 1, amqp_empty_bytes, amqp_cstring_bytes(args[0]), 0, 0,
                               &properties, bytes))
            fail("letters: the connection is gone");
    amqp_queue_declare(link, 1, amqp_cstring_bytes(args[0]), true, false, false, false,
                       amqp_empty_table); /* answered when all of them are there */
    link_check(link, "letters");
    return 0;
}

int command_hold(char **args) {
    amqp_connection_state_t link = link_now();
    amqp_queue_declare(link, 1, amqp_cstring_bytes(args[0]), false, false, true, true,
                       amqp_empty_table);
    link_check(link, "hold");
    for (;;)
        pause();
}
