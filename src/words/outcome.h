/* outcome: how a stage of a message's way ended. There are four ways, and no others. */
#ifndef CHAT21D_OUTCOME_H
#define CHAT21D_OUTCOME_H

enum outcome {
    OUTCOME_NEXT, /* on to the next stage */
    OUTCOME_DONE, /* nothing is left to decide: straight to being stored as it stands */
    OUTCOME_DEAD, /* it cannot be understood: the sender is told, the dead queue gets it */
    OUTCOME_WAIT, /* an event will bring it on: a commit, a confirm, a store that is back */
};

#endif
