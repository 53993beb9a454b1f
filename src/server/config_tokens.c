#include "server/config_tokens.h"

#include "server/login_token.h"
#include "server/read_body.h"
#include "words/check.h"

#include <sys/stat.h>

#define KEY  "jwt_key (JWT_KEY): "
#define KEYS "jwt_keys (CHAT21D_JWT_KEYS): "

/* What is in the way of being told, and the keys so far. */
struct gathering {
    struct arena *arena;
    struct config_tokens *tokens;
    const struct problems *problems;
    struct keyring_key *keys;
    size_t count;
    struct span *warnings;
    size_t warning_count;
};

static void complain(const struct gathering *gathering, const char *setting, const char *words) {
    const struct problems *problems = gathering->problems;
    problems->add(problems->self, arena_print(gathering->arena, "%s%s", setting, words));
}

/* Two for each key at most. */
static void warn(struct gathering *gathering, struct span words) {
    check(gathering->warning_count < (size_t)2 * TOKEN_KEYS_MAX);
    gathering->warnings[gathering->warning_count++] = words;
}

/* Each key by itself, so that all that is wrong is said at once. */
static int check_key(const struct gathering *gathering, const struct keyring_key *key,
                     struct why *why) {
    struct keyring_settings one = {
        .algorithm = gathering->tokens->algorithm, .keys = key, .count = 1};
    struct keyring *keyring = keyring_new(&one, why);
    if (!keyring)
        return -1;
    keyring_free(&keyring);
    if (gathering->count == TOKEN_KEYS_MAX)
        return why_say(why, "there are more than %d keys", TOKEN_KEYS_MAX);
    for (size_t i = 0; i < gathering->count; i++)
        if (span_equal(gathering->keys[i].kid, key->kid))
            return why_say(why, "there is another key%s%.*s%s", key->kid.size ? " of the id " : "",
                           SPAN_ARGS(key->kid),
                           key->kid.size ? "" : " for tokens that name none (JWT_KEY, or =FILE)");
    return 0;
}

static void warn_of_secret(struct gathering *gathering, const char *setting,
                           const struct keyring_key *key) {
    const char *blank = key->kid.size ? " " : "";
    struct arena *arena = gathering->arena;
    if (gathering->tokens->allows_published && token_key_is_published(key->key))
        warn(gathering, arena_print(arena,
                                    "%sthe key%s%.*s stands in examples for everybody to read, and "
                                    "CHAT21D_ALLOW_PUBLISHED_KEY lets it pass",
                                    setting, blank, SPAN_ARGS(key->kid)));
    else if (key->key.size < TOKEN_SECRET_LEAST)
        warn(gathering,
             arena_print(arena,
                         "%sthe key%s%.*s has less than %d bytes: who has a token can guess at it",
                         setting, blank, SPAN_ARGS(key->kid), TOKEN_SECRET_LEAST));
}

static void add_key(struct gathering *gathering, const char *setting, struct keyring_key key) {
    struct why why;
    if (check_key(gathering, &key, &why) != 0) {
        complain(gathering, setting, why.words);
        return;
    }
    gathering->keys[gathering->count++] = key;
    if (gathering->tokens->algorithm == TOKEN_HS256)
        warn_of_secret(gathering, setting, &key);
}

/* As an environment has a PEM text in one line: with \n written out. */
struct span config_with_lines(struct arena *arena, struct span text) {
    char *out = arena_take(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_end = text.at[i] == '\\' && i + 1 < text.size && text.at[i + 1] == 'n';
        out[size++] = is_end ? '\n' : text.at[i];
        i += is_end;
    }
    return (struct span){out, size};
}

static void add_said_key(struct gathering *gathering) {
    const struct config_tokens *tokens = gathering->tokens;
    if (!tokens->key)
        return;
    struct span key = span_of(tokens->key);
    if (tokens->algorithm == TOKEN_RS256)
        key = config_with_lines(gathering->arena, key);
    add_key(gathering, KEY, (struct keyring_key){SPAN_NONE, key});
}

int config_read_key(struct arena *arena, const char *file, struct span *key, unsigned *others_may,
                    struct why *why) {
    struct span read;
    struct stat info;
    if (read_body_file(arena, file, TOKEN_KEY_MAX, &read, why) != 0)
        return -1;
    if (read.size > TOKEN_KEY_MAX)
        return why_say(why, "%s: too long for a key", file);
    while (read.size && (read.at[read.size - 1] == '\n' || read.at[read.size - 1] == '\r'))
        read.size--;
    *others_may = stat(file, &info) == 0 ? info.st_mode & (S_IROTH | S_IWOTH) : 0;
    *key = read;
    return 0;
}

/* A public key is for everybody to read, but not to put another one in its place. */
static void add_file(struct gathering *gathering, struct span item) {
    struct arena *arena = gathering->arena;
    const char *equals = memchr(item.at, '=', item.size);
    unsigned others_may = 0;
    struct keyring_key key;
    struct why why;
    if (!equals) {
        complain(gathering, KEYS, "an item is no KID=FILE");
        return;
    }
    key.kid = span_trim(span_cut(item, 0, (size_t)(equals - item.at)));
    const char *file =
        arena_string(arena, span_trim(span_cut(item, (size_t)(equals - item.at) + 1, item.size)));
    if (config_read_key(arena, file, &key.key, &others_may, &why) != 0) {
        complain(gathering, KEYS, why.words);
        return;
    }
    if (gathering->tokens->algorithm == TOKEN_RS256)
        others_may &= S_IWOTH;
    size_t before = gathering->count;
    add_key(gathering, KEYS, key);
    if (others_may && gathering->count > before)
        warn(gathering, arena_print(arena, KEYS "everybody on this machine may %s %s",
                                    others_may & S_IWOTH ? "write" : "read", file));
}

void config_tokens(struct arena *arena, struct config_tokens *tokens,
                   const struct problems *problems) {
    struct gathering gathering = {
        .arena = arena,
        .tokens = tokens,
        .problems = problems,
        .keys = arena_array(arena, TOKEN_KEYS_MAX, sizeof *gathering.keys),
        .warnings = arena_array(arena, (size_t)2 * TOKEN_KEYS_MAX, sizeof *gathering.warnings),
    };
    add_said_key(&gathering);
    for (struct span item, rest = span_of(tokens->key_files); span_next(&rest, ',', &item);) {
        item = span_trim(item);
        if (item.size)
            add_file(&gathering, item);
    }
    tokens->ring = (struct keyring_settings){.algorithm = tokens->algorithm,
                                             .keys = gathering.keys,
                                             .count = gathering.count,
                                             .audience = span_of(tokens->audience),
                                             .leeway_seconds = CONFIG_TOKEN_LEEWAY};
    tokens->warnings = gathering.warnings;
    tokens->warning_count = gathering.warning_count;
}

#define ANYBODY                                                                                    \
    "stands in examples for everybody to read, and whoever knows it makes tokens for any user; "   \
    "make one (openssl rand -hex 32) for the broker and here, or say "                             \
    "CHAT21D_ALLOW_PUBLISHED_KEY=1 where nobody else can connect"

/* A file that cannot be read is a problem of its own. */
static bool login_is_published(struct arena *arena, const struct config *config) {
    struct span token = SPAN_NONE;
    if (config->broker_token_file)
        login_token_read(arena, config->broker_token_file, &token, NULL);
    else if (config->broker.uri)
        broker_password(arena, config->broker.uri, &token, NULL);
    return token_is_of_published_key(arena, token);
}

void config_refuse_published(struct arena *arena, const struct config *config,
                             const struct problems *problems) {
    const struct config_tokens *tokens = &config->tokens;
    if (tokens->allows_published)
        return;
    for (size_t i = 0; i < tokens->ring.count; i++)
        if (tokens->algorithm == TOKEN_HS256 && token_key_is_published(tokens->ring.keys[i].key))
            problems->add(problems->self, arena_print(arena, "%sthe key%s%.*s " ANYBODY,
                                                      tokens->ring.keys[i].kid.size ? KEYS : KEY,
                                                      tokens->ring.keys[i].kid.size ? " " : "",
                                                      SPAN_ARGS(tokens->ring.keys[i].kid)));
    if (login_is_published(arena, config))
        problems->add(
            problems->self,
            arena_print(arena, "%s: the broker's key, with which its token is signed, " ANYBODY,
                        config->broker_token_file ? "broker_token_file (CHAT21D_BROKER_TOKEN_FILE)"
                                                  : "rabbitmq_uri (RABBITMQ_URI)"));
}
