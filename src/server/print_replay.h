/* print_replay: what a replay found, for people and for machines. */
#ifndef CHAT21D_PRINT_REPLAY_H
#define CHAT21D_PRINT_REPLAY_H

#include "server/replay.h"

void print_replay(const struct rehearsal *rehearsal, const struct replay_report *report);
void print_replay_json(const struct rehearsal *rehearsal, const struct replay_report *report);

#endif
