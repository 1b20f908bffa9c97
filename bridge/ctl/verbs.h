/*
 * The verbs of ternctl, one function each; all return an exit code. Only the table in
 * verbs.c calls them.
 */
#ifndef TERN_CTL_VERBS_H
#define TERN_CTL_VERBS_H

#include "bridge/ctl/ctl.h"

/* Does what COMMAND asks of CTL and prints it; returns an exit code. */
typedef int ctl_verb(struct ctl *ctl, const struct ctl_command *command);

/* The verbs, each a row of the table in verbs.c. */
ctl_verb verb_profile_create;
ctl_verb verb_profile_list;
ctl_verb verb_profile_delete;
ctl_verb verb_profile_default;
ctl_verb verb_profile_password;
ctl_verb verb_connect;
ctl_verb verb_disconnect;
ctl_verb verb_status;
ctl_verb verb_roster;
ctl_verb verb_roster_add;
ctl_verb verb_roster_remove;
ctl_verb verb_room_join;
ctl_verb verb_room_leave;
ctl_verb verb_room_list;
ctl_verb verb_room_occupants;
ctl_verb verb_room_subject;
ctl_verb verb_room_nick;
ctl_verb verb_room_ignore;
ctl_verb verb_room_config;
ctl_verb verb_room_destroy;
ctl_verb verb_room_invite;
ctl_verb verb_room_kick;
ctl_verb verb_room_ban;
ctl_verb verb_room_role;
ctl_verb verb_room_voice;
ctl_verb verb_room_affiliation;
ctl_verb verb_room_services;
ctl_verb verb_room_find;
ctl_verb verb_room_info;
ctl_verb verb_bookmarks_list;
ctl_verb verb_bookmarks_add;
ctl_verb verb_bookmarks_remove;
ctl_verb verb_send;
ctl_verb verb_history;
ctl_verb verb_watch;
ctl_verb verb_call;
ctl_verb verb_schema;

#endif
