/* policy_template_texts: the texts that `chat21d policy new` writes, by event. Each policy holds
 * what spec/every_policy_spec.lua asks of policies, and each spec passes. Only for
 * policy_template.c. */
#ifndef CHAT21D_POLICY_TEMPLATE_TEXTS_H
#define CHAT21D_POLICY_TEMPLATE_TEXTS_H

/* `@` stands for the policy's name. */
struct template_texts {
    const char *policy,
        *spec; /* the spec: what goes into its describe; FOLDER is where the policy is */
};

extern const struct template_texts template_message, template_copy, template_group;
extern const struct template_texts template_receipt, template_conversation, template_archive,
    template_presence;

#endif
