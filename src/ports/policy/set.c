#include "set.h"

#include "digest.h"
#include "load.h"
#include "memory.h"
#include "words/check.h"
#include "words/log.h"
#include "words/nearest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct policy_limits policy_limits_default(void) {
    return (struct policy_limits){.call_units = 300000,
                                  .message_units = 1500000,
                                  .memory_bytes = 8 * 1024 * 1024,
                                  .call_wall_us = 20000};
}

static uint64_t digest_source(uint64_t digest, const char *name, const struct source *source) {
    digest = digest_add(digest, span_of(name));
    return digest_add(digest, (struct span){source->bytes, source->size});
}

/* The policy whose file is there, and that was perhaps meant. */
static const char *nearest_file(const char *folder, const char *name, char hint[NEAREST_MAX + 24]) {
    struct nearest nearest = nearest_start(span_of(name));
    DIR *open = opendir(folder);
    for (struct dirent *file; open && (file = readdir(open));) {
        struct span found = span_of(file->d_name);
        if (found.size > 4 && span_is(span_cut(found, found.size - 4, 4), ".lua") &&
            !span_is(found, "manifest.lua"))
            nearest_offer(&nearest, span_cut(found, 0, found.size - 4));
    }
    if (open)
        closedir(open);
    return nearest_words(&nearest, hint);
}

/* At the manifest's line: that is where it is mended. */
static void complain_of_file(const struct loading *loading, const struct entry *entry,
                             const struct why *why) {
    char what[POLICY_NAME_MAX + 32], hint[NEAREST_MAX + 24];
    snprintf(what, sizeof what, "entry %d (%s): ", entry->place, entry->name);
    struct subject subject = {.shown = loading->source.shown,
                              .text = {loading->source.bytes, loading->source.size},
                              .faults = loading->faults,
                              .what = what,
                              .within = {span_of(entry->name)}};
    complain(&subject, NULL, "%s%s", why->words, nearest_file(loading->folder, entry->name, hint));
}

static void load_entry(struct policy_set *set, const struct loading *loading, struct entry *entry) {
    struct source source;
    struct why why;
    if (source_read(loading->folder, entry->name, &source, &why) < 0) {
        complain_of_file(loading, entry, &why);
        return;
    }
    set->generation = digest_source(set->generation, entry->name, &source);
    if (policy_load(loading, &source, entry, &set->policies[set->count]) == 0)
        set->count++;
    source_free(&source);
}

/* An override may name a policy that an operator took out of the manifest: no reason not to run. */
static void warn_of_overrides(const struct policy_set *set) {
    for (size_t i = 0; i < set->host.override_count; i++) {
        const struct policy_override *override = &set->host.overrides[i];
        bool is_used = false;
        for (size_t j = 0; j < set->count && !is_used; j++)
            is_used = strcmp(set->policies[j].name, override->policy) == 0;
        if (!is_used)
            log_line(LOG_WARN, "override", "policy=%s key=%s reason=\"no such policy runs\"",
                     override->policy, override->key);
    }
}

/* A policy is looked at though the manifest or another one has faults: all are told at once. */
static void load_all(struct policy_set *set, struct loading *loading) {
    struct manifest *manifest = &loading->manifest;
    set->generation = digest_source(0x636861743231, "manifest", &loading->source);
    manifest_load(loading);
    for (size_t i = 0; i < manifest->count; i++)
        if (!manifest->entries[i].is_off)
            load_entry(set, loading, &manifest->entries[i]);
    manifest_free(manifest);
    if (set->generation == 0)
        set->generation = 1;
}

static int load(struct policy_set *set, const char *folder, struct why *why) {
    struct why nobody;
    struct faults faults = faults_start(why ? why : &nobody);
    struct loading loading = {.folder = folder,
                              .host = &set->host,
                              .lists = memory_lists(set->memory),
                              .generation = &set->generation,
                              .faults = &faults};
    if (source_read(folder, "manifest", &loading.source, faults.why) < 0)
        return -1;
    load_all(set, &loading);
    source_free(&loading.source);
    return faults_end(&faults);
}

struct policy_set *policy_set_load(const char *folder, const struct policy_host *host,
                                   struct policy_memory *memory, struct why *why) {
    check(host->clock && memory);
    struct policy_set *set = must_calloc(1, sizeof *set);
    set->host = *host;
    set->memory = memory;
    if (load(set, folder, why) < 0)
        policy_set_free(&set);
    else
        warn_of_overrides(set);
    return set;
}

void policy_set_free(struct policy_set **set) {
    if (!*set)
        return;
    for (size_t i = 0; i < (*set)->count; i++) {
        struct policy *policy = &(*set)->policies[i];
        state_free(&policy->state);
        for (size_t j = 0; j < policy->app_count; j++)
            free(policy->apps[j]);
        free(policy->apps);
        settings_free(&policy->settings);
    }
    wordlists_drop_unused(memory_lists((*set)->memory));
    free(*set);
    *set = NULL;
}

uint64_t policy_set_generation(const struct policy_set *set) {
    return set->generation;
}

size_t policy_set_count(const struct policy_set *set) {
    return set->count;
}

const char *policy_set_name(const struct policy_set *set, size_t index) {
    check(index < set->count);
    return set->policies[index].name;
}

size_t policy_set_settings(const struct policy_set *set, size_t index) {
    check(index < set->count);
    return set->policies[index].settings.count;
}

void policy_set_setting(const struct policy_set *set, size_t index, size_t setting,
                        struct policy_setting *out) {
    check(index < set->count && setting < set->policies[index].settings.count);
    const struct setting *found = &set->policies[index].settings.list[setting];
    *out = (struct policy_setting){
        .name = found->name, .about = found->about, .value = found->value, .is_set = found->is_set};
    setting_wanted(found, out->expects, sizeof out->expects);
}

/* Does `text` match `pattern`, where * stands for any bytes? Goes back to the last * only. */
static bool fits(const char *pattern, struct span text) {
    size_t at = 0, resume = 0;
    const char *star = NULL;
    while (at < text.size) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = at;
        } else if (*pattern == text.at[at]) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star;
            at = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool policy_serves(const struct policy *policy, enum policy_event event, struct span app) {
    if (policy->event != event)
        return false;
    for (size_t i = 0; i < policy->app_count; i++)
        if (fits(policy->apps[i], app))
            return true;
    return false;
}

bool policy_set_asks(const struct policy_set *set, enum policy_event event, struct span app) {
    for (size_t i = 0; i < set->count; i++)
        if (policy_serves(&set->policies[i], event, app))
            return true;
    return false;
}

const char *policy_event_name(enum policy_event event) {
    static const char *const NAMES[POLICY_EVENTS] = {[POLICY_MESSAGE] = "message",
                                                     [POLICY_COPY] = "copy",
                                                     [POLICY_GROUP] = "group",
                                                     [POLICY_RECEIPT] = "receipt",
                                                     [POLICY_CONVERSATION] = "conversation",
                                                     [POLICY_ARCHIVE] = "archive",
                                                     [POLICY_PRESENCE] = "presence"};
    return NAMES[event];
}

const char *policy_event_names(void) {
    return "\"message\", \"copy\", \"group\", \"receipt\", \"conversation\", \"archive\" or "
           "\"presence\"";
}

const char *policy_verb_name(enum policy_verb verb) {
    static const char *const NAMES[] = {
        [VERB_NONE] = "none",   [VERB_REJECT] = "reject",         [VERB_DROP] = "drop",
        [VERB_DEFER] = "defer", [VERB_QUARANTINE] = "quarantine", [VERB_WAIT] = "wait"};
    return NAMES[verb];
}

const char *policy_word_name(enum policy_word word) {
    static const char *const NAMES[] = {[WORD_NONE] = "none",
                                        [WORD_REWRITE] = "rewrite",
                                        [WORD_ACCEPT] = "accept",
                                        [WORD_REJECT] = "reject",
                                        [WORD_DROP] = "drop",
                                        [WORD_REDIRECT] = "redirect",
                                        [WORD_COPY_TO] = "copy_to",
                                        [WORD_DEFER] = "defer",
                                        [WORD_QUARANTINE] = "quarantine",
                                        [WORD_ERROR] = "error",
                                        [WORD_SET_ASIDE] = "set_aside",
                                        [WORD_WAIT] = "wait"};
    return NAMES[word];
}

const char *on_error_name(enum policy_on_error on_error) {
    static const char *const NAMES[] = {
        [ON_ERROR_CLOSED] = "closed", [ON_ERROR_OPEN] = "open", [ON_ERROR_DEFER] = "defer"};
    return NAMES[on_error];
}

void policy_watch(struct policy_set *set, void (*watch)(void *self, const char *policy),
                  void *self) {
    set->watch = watch;
    set->watch_self = self;
}
