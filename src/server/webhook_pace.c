#include "server/webhook_pace.h"

static const int64_t ROW_MOST_MS = 600000;
static const int64_t PROBE_MOST_MS = 60000;
static const int64_t ASKED_MOST_MS = 3600000;

int64_t pace_back_off(int64_t first_ms, int64_t most_ms, unsigned failures, uint64_t chance) {
    int64_t wait = first_ms;
    for (unsigned i = 1; i < failures && wait < most_ms; i++)
        wait *= 2;
    if (wait > most_ms)
        wait = most_ms;
    return wait - (int64_t)(chance % (uint64_t)(wait / 2 + 1));
}

size_t pace_room(const struct pace *pace, size_t under_way, size_t most, int64_t now_ms) {
    if (pace->is_down)
        return under_way == 0 && now_ms >= pace->open_ms;
    return under_way < most ? most - under_way : 0;
}

/* What an endpoint asks for counts, within reason. */
static int64_t asked(const struct hook_result *result, int64_t wait) {
    int64_t most = result->retry_after_ms < ASKED_MOST_MS ? result->retry_after_ms : ASKED_MOST_MS;
    return wait > most ? wait : most;
}

/* Posts that began before it went down say nothing new. */
static int64_t note_while_down(struct pace *pace, const struct hook_result *result, int64_t now_ms,
                               uint64_t chance) {
    if (now_ms >= pace->open_ms) {
        pace->probes++;
        int64_t wait = pace_back_off(pace->first_ms, PROBE_MOST_MS, pace->probes, chance);
        pace->open_ms = now_ms + asked(result, wait);
    }
    return pace->open_ms - now_ms;
}

int64_t pace_note(struct pace *pace, const struct hook_result *result, unsigned tries,
                  int64_t now_ms, uint64_t chance) {
    if (result->class != HOOK_AGAIN) {
        *pace = (struct pace){.first_ms = pace->first_ms};
        return 0;
    }
    pace->failures++;
    bool is_asked = result->status == 429 || result->retry_after_ms > 0;
    if (!pace->is_down && !is_asked && pace->failures < PACE_DOWN_AFTER)
        return pace_back_off(pace->first_ms, ROW_MOST_MS, tries, chance);
    if (!pace->is_down) {
        pace->is_down = true;
        pace->open_ms = now_ms;
    }
    return note_while_down(pace, result, now_ms, chance);
}
