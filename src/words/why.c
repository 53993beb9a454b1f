#include "words/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_say(struct why *why, const char *format, ...) {
    if (why) {
        va_list args;
        va_start(args, format);
        vsnprintf(why->words, sizeof why->words, format, args);
        va_end(args);
    }
    return -1;
}

int why_prefix(struct why *why, const char *format, ...) {
    if (why) {
        struct why old = *why;
        va_list args;
        va_start(args, format);
        int used = vsnprintf(why->words, sizeof why->words, format, args);
        va_end(args);
        if (used >= 0 && (size_t)used < sizeof why->words)
            snprintf(why->words + used, sizeof why->words - (size_t)used, "%s", old.words);
    }
    return -1;
}
