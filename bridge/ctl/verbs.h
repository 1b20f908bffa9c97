/*
 * The verbs of ternctl, one function each; all return an exit code. Only the table in
 * verbs.c calls them.
 */
#ifndef TERN_CTL_VERBS_H
#define TERN_CTL_VERBS_H

#include "bridge/ctl/ctl.h"

int verb_profile_create(struct ctl *ctl, const struct ctl_command *command);
int verb_profile_list(struct ctl *ctl, const struct ctl_command *command);
int verb_profile_delete(struct ctl *ctl, const struct ctl_command *command);
int verb_profile_default(struct ctl *ctl, const struct ctl_command *command);
int verb_profile_password(struct ctl *ctl, const struct ctl_command *command);
int verb_connect(struct ctl *ctl, const struct ctl_command *command);
int verb_disconnect(struct ctl *ctl, const struct ctl_command *command);
int verb_status(struct ctl *ctl, const struct ctl_command *command);
int verb_roster(struct ctl *ctl, const struct ctl_command *command);
int verb_roster_add(struct ctl *ctl, const struct ctl_command *command);
int verb_roster_remove(struct ctl *ctl, const struct ctl_command *command);
int verb_send(struct ctl *ctl, const struct ctl_command *command);
int verb_history(struct ctl *ctl, const struct ctl_command *command);
int verb_watch(struct ctl *ctl, const struct ctl_command *command);
int verb_call(struct ctl *ctl, const struct ctl_command *command);
int verb_schema(struct ctl *ctl, const struct ctl_command *command);

#endif
