#include "script.h"

#include "words.h"
#include "world.h"

#include "words/text.h"

#include <errno.h>
#include <stdlib.h>

struct span script_word(struct script *script) {
    while (*script->at == ' ')
        script->at++;
    char *from = script->at;
    while (*script->at && *script->at != ' ')
        script->at++;
    return (struct span){from, (size_t)(script->at - from)};
}

struct span script_rest(struct script *script) {
    while (*script->at == ' ')
        script->at++;
    struct span all = span_of(script->at);
    script->at += all.size;
    return all;
}

long script_number_of(struct span text) {
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", SPAN_ARGS(text));
    return strtol(digits, NULL, 10);
}

long script_number(struct script *script) {
    return script_number_of(script_word(script));
}

static const struct {
    const char *word;
    int (*say)(struct script *script, struct why *why);
} WORDS[] = {
    {"set", say_set},
    {"file", say_file},
    {"no-file", say_no_file},
    {"arrive", say_arrive},
    {"arrive-many", say_arrives_many},
    {"waits-in-queue", say_waits},
    {"many-wait-in-queue", say_many_wait},
    {"poison", say_poison},
    {"marker", say_marker},
    {"everywhere", say_everywhere},
    {"by-chance", say_by_chance},
    {"run", say_run},
    {"kill", say_kill},
    {"die-after", say_die_after},
    {"died", say_dead_server},
    {"confirms", say_confirms},
    {"broker", say_broker},
    {"store", say_store},
    {"facts", say_facts},
    {"advance", say_advance},
    {"suspect", say_suspect},
    {"suspect-drained", say_suspect_drained},
    {"suspect-shared", say_suspect_shared},
    {"suspects", say_suspects},
    {"shares", say_shares},
    {"acks", say_acks},
    {"acknowledged", say_acknowledged},
    {"others-take", say_others_take},
    {"reload", say_reload},
    {"erase", say_erase},
    {"erased", say_erased},
    {"revoke", say_revoke},
    {"restore", say_restore},
    {"release", say_release},
    {"discard", say_discard},
    {"waiting", say_waiting},
    {"kept", say_kept},
    {"decision", say_decision},
    {"decision-has", say_decision_has},
    {"decisions", say_decisions},
    {"out", say_out},
    {"body", say_body},
    {"dead", say_dead},
    {"nothing", say_nothing},
    {"skip", say_skip},
    {"order", say_order},
    {"all-came", say_all_came},
    {"distinct", say_distinct},
    {"app", say_app},
    {"history", say_history},
    {"entry", say_entry},
    {"conversation", say_conversation},
    {"newest", say_newest},
    {"told", say_told},
    {"tells", say_tells},
    {"answered", say_answered},
    {"post", say_post},
    {"tried", say_tried},
    {"posts-stored", say_posts_stored},
    {"counts", say_counts},
    {"settled", say_settled},
    {"turn", say_turn},
    {"paused", say_paused},
    {"runs-on", say_runs_on},
    {"empty", say_empty},
};

static int play_line(struct script *script, struct why *why) {
    struct span verb = script_word(script);
    if (!verb.size || verb.at[0] == '#')
        return 0;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (span_is(verb, WORDS[i].word))
            return WORDS[i].say(script, why);
    return why_say(why, "no word of the scripts: %.*s", SPAN_ARGS(verb));
}

/* "@3" is the id of the stream's message at offset 3. */
static char *with_ids(struct script *script, const char *line) {
    struct text out = text_start(script->arena, 256);
    while (*line) {
        if (line[0] != '@' || line[1] < '0' || line[1] > '9') {
            text_add_char(&out, *line++);
            continue;
        }
        char *end;
        struct ident id = ident_make(WORLD_INCARNATION, strtoull(line + 1, &end, 10), 0);
        text_add(&out, span_of(id.text));
        line = end;
    }
    return arena_string(script->arena, text_span(&out));
}

static int play_lines(struct script *script, const char *path, struct why *why) {
    char line[8192];
    while (fgets(line, sizeof line, script->file)) {
        script->line++;
        line[strcspn(line, "\n")] = '\0';
        script->at = with_ids(script, line);
        int at = script->line;
        struct why reason = {.words = ""};
        int rc = play_line(script, &reason);
        script->at = NULL;
        if (rc != 0)
            return why_say(why, "%s:%d: %.100s: %.180s", path, at, line, reason.words);
    }
    return 0;
}

static int play(struct script *script, const char *path, const char *policies, struct why *why) {
    struct world *world = script->world = world_new(policies);
    world->mishap = script->mishap;
    world->mishap_at = script->mishap ? script->mishap_at : -1;
    script->arena = arena_new();
    script->line = 0;
    script->app = SPAN("tilechat");
    rewind(script->file);
    int rc = play_lines(script, path, why);
    script->is_past = world->mishap_at >= 0;
    world_free(world);
    arena_free(&script->arena);
    return rc;
}

static const char *const NAMES[MISHAPS] = {
    [MISHAP_KILL] = "killed after stage",     [MISHAP_BROKER] = "connection lost at publication",
    [MISHAP_REFUSAL] = "refused publication", [MISHAP_STORE] = "disk full at statement",
    [MISHAP_CHANCE] = "mishaps by chance",
};

/* Again and again, with each mishap at each place there is, until it comes after the end. */
static int play_everywhere(struct script *script, const char *path, const char *policies,
                           struct why *why) {
    for (int mishap = MISHAP_KILL; mishap < MISHAP_CHANCE; mishap++) {
        script->mishap = (enum mishap)mishap;
        script->is_past = false;
        for (script->mishap_at = 0; !script->is_past; script->mishap_at++)
            if (play(script, path, policies, why) != 0)
                return why_prefix(why, "%s %ld: ", NAMES[mishap], script->mishap_at + 1);
    }
    return 0;
}

static int play_by_chance(struct script *script, const char *path, const char *policies,
                          struct why *why) {
    script->mishap = MISHAP_CHANCE;
    for (script->mishap_at = 0; script->mishap_at < script->chances; script->mishap_at++)
        if (play(script, path, policies, why) != 0)
            return why_prefix(why, "%s %ld: ", NAMES[MISHAP_CHANCE], script->mishap_at + 1);
    return 0;
}

int script_play(const char *path, const char *policies, struct why *why) {
    struct script script = {.file = fopen(path, "r")};
    if (!script.file)
        return why_say(why, "%s: errno %d", path, errno);
    int rc = play(&script, path, policies, why);
    if (rc == 0 && script.is_everywhere)
        rc = play_everywhere(&script, path, policies, why);
    if (rc == 0 && script.chances)
        rc = play_by_chance(&script, path, policies, why);
    fclose(script.file);
    return rc;
}
