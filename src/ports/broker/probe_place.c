/* Where the broker is, by its URI and its name. */
#include "ports/broker/uri.h"
#include "ports/broker_probe.h"

#include "words/check.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

int broker_place(const char *uri, struct broker_place *out, struct why *why) {
    struct uri parsed;
    if (uri_parse(uri, &parsed, why) < 0)
        return -1;
    *out = (struct broker_place){.port = parsed.port, .is_tls = parsed.is_tls};
    snprintf(out->host, sizeof out->host, "%s", parsed.host);
    out->is_local = strcmp(parsed.host, "localhost") == 0 || strcmp(parsed.host, "::1") == 0 ||
                    strncmp(parsed.host, "127.", 4) == 0;
    uri_clear(&parsed);
    return 0;
}

/* What the resolver still writes to when nobody waits for it any more. */
struct question {
    struct gaicb request;
    char host[256];
};

static void forget(struct question *question) {
    if (question->request.ar_result)
        freeaddrinfo(question->request.ar_result);
    free(question);
}

/* One that cannot be called off is left behind with all that it has. */
static int give_up(struct question *question, int timeout_ms, struct why *why) {
    why_say(why, "the name %s is not resolved within %d s", question->host, timeout_ms / 1000);
    if (gai_cancel(&question->request) == EAI_CANCELED)
        forget(question);
    return -1;
}

int broker_resolves(const char *host, int timeout_ms, struct why *why) {
    struct question *question = must_calloc(1, sizeof *question);
    struct gaicb *list[] = {&question->request};
    const struct gaicb *const waits_for[] = {&question->request};
    struct timespec patience = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    snprintf(question->host, sizeof question->host, "%s", host);
    question->request.ar_name = question->host;
    int code = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (code == 0)
        gai_suspend(waits_for, 1, &patience);
    if (code == 0)
        code = gai_error(&question->request);
    if (code == EAI_INPROGRESS)
        return give_up(question, timeout_ms, why);
    forget(question);
    return code == 0 ? 0
                     : why_say(why, "the name %s cannot be resolved: %s", host, gai_strerror(code));
}
