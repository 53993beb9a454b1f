/* claims: what the unit tests of the lower layers share. */
#ifndef CHAT21D_TESTS_CLAIMS_H
#define CHAT21D_TESTS_CLAIMS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes are exactly these; a failure prints both. */
#define assert_span(span, wanted) assert_span_at((span), (wanted), __FILE__, __LINE__)

static inline void assert_span_at(struct span span, struct span wanted, const char *file,
                                  int line) {
    if ((span.at || !span.size) && span_equal(span, wanted))
        return;
    print_error("it is     %.*s\nshould be %.*s\n", SPAN_ARGS(span), SPAN_ARGS(wanted));
    _fail(file, line);
}

/* The words of a refusal hold these: an operator finds there what was meant. */
#define assert_says(why, wanted) assert_says_at((why), (wanted), __FILE__, __LINE__)

static inline void assert_says_at(const struct why *why, const char *wanted, const char *file,
                                  int line) {
    if (strstr(why->words, wanted))
        return;
    print_error("it says     %s\nshould say  %s\n", why->words, wanted);
    _fail(file, line);
}

#endif
