#include "flow/kinds.h"

static const struct kind *const KINDS[ROUTE_KINDS] = {
    [ROUTE_MESSAGE] = &kind_message,
    [ROUTE_BLOCK] = &kind_block,
    [ROUTE_GROUP] = &kind_group,
    [ROUTE_RECEIPT] = &kind_receipt,
    [ROUTE_CONVERSATION] = &kind_conversation,
    [ROUTE_ARCHIVE] = &kind_archive,
    [ROUTE_PRESENCE] = &kind_presence,
    [ROUTE_DELIVERED] = &kind_delivered,
    [ROUTE_PERSIST] = &kind_persist,
    [ROUTE_WEBHOOK] = &kind_webhook,
    [ROUTE_GROUP_CHANGE] = &kind_group_change,
    [ROUTE_HISTORY] = &kind_history,
};

const struct kind *kind_of(enum route_kind kind) {
    return KINDS[kind];
}
