/* URLs: may one be posted to, and how is it shown? */
#include "ports/hook/address.h"
#include "ports/hook/parts.h"
#include "words/check.h"

#include <arpa/inet.h>
#include <strings.h>

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcasecmp(text + size - tail, end) == 0;
}

/* What kind of host is written there? curl has made "0x7f.1" and "2130706433" into 127.0.0.1 by
 * now. NULL: a public one, or a name, of which only its addresses can tell. */
static const char *host_kind(char *host) {
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    size_t size = strlen(host);
    if (strcasecmp(host, "localhost") == 0 || ends_with(host, ".localhost"))
        return "this machine";
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
        return address_kind((struct sockaddr *)&four);
    if (size < 2 || host[0] != '[')
        return NULL;
    host[strcspn(host, "%]")] = 0;
    if (inet_pton(AF_INET6, host + 1, &six.sin6_addr) == 1)
        return address_kind((struct sockaddr *)&six);
    return NULL;
}

static int check_host(CURLU *parts, bool allows_private, struct why *why) {
    char *host = NULL;
    if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK || !*host) {
        curl_free(host);
        return why_say(why, "has no host");
    }
    const char *kind = allows_private ? NULL : host_kind(host);
    curl_free(host);
    return kind ? why_say(why,
                          "names %s as its host, which is refused; "
                          "CHAT21D_WEBHOOK_PRIVATE=yes allows it",
                          kind)
                : 0;
}

static bool is_http(CURLU *parts) {
    char *scheme = NULL;
    bool is = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
    curl_free(scheme);
    return is;
}

static int check_parts(CURLU *parts, const char *text, bool allows_private, struct why *why) {
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_BAD_SCHEME || (code == CURLUE_OK && !is_http(parts)))
        return why_say(why, "does not begin with http:// or https://");
    if (code != CURLUE_OK)
        return why_say(why, "is no URL: %s", curl_url_strerror(code));
    return check_host(parts, allows_private, why);
}

int hook_check_url(struct span url, bool allows_private, struct why *why) {
    char text[HOOK_URL_MAX + 1];
    if (url.size > HOOK_URL_MAX)
        return why_say(why, "is longer than %d bytes", HOOK_URL_MAX);
    if (url.size == 0 || memchr(url.at, 0, url.size))
        return why_say(why, "is no URL");
    memcpy(text, url.at, url.size);
    text[url.size] = 0;
    CURLU *parts = curl_url();
    check(parts);
    int rc = check_parts(parts, text, allows_private, why);
    curl_url_cleanup(parts);
    return rc;
}

/* Written for any text, not only for URLs that curl would take: what is shown may be old. */
struct span hook_mask_url(struct arena *arena, struct span url) {
    const char *scheme = url.size ? memmem(url.at, url.size, "://", 3) : NULL;
    size_t start = scheme ? (size_t)(scheme - url.at) + 3 : 0, end = start;
    while (end < url.size && !strchr("/?#", url.at[end]))
        end++;
    size_t host = end;
    while (host > start && url.at[host - 1] != '@')
        host--;
    size_t query = end;
    while (query < url.size && !strchr("?#", url.at[query]))
        query++;
    const char *hidden = query == url.size ? "" : url.at[query] == '#' ? "#***" : "?***";
    return arena_print(arena, "%.*s%s%.*s%s", SPAN_ARGS(span_cut(url, 0, start)),
                       host > start ? "***@" : "", SPAN_ARGS(span_cut(url, host, query - host)),
                       hidden);
}
