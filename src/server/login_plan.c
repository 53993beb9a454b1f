#include "server/login_plan.h"

static const int64_t SECOND = 1000, MINUTE = 60000, HOUR = 3600000;
static const int64_t DAY = 86400000, WEEK = 604800000;

bool login_is_over(const struct login_life *life, int64_t now_ms) {
    return life->ends && now_ms >= life->until_ms;
}

static int64_t length(const struct login_life *life) {
    return life->until_ms > life->from_ms ? life->until_ms - life->from_ms : 0;
}

int64_t login_renew_ms(const struct login_life *life) {
    return life->ends ? life->until_ms - length(life) / 3 : INT64_MAX;
}

int64_t login_due_ms(const struct login_life *life, bool is_renewed) {
    int64_t sixth = length(life) / 6;
    return life->ends ? life->until_ms - (is_renewed && sixth < WEEK ? sixth : WEEK) : INT64_MAX;
}

bool login_warns(const struct login_life *life, bool is_renewed, int64_t last_ms, int64_t now_ms) {
    if (now_ms < login_due_ms(life, is_renewed))
        return false;
    bool is_over = login_is_over(life, now_ms);
    if (last_ms == 0 || last_ms > now_ms || (is_over && last_ms < life->until_ms))
        return true;
    return now_ms - last_ms >= (life->until_ms - now_ms > DAY ? DAY : HOUR);
}

int64_t login_retry_ms(unsigned failures) {
    return failures < 6 ? SECOND << failures : MINUTE;
}
