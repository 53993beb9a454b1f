/* openapi: the description of the HTTP API that it serves itself, for people and for programs that
 * make clients of it. Paths, methods and who may come from the table of endpoints; what each call
 * takes and answers stands in openapi_calls.c, by names whose meaning is in openapi.json.
 *
 * Says nothing that is secret, and is for everybody.
 *
 * Source: OpenAPI 3.0.3. */
#ifndef CHAT21D_API_OPENAPI_H
#define CHAT21D_API_OPENAPI_H

#include "words/arena.h"

/* Each is some of openapi.json's `components`, by their names, with a space between them. */
struct openapi_call {
    const char *tag;     /* what family it is of */
    const char *query;   /* parameters, besides the path's; NULL: none */
    const char *body;    /* NULL: none is read */
    const char *replies; /* "200:Success 400:Bad", besides those of the gate */
};

struct endpoint;
/* NULL: nobody has described it. */
const struct openapi_call *openapi_call_of(const struct endpoint *endpoint);

/* The document as JSON, in the arena. `base` is what paths begin with ("/api", ""). */
struct span openapi_write(struct arena *arena, const char *base, const char *version);

/* openapi.json, which the build puts into the program (scripts/embed). */
extern const struct span OPENAPI_PARTS;

#endif
