#include "ports/broker/parts.h"

enum take poison_met(struct broker *broker) {
    (void)broker;
    return TAKE_LOST;
}
enum take poison_resume(struct broker *broker, struct why *why) {
    (void)broker;
    (void)why;
    return TAKE_LOST;
}
