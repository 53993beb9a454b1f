/* contacts: what a contact directory says of people: GET URL/ID answers with a JSON object that has
 * `fullname`, `firstname` and `lastname` (protocol, section 5), each as far as it is known.
 *
 * A thread of its own asks, 16 at a time, and never waits for one: what is not known within 5
 * seconds is left out, as is what the directory does not answer within 2 seconds, with another
 * status than 200, with more than 64 KB, or with something else. Certificates and host names are
 * verified, redirects are not followed, no proxy is used; addresses of private networks are usual
 * for a directory, and allowed: whoever sets the URL says where it is. Thousands of answers are
 * remembered for 5 minutes (that there is nobody of that id, 404, is one); that there was none, for
 * 30 seconds. A directory that fails is said in the log, once a minute. */
#ifndef CHAT21D_CONTACTS_H
#define CHAT21D_CONTACTS_H

#include "words/arena.h"
#include "words/clock.h"
#include "words/why.h"

enum { CONTACTS_AT_ONCE = 100, CONTACTS_NAME_MAX = 200 /* bytes; a longer name is left out */ };

/* Borrowed for its life. */
struct contacts_settings {
    const char *url;     /* hook_check_url has seen it; ids are put behind it */
    const char *ca_file; /* the authorities that are trusted; NULL: the system's */
    const char *user_agent;
};

struct contacts;

/* `told` is called on the thread of contacts, once for each asking that was taken: `names` is a
 * JSON object with a member for each of the ids of which something is known,
 * {"U":{"fullname":…,"firstname":…,"lastname":…}}; borrowed for the call. NULL: `why`. */
struct contacts *contacts_new(const struct contacts_settings *settings, const struct clock *clock,
                              void (*told)(void *self, struct span ticket, struct span names),
                              void *self, struct why *why);
/* Ends the thread within a moment; nobody is told of what is still under way. */
void contacts_free(struct contacts **contacts);

/* Asks for CONTACTS_AT_ONCE ids at most; copied. False: too much is under way. From any thread. */
bool contacts_ask(struct contacts *contacts, struct span ticket, const struct span *ids,
                  size_t count);

#endif
