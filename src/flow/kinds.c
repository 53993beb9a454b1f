#include "flow/kinds.h"

static const struct kind *const KINDS[ROUTE_KINDS] = {
    [ROUTE_MESSAGE] = &kind_message,
    [ROUTE_BLOCK] = &kind_block,
    [ROUTE_GROUP] = &kind_group,
};

const struct kind *kind_of(enum route_kind kind) {
    return KINDS[kind];
}
