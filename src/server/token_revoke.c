#include "server/token_revoke.h"

#include "server/ask.h"
#include "server/config.h"
#include "server/output.h"
#include "words/json_write.h"

#include <stdio.h>
#include <unistd.h>

static struct span question(struct arena *arena, const struct token_revocation *what) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "do", what->restores ? SPAN("restore") : SPAN("revoke"));
    json_put_text(&writer, "app", what->app);
    json_put_text(&writer, "user", what->user);
    if (!what->restores)
        json_put_number(&writer, "seconds", what->seconds);
    json_close(&writer, '}');
    return json_written(&writer);
}

static void print_revoked(const struct token_revocation *what, struct span answer) {
    fputs("tokens of ", stdout);
    output_text(what->user);
    fputs(" from before now are revoked until ", stdout);
    output_time(answer_number(answer, "until_ms"));
    puts("\nthe HTTP API refuses them, and what it sends is rejected (policy revoked_users)\n"
         "the broker still lets them in until they expire: to read what arrives, and to confirm,\n"
         "archive and block; `chat21d token --restore` undoes it");
}

static void print_restored(const struct token_revocation *what, bool was_revoked) {
    output_text(what->user);
    puts(was_revoked ? "'s tokens are good again" : "'s tokens were not revoked");
}

int token_revoke(struct arena *arena, const struct token_revocation *what, struct why *why) {
    const char *data;
    struct span answer;
    if (config_value(arena, what->config, environ, "data", &data, why) != 0 ||
        ask_for(arena, data, question(arena, what), &answer, why) != 0)
        return -1;
    if (what->as_json)
        printf("%.*s\n", SPAN_ARGS(answer));
    else if (what->restores)
        print_restored(what, span_is(answer_text(arena, answer, "was_revoked"), "true"));
    else
        print_revoked(what, answer);
    return 0;
}
