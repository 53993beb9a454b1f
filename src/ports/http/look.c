/* What two readers could understand in two ways is refused: a proxy in front of us would take one
 * request for two, or the other way round. The library is not as strict. */
#include "ports/http/inside.h"
#include "words/check.h"

#include <stdlib.h>
#include <strings.h>

enum { HEADERS_MAX = 100, LENGTH_DIGITS = 18 };

const struct refusal REFUSE_LARGE = {413, "the body is too large"};
const struct refusal REFUSE_FULL = {503, "too many large requests are under way"};
const struct refusal REFUSE_LATE = {504, "the answer did not come in time"};
static const struct refusal METHOD = {405, "that method is not served"},
                            VERSION = {505, "HTTP/1.1 and HTTP/1.0 are spoken"},
                            TARGET = {400, "that is no path"},
                            HEADER = {400, "a header has a byte that none may have"},
                            HEADERS = {431, "there are too many headers"},
                            HOST = {400, "there is more than one Host"},
                            LENGTH = {400, "Content-Length is not one number"},
                            ENCODING = {400, "Transfer-Encoding is not chunked alone"};

static bool is_control(char byte) {
    return (unsigned char)byte < ' ' || byte == 0x7f;
}

/* ---- headers ---- */

struct seen {
    unsigned all, hosts, lengths, encodings;
    bool is_spoilt;
    struct span length, encoding;
};

static bool is_token(struct span name) {
    static const char MARKS[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.at[i], lower = (char)(byte | ' ');
        if (!(lower >= 'a' && lower <= 'z') && !(byte >= '0' && byte <= '9') &&
            !memchr(MARKS, byte, sizeof MARKS - 1))
            return false;
    }
    return name.size > 0;
}

static bool is_value(struct span value) {
    for (size_t i = 0; i < value.size; i++)
        if (is_control(value.at[i]) && value.at[i] != '\t')
            return false;
    return true;
}

static bool is_named(struct span name, const char *lower) {
    return name.size == strlen(lower) && strncasecmp(name.at, lower, name.size) == 0;
}

/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the library's */
static enum MHD_Result see(void *self, enum MHD_ValueKind kind, const char *key, size_t key_size,
                           const char *text, size_t text_size) {
    struct seen *seen = self;
    struct span name = {key, key_size}, value = {text, text ? text_size : 0};
    (void)kind;
    seen->all++;
    seen->is_spoilt = seen->is_spoilt || !is_token(name) || !is_value(value);
    if (is_named(name, "host")) {
        seen->hosts++;
    } else if (is_named(name, "content-length")) {
        seen->lengths++;
        seen->length = value;
    } else if (is_named(name, "transfer-encoding")) {
        seen->encodings++;
        seen->encoding = value;
    }
    return MHD_YES;
}

static bool is_number(struct span digits) {
    for (size_t i = 0; i < digits.size; i++)
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
    return digits.size > 0 && digits.size <= LENGTH_DIGITS;
}

static const struct refusal *look_at_headers(const struct seen *seen, bool is_old) {
    if (seen->all > HEADERS_MAX)
        return &HEADERS;
    if (seen->is_spoilt)
        return &HEADER;
    if (seen->hosts > 1)
        return &HOST;
    if (seen->encodings &&
        (seen->encodings > 1 || seen->lengths || is_old || !is_named(seen->encoding, "chunked")))
        return &ENCODING;
    if (seen->lengths > 1 || (seen->lengths && !is_number(seen->length)))
        return &LENGTH;
    return NULL;
}

/* ---- the first line ---- */

static bool is_served(const char *method, bool has_bodies) {
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    size_t count = has_bodies ? sizeof METHODS / sizeof *METHODS : 2;
    for (size_t i = 0; i < count; i++)
        if (strcmp(method, METHODS[i]) == 0)
            return true;
    return false;
}

/* http://host/path is the same as /path to a server (RFC 9112, 3.2.2). */
static struct span without_host(struct span target) {
    static const char *const SCHEMES[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(SCHEMES[i]);
        if (target.size < size || strncasecmp(target.at, SCHEMES[i], size) != 0)
            continue;
        while (size < target.size && target.at[size] != '/' && target.at[size] != '?')
            size++;
        return span_cut(target, size, target.size);
    }
    return target;
}

void look_for_path(struct span target, struct span *path, struct span *query) {
    target = without_host(target);
    const char *mark = target.size ? memchr(target.at, '?', target.size) : NULL;
    size_t size = mark ? (size_t)(mark - target.at) : target.size;
    *path = size ? span_cut(target, 0, size) : SPAN("/");
    *query = span_cut(target, size + 1, target.size);
}

static bool is_target(struct span target, const char *method) {
    struct span path, query;
    for (size_t i = 0; i < target.size; i++)
        if (is_control(target.at[i]) || target.at[i] == ' ' || target.at[i] == '#')
            return false;
    look_for_path(target, &path, &query);
    return target.size && (path.at[0] == '/' || (span_is(target, "*") && method[0] == 'O'));
}

/* ---- all of it ---- */

static const struct refusal *look_at_body(struct http_exchange *exchange, const struct seen *seen) {
    const struct http *http = exchange->guest->http;
    exchange->declared = seen->lengths ? strtoul(seen->length.at, NULL, 10) : 0;
    if (exchange->declared > http->settings.body_max)
        return &REFUSE_LARGE;
    if (seen->encodings && !http->settings.body_max)
        return &REFUSE_LARGE;
    return body_has_room(exchange, exchange->declared) ? NULL : &REFUSE_FULL;
}

const struct refusal *look_at(struct http_exchange *exchange, const char *version) {
    struct seen seen = {0};
    const struct refusal *refusal;
    bool is_old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    if (!is_old && strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
        return &VERSION;
    if (!is_served(exchange->method, exchange->guest->http->settings.body_max > 0))
        return &METHOD;
    if (!is_target(exchange->target, exchange->method))
        return &TARGET;
    MHD_get_connection_values_n(exchange->guest->connection, MHD_HEADER_KIND, see, &seen);
    refusal = look_at_headers(&seen, is_old);
    return refusal ? refusal : look_at_body(exchange, &seen);
}
