/* With what the doctor signs the users' tokens that it tries. */
#include "server/doctor.h"

#include "server/config_tokens.h"
#include "words/clock.h"

static int read_signer(struct doctor *doctor, struct token_signer *signer, struct why *why) {
    *signer = (struct token_signer){.algorithm = doctor->config.tokens.algorithm};
    return config_read_key(doctor->arena, doctor->key_file, &signer->key, &(unsigned){0}, why);
}

/* The keys of RS256 in the settings are public ones, which sign nothing. */
int doctor_signers(struct doctor *doctor, struct token_signer **signers, size_t *count,
                   struct why *why) {
    const struct config_tokens *tokens = &doctor->config.tokens;
    size_t room = tokens->ring.count + 1;
    struct token_signer *list = arena_array(doctor->arena, room, sizeof *list);
    *count = 0;
    *signers = list;
    if (doctor->key_file) {
        *count = 1;
        return read_signer(doctor, list, why);
    }
    for (size_t i = 0; tokens->algorithm == TOKEN_HS256 && i < tokens->ring.count; i++)
        list[(*count)++] =
            (struct token_signer){TOKEN_HS256, tokens->ring.keys[i].key, tokens->ring.keys[i].kid};
    return 0;
}

/* Where the broker's keys are public ones, somebody may have signed with the text of one. */
struct token_signer doctor_stranger(const struct doctor *doctor) {
    const struct config_tokens *tokens = &doctor->config.tokens;
    struct token_signer stranger = {.algorithm = TOKEN_HS256};
    if (tokens->algorithm == TOKEN_RS256 && tokens->ring.count)
        stranger.key = tokens->ring.keys[0].key;
    else
        stranger.key = arena_print(doctor->arena, "no broker's key: %.*s%.*s",
                                   SPAN_ARGS(doctor->me), SPAN_ARGS(doctor->other));
    return stranger;
}

int doctor_user_token(struct doctor *doctor, const struct token_signer *signer, int64_t seconds,
                      const char **token, struct why *why) {
    enum { HOUR = 3600 };
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    struct token_user user = {.app = doctor->config.apps[0], .user = doctor->me};
    struct token_span span = {now - HOUR, now + seconds}; /* one that ended was good before */
    struct span made;
    if (token_for_user(doctor->arena, signer, &user, span, &made, why) < 0)
        return -1;
    *token = arena_string(doctor->arena, made);
    return 0;
}
