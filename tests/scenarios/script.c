#include "script.h"

#include "words.h"
#include "world.h"

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
    {"poison", say_poison},
    {"marker", say_marker},
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
    {"suspects", say_suspects},
    {"reload", say_reload},
    {"release", say_release},
    {"discard", say_discard},
    {"waiting", say_waiting},
    {"kept", say_kept},
    {"decision", say_decision},
    {"decisions", say_decisions},
    {"out", say_out},
    {"body", say_body},
    {"dead", say_dead},
    {"nothing", say_nothing},
    {"skip", say_skip},
    {"distinct", say_distinct},
    {"history", say_history},
    {"newest", say_newest},
    {"counts", say_counts},
    {"settled", say_settled},
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

static int play_lines(struct script *script, const char *path, struct why *why) {
    char line[8192];
    while (fgets(line, sizeof line, script->file)) {
        script->line++;
        line[strcspn(line, "\n")] = '\0';
        script->at = line;
        int at = script->line;
        struct why reason = {.words = ""};
        int rc = play_line(script, &reason);
        script->at = NULL;
        if (rc != 0)
            return why_say(why, "%s:%d: %.100s: %.180s", path, at, line, reason.words);
    }
    return 0;
}

int script_play(const char *path, const char *policies, struct why *why) {
    struct script script = {.file = fopen(path, "r")};
    if (!script.file)
        return why_say(why, "%s: errno %d", path, errno);
    script.world = world_new(policies);
    script.arena = arena_new();
    int rc = play_lines(&script, path, why);
    world_free(script.world);
    arena_free(&script.arena);
    fclose(script.file);
    return rc;
}
