/* extjson: MongoDB's extended JSON (v2, canonical and relaxed, and what older exports write) as
 * plain JSON, the way a Node.js server shows the same documents.
 *
 *   {"$oid":"…"} -> "…"      {"$numberInt":"1"}, {"$numberLong":"1"}, {"$numberDouble":"1.5"}
 * -> 1.5
 *   {"$date":…} -> "2024-05-01T12:00:00.000Z"      {"$undefined":true} -> null
 *
 * Numbers keep their digits, however many; those that JSON cannot say (NaN, Infinity) are null.
 * What else begins with $ ($numberDecimal, $binary, …) stays as it is, as does every other byte.
 * Pure; memory from the arena given. */
#ifndef CHAT21D_EXTJSON_H
#define CHAT21D_EXTJSON_H

#include "words/arena.h"
#include "words/json.h"

/* `document` is checked JSON; the result is checked JSON as well, and may be `document` itself. -1:
 * something is of these kinds, but not written as such ({"$numberLong":"x"}). */
int extjson_plain(struct arena *arena, struct span document, struct span *out, struct why *why);

#endif
