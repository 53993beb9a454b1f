/* policy_words: what stands behind `chat21d policy`. `argv[0]` is "chat21d policy WORD". */
#ifndef CHAT21D_POLICY_WORDS_H
#define CHAT21D_POLICY_WORDS_H

#include "server/commands.h"

int policy_new(int argc, char **argv);
int policy_bench(int argc, char **argv);

#endif
