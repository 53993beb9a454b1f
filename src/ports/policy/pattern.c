#include "ports/policy/pattern.h"

#include "words/check.h"

/* The matcher walks subject and pattern side by side. Where an item is quantified and could match
 * in more than one way, it leaves a choice behind, and comes back to the last one when stuck.
 * Groups cannot be quantified in Lua, so each item of the pattern leaves at most one choice at a
 * time: the choices fit a small stack, and nothing recurses. */

/* A piece of the pattern that matches one byte: `x`, `.`, `%d` or `[a-z]`. */
struct item {
    const char *from, *end;
};

struct choice {
    struct item item;  /* lazy: what one more byte must match */
    const char *rest;  /* the pattern after the quantifier */
    const char *at;    /* the subject, as far as the item took it */
    const char *least; /* greedy: no shorter than this; NULL: lazy */
    unsigned count;    /* captures begun, */
    uint32_t open;     /* and not yet closed, when the choice was left */
};

struct matcher {
    const char *start, *end; /* the subject */
    const char *at;          /* in the subject */
    const char *next;        /* in the pattern */
    const char *stop;        /* the pattern's end */
    struct pattern_match *out;
    uint32_t open; /* bit i: capture i is begun and not closed */
    uint64_t *steps;
    struct why *why;
    unsigned depth;
    struct choice choices[PATTERN_DEPTH];
};

/* What a step came to. */
enum way { WAY_ON, WAY_BACK, WAY_BUDGET, WAY_BAD };

static unsigned char byte(const char *at) {
    return (unsigned char)*at;
}

static bool spend(struct matcher *m, size_t count) {
    bool enough = *m->steps >= count;
    *m->steps = enough ? *m->steps - count : 0;
    return enough;
}

static enum way bad(struct matcher *m, const char *words) {
    why_say(m->why, "%s", words);
    return WAY_BAD;
}

static bool is_between(unsigned char c, unsigned char low, unsigned char high) {
    return low <= c && c <= high;
}

static bool is_letter(unsigned char c) {
    return is_between(c | 0x20, 'a', 'z');
}

static bool is_digit(unsigned char c) {
    return is_between(c, '0', '9');
}

/* Is `c` in the class that `letter` (lower case) names? -1: it names none. */
static int in_class(unsigned char c, unsigned char letter) {
    switch (letter) {
    case 'a':
        return is_letter(c);
    case 'c':
        return c < ' ' || c == 127;
    case 'd':
        return is_digit(c);
    case 'g':
        return is_between(c, '!', '~');
    case 'l':
        return is_between(c, 'a', 'z');
    case 'p':
        return is_between(c, '!', '~') && !is_letter(c) && !is_digit(c);
    case 's':
        return c == ' ' || is_between(c, '\t', '\r');
    case 'u':
        return is_between(c, 'A', 'Z');
    case 'w':
        return is_letter(c) || is_digit(c);
    case 'x':
        return is_digit(c) || is_between(c | 0x20, 'a', 'f');
    case 'z':
        return c == '\0';
    default:
        return -1;
    }
}

/* `%name`: a class, its complement in upper case, or the byte itself. */
static bool is_escaped(unsigned char c, unsigned char name) {
    int is_in = is_letter(name) ? in_class(c, name | 0x20) : -1;
    if (is_in < 0)
        return c == name;
    return (name & 0x20) ? is_in : !is_in;
}

/* A set, `[` to `]`. How many bytes of it were looked at is added to `*seen`. */
static bool in_set(unsigned char c, struct item set, size_t *seen) {
    const char *at = set.from + 1, *last = set.end - 1;
    bool is_negated = *at == '^';
    if (is_negated)
        at++;
    bool found = false;
    while (at < last && !found) {
        if (*at == '%') {
            found = is_escaped(c, byte(at + 1));
            at += 2;
        } else if (last - at > 2 && at[1] == '-') {
            found = is_between(c, byte(at), byte(at + 2));
            at += 3;
        } else {
            found = c == byte(at);
            at++;
        }
    }
    *seen += (size_t)(at - set.from);
    return found != is_negated;
}

/* Tests the byte under `m->at` (there is none: WAY_BACK). */
static enum way test(struct matcher *m, struct item item) {
    if (m->at == m->end)
        return spend(m, 1) ? WAY_BACK : WAY_BUDGET;
    unsigned char c = byte(m->at);
    size_t cost = 1;
    bool fits = false;
    switch (*item.from) {
    case '.':
        fits = true;
        break;
    case '%':
        fits = is_escaped(c, byte(item.from + 1));
        break;
    case '[':
        fits = in_set(c, item, &cost);
        break;
    default:
        fits = c == byte(item.from);
        break;
    }
    if (!spend(m, cost))
        return WAY_BUDGET;
    return fits ? WAY_ON : WAY_BACK;
}

/* Finds the end of the set that begins at `m->next`. The first byte in it is no `]`. */
static enum way read_set(struct matcher *m, struct item *item) {
    const char *at = m->next + 1;
    if (at < m->stop && *at == '^')
        at++;
    do {
        if (at >= m->stop)
            return bad(m, "malformed pattern (missing ']')");
        at += *at == '%' && m->stop - at > 1 ? 2 : 1;
    } while (at >= m->stop || *at != ']');
    *item = (struct item){m->next, at + 1};
    return spend(m, (size_t)(item->end - item->from)) ? WAY_ON : WAY_BUDGET;
}

static enum way read_item(struct matcher *m, struct item *item) {
    if (*m->next == '[')
        return read_set(m, item);
    size_t size = *m->next == '%' ? 2 : 1;
    if ((size_t)(m->stop - m->next) < size)
        return bad(m, "malformed pattern (ends with '%')");
    *item = (struct item){m->next, m->next + size};
    return WAY_ON;
}

static enum way leave_choice(struct matcher *m, struct item item, const char *least) {
    if (m->depth == PATTERN_DEPTH)
        return bad(m, "pattern too complex");
    m->choices[m->depth++] = (struct choice){.item = item,
                                             .rest = m->next,
                                             .at = m->at,
                                             .least = least,
                                             .count = m->out->count,
                                             .open = m->open};
    return WAY_ON;
}

/* `*`, `+`, `?`: as many as there are, from `least` to `most`. */
static enum way take_greedy(struct matcher *m, struct item item, size_t least, size_t most) {
    const char *from = m->at;
    enum way way = WAY_ON;
    while ((size_t)(m->at - from) < most && (way = test(m, item)) == WAY_ON)
        m->at++;
    if (way == WAY_BUDGET)
        return way;
    size_t taken = (size_t)(m->at - from);
    if (taken < least)
        return WAY_BACK;
    return taken == least ? WAY_ON : leave_choice(m, item, from + least);
}

static enum way match_single(struct matcher *m) {
    struct item item = {0};
    enum way way = read_item(m, &item);
    if (way != WAY_ON)
        return way;
    m->next = item.end;
    char quantifier = m->next < m->stop ? *m->next++ : '\0';
    switch (quantifier) {
    case '*':
        return take_greedy(m, item, 0, SIZE_MAX);
    case '+':
        return take_greedy(m, item, 1, SIZE_MAX);
    case '?':
        return take_greedy(m, item, 0, 1);
    case '-':
        return leave_choice(m, item, NULL);
    default:
        m->next = item.end;
        way = test(m, item);
        m->at += way == WAY_ON;
        return way;
    }
}

static enum way begin_capture(struct matcher *m) {
    if (m->out->count == PATTERN_CAPTURES)
        return bad(m, "too many captures");
    bool is_position = m->stop - m->next > 1 && m->next[1] == ')';
    if (!is_position)
        m->open |= UINT32_C(1) << m->out->count;
    m->out->captures[m->out->count++] = (struct pattern_capture){m->at, -1};
    m->next += is_position ? 2 : 1;
    return WAY_ON;
}

static enum way end_capture(struct matcher *m) {
    if (!m->open)
        return bad(m, "invalid pattern capture");
    unsigned last = 31 - (unsigned)__builtin_clz(m->open);
    struct pattern_capture *capture = &m->out->captures[last];
    m->open &= ~(UINT32_C(1) << last);
    capture->size = m->at - capture->at;
    m->next++;
    return WAY_ON;
}

/* `%1`. A position capture is never found again, as in Lua. */
static enum way match_reference(struct matcher *m) {
    unsigned index = (unsigned)(m->next[1] - '1');
    if (m->next[1] == '0' || index >= m->out->count || (m->open >> index & 1))
        return bad(m, "invalid capture index");
    struct pattern_capture capture = m->out->captures[index];
    if (capture.size < 0 || m->end - m->at < capture.size)
        return WAY_BACK;
    if (!spend(m, (size_t)capture.size))
        return WAY_BUDGET;
    if (memcmp(m->at, capture.at, (size_t)capture.size) != 0)
        return WAY_BACK;
    m->at += capture.size;
    m->next += 2;
    return WAY_ON;
}

/* `%bxy`. Where x is y, the first one that follows closes, as in Lua. */
static enum way match_balanced(struct matcher *m) {
    if (m->stop - m->next < 4)
        return bad(m, "unbalanced pattern");
    char opens = m->next[2], closes = m->next[3];
    if (m->at == m->end || *m->at != opens)
        return WAY_BACK;
    size_t level = 1;
    while (level > 0) {
        if (!spend(m, 1))
            return WAY_BUDGET;
        if (++m->at == m->end)
            return WAY_BACK;
        if (*m->at == closes)
            level--;
        else if (*m->at == opens)
            level++;
    }
    m->at++;
    m->next += 4;
    return WAY_ON;
}

/* `%f[set]`: between a byte outside the set and one inside; beyond both ends lies a NUL. */
static enum way match_frontier(struct matcher *m) {
    m->next += 2;
    if (m->next == m->stop || *m->next != '[')
        return bad(m, "missing '[' after '%f' in pattern");
    struct item set = {0};
    enum way way = read_set(m, &set);
    if (way != WAY_ON)
        return way;
    unsigned char before = m->at == m->start ? '\0' : byte(m->at - 1);
    unsigned char after = m->at == m->end ? '\0' : byte(m->at);
    size_t cost = 0;
    bool is_border = !in_set(before, set, &cost) && in_set(after, set, &cost);
    if (!spend(m, cost))
        return WAY_BUDGET;
    m->next = set.end;
    return is_border ? WAY_ON : WAY_BACK;
}

static enum way match_escape(struct matcher *m) {
    char name = m->stop - m->next > 1 ? m->next[1] : '\0';
    if (name == 'b')
        return match_balanced(m);
    if (name == 'f')
        return match_frontier(m);
    if (is_digit((unsigned char)name))
        return match_reference(m);
    return match_single(m);
}

/* One piece of the pattern. */
static enum way match_next(struct matcher *m) {
    if (!spend(m, 1))
        return WAY_BUDGET;
    switch (*m->next) {
    case '(':
        return begin_capture(m);
    case ')':
        return end_capture(m);
    case '%':
        return match_escape(m);
    case '$':
        if (m->stop - m->next > 1)
            return match_single(m);
        m->next++;
        return m->at == m->end ? WAY_ON : WAY_BACK;
    default:
        return match_single(m);
    }
}

/* The last choice, taken differently: a greedy item gives a byte back, a lazy one takes one more.
 * WAY_BACK: there is no choice left. */
static enum way go_back(struct matcher *m) {
    while (m->depth > 0) {
        struct choice *choice = &m->choices[m->depth - 1];
        m->at = choice->at;
        m->next = choice->rest;
        m->out->count = choice->count;
        m->open = choice->open;
        enum way way = WAY_ON;
        if (choice->least) {
            way = spend(m, 1) ? WAY_ON : WAY_BUDGET;
            choice->at = --m->at;
            if (choice->at == choice->least)
                m->depth--;
        } else {
            way = test(m, choice->item);
            if (way == WAY_ON)
                choice->at = ++m->at;
            else
                m->depth--;
        }
        if (way != WAY_BACK)
            return way;
    }
    return WAY_BACK;
}

enum pattern_result pattern_match_at(struct span subject, size_t init, struct span pattern,
                                     struct pattern_match *out, uint64_t *steps, struct why *why) {
    check(init <= subject.size);
    const char *start = subject.at ? subject.at : "", *first = pattern.at ? pattern.at : "";
    struct matcher m; /* the choices are not cleared: 8 KB a call would be felt */
    m.start = start;
    m.end = start + subject.size;
    m.at = start + init;
    m.next = first;
    m.stop = first + pattern.size;
    m.out = out;
    m.open = 0;
    m.steps = steps;
    m.why = why;
    m.depth = 0;
    out->from = m.at;
    out->count = 0;

    enum way way = spend(&m, 1) ? WAY_ON : WAY_BUDGET;
    while (way == WAY_ON && m.next < m.stop) {
        way = match_next(&m);
        if (way == WAY_BACK)
            way = go_back(&m);
    }
    if (way == WAY_ON && m.open)
        way = bad(&m, "unfinished capture");
    out->to = m.at;
    static const enum pattern_result results[] = {[WAY_ON] = PATTERN_YES,
                                                  [WAY_BACK] = PATTERN_NO,
                                                  [WAY_BUDGET] = PATTERN_BUDGET,
                                                  [WAY_BAD] = PATTERN_BAD};
    return results[way];
}
