/* policy_template: what `chat21d policy new` writes: a policy, and a spec that it passes. */
#ifndef CHAT21D_POLICY_TEMPLATE_H
#define CHAT21D_POLICY_TEMPLATE_H

#include "ports/policy.h"

/* Both for a policy called `name` (a name that is fit for one) on `event`; in the arena. */
struct span policy_template(struct arena *arena, enum policy_event event, const char *name);
/* `folder`: where the policy lies, as seen from where specs are run. */
struct span policy_template_spec(struct arena *arena, enum policy_event event, const char *name,
                                 const char *folder);

#endif
