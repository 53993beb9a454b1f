/* What the files say: the settings and the policies, as `check` looks at them, and where webhooks
 * go. */
#include "server/doctor.h"

#include "ports/policy.h"

#include <unistd.h>

static void fail_each(struct doctor *doctor, struct span problems) {
    struct span line;
    while (span_next(&problems, '\n', &line))
        doctor_fail(doctor, "%.*s", SPAN_ARGS(line));
}

/* What is said once at the start of the server. */
static bool warn_of_settings(struct doctor *doctor) {
    const struct config *config = &doctor->config;
    for (size_t i = 0; i < config->tokens.warning_count; i++) {
        doctor_warn(doctor, "%.*s", SPAN_ARGS(config->tokens.warnings[i]));
        doctor_mend(doctor, "openssl rand -hex 32 makes a key; files of keys are their owner's "
                            "alone (chmod 600)");
    }
    if (config->not_served) {
        doctor_warn(doctor, "set, and without an effect here: %s", config->not_served);
        doctor_mend(doctor, "unset them, or see doc/migration.md for what takes their place");
    }
    return config->tokens.warning_count || config->not_served;
}

void doctor_look_at_settings(struct doctor *doctor) {
    struct span problems = SPAN_NONE;
    if (config_load(doctor->arena, doctor->file, environ, &doctor->config, &problems) < 0) {
        fail_each(doctor, problems);
        doctor_mend(doctor, "chat21d run --help lists every setting; chat21d check looks again");
        return;
    }
    doctor->has |= DOCTOR_HAS_SETTINGS;
    if (!warn_of_settings(doctor))
        doctor_ok(doctor, "all right");
}

void doctor_look_at_policies(struct doctor *doctor) {
    const struct config *config = &doctor->config;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct policy_host host = {.limits = config->limits,
                               .overrides = config->overrides,
                               .override_count = config->override_count,
                               .clock = &clock_real};
    struct why why;
    struct policy_set *set = policy_set_load(config->policies, &host, memory, &why);
    if (set) {
        doctor_ok(doctor, "%zu in %s", policy_set_count(set), config->policies);
    } else {
        fail_each(doctor, span_of(why.words));
        doctor_mend(doctor, "edit it, then: chat21d check --policies %s", config->policies);
    }
    policy_set_free(&set);
    policy_memory_free(&memory);
}

void doctor_look_at_webhooks(struct doctor *doctor) {
    const struct config *config = &doctor->config;
    if (!config->webhooks.is_on)
        doctor_ok(doctor, "off");
    else
        doctor_ok(doctor, "%zu endpoint%s, every URL can be posted to; posts are %ssigned",
                  config->webhooks.outbox.endpoint_count,
                  config->webhooks.outbox.endpoint_count == 1 ? "" : "s",
                  config->posting.secret ? "" : "not ");
}
