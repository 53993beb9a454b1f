#include "server/config_api.h"

#include "ports/hook.h"
#include "ports/http.h"
#include "server/config_tokens.h"
#include "server/read_body.h"

enum { PEM_MAX = 256 * 1024, PROXIES_MAX = 64 };

static void complain(struct arena *arena, const struct problems *problems, const char *setting,
                     const char *words) {
    problems->add(problems->self, arena_print(arena, "%s: %s", setting, words));
}

/* The text itself (with \n written out, maybe), or a file's name. */
static const char *read_pem(struct arena *arena, const char *said, const char *setting,
                            const struct problems *problems) {
    struct span text;
    struct why why;
    if (!said)
        return NULL;
    if (strncmp(said, "-----BEGIN", 10) == 0)
        return arena_string(arena, config_with_lines(arena, span_of(said)));
    if (read_body_file(arena, said, PEM_MAX, &text, &why) == 0 && text.size <= PEM_MAX)
        return arena_string(arena, text);
    complain(arena, problems, setting,
             "is neither PEM (-----BEGIN …) nor a file of that which can be read");
    return NULL;
}

/* "/api/" is "/api", and "/" is nothing. */
static const char *read_base(struct arena *arena, const char *said,
                             const struct problems *problems) {
    struct span base = span_of(said);
    while (base.size && base.at[base.size - 1] == '/')
        base.size--;
    bool is_path = !base.size || (base.at[0] == '/' && !span_has(base, SPAN("//")));
    for (size_t i = 0; i < base.size; i++)
        is_path &= base.at[i] > ' ' && base.at[i] < 0x7f && !strchr("?#%\\{}", base.at[i]);
    if (!is_path)
        complain(arena, problems, "base_url (BASEURL)",
                 "is no path, as \"/api\" is one: a slash, and plain words");
    return arena_string(arena, base);
}

static void read_proxies(struct arena *arena, struct config_api *api,
                         const struct problems *problems) {
    struct span text = span_of(api->proxies_said), proxy;
    api->proxies = arena_array(arena, PROXIES_MAX, sizeof *api->proxies);
    while (span_next(&text, ',', &proxy)) {
        proxy = span_trim(proxy);
        if (!proxy.size)
            continue;
        if (api->proxy_count == PROXIES_MAX || !http_is_address(arena_string(arena, proxy))) {
            complain(arena, problems, "api_proxies (CHAT21D_API_PROXIES)",
                     "is a list of IP addresses, 64 at most, comma separated");
            return;
        }
        api->proxies[api->proxy_count++] = proxy;
    }
}

static void check_contacts(struct arena *arena, const char *url, const struct problems *problems) {
    struct why why;
    if (!url)
        return;
    bool has_more = strpbrk(url, "?#") != NULL;
    if (has_more || hook_check_url(span_of(url), true, &why) != 0)
        complain(arena, problems, "contacts_url (CONTACTS_LOOKUP_ENDPOINT)",
                 has_more ? "has a query or a fragment: ids are put behind it" : why.words);
}

void config_api(struct arena *arena, struct config_api *api, const struct problems *problems) {
    bool has_cert = api->cert != NULL, has_key = api->key != NULL;
    if (has_cert != has_key)
        complain(arena, problems, has_cert ? "key_pem (KEY_PEM)" : "cert_pem (CERT_PEM)",
                 has_cert ? "is not set, and cert_pem (CERT_PEM) is: HTTPS needs both"
                          : "is not set, and key_pem (KEY_PEM) is: HTTPS needs both");
    api->cert = read_pem(arena, api->cert, "cert_pem (CERT_PEM)", problems);
    api->key = read_pem(arena, api->key, "key_pem (KEY_PEM)", problems);
    if (api->base)
        api->base = read_base(arena, api->base, problems);
    read_proxies(arena, api, problems);
    check_contacts(arena, api->contacts, problems);
}
