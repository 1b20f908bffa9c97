/*
 * The table of ternctl's verbs: parsing, help and dispatch are walks over it.
 */
#include "bridge/ctl/verbs.h"

#define BIT(option) (1u << CTL_##option)

const struct ctl_verb ctl_verbs[] = {
	{"profile create", "NAME JID", 2, 2,
	 BIT(PASSWORD_FILE) | BIT(PROFILE_PASSWORD_FILE) | BIT(HOST) | BIT(PORT) |
		 BIT(DIRECT_TLS) | BIT(CA_FILE),
	 false, verb_profile_create, "Makes a profile for an account and connects it."},
	{"profile list", "", 0, 0, 0, false, verb_profile_list, "Lists all profiles."},
	{"profile delete", "NAME", 1, 1, BIT(YES), false, verb_profile_delete,
	 "Deletes a profile with its history."},
	{"profile default", "NAME", 1, 1, 0, false, verb_profile_default,
	 "Makes a profile the default one."},
	{"profile password", "NAME", 1, 1, BIT(PASSWORD_FILE), false,
	 verb_profile_password, "Changes the stored password of the account."},
	{"connect", "", 0, 0, BIT(PROFILE_PASSWORD_FILE), false, verb_connect,
	 "Connects, now and after each restart."},
	{"disconnect", "", 0, 0, 0, false, verb_disconnect,
	 "Logs out and stays offline until connect."},
	{"status", "", 0, 0, 0, true, verb_status,
	 "One short line: link, unread messages, requests."},
	{"roster", "", 0, 0, 0, false, verb_roster, "Lists the contacts."},
	{"roster add", "JID", 1, 1, BIT(NAME) | BIT(GROUP), false, verb_roster_add,
	 "Adds a contact and asks to see their presence."},
	{"roster remove", "JID", 1, 1, 0, false, verb_roster_remove,
	 "Removes a contact."},
	{"room join", "ROOM [NICK]", 1, 2, BIT(CREATE) | BIT(PASSWORD_FILE), false,
	 verb_room_join, "Joins a room, now and after each login."},
	{"room leave", "ROOM [TEXT]", 1, 2, 0, false, verb_room_leave,
	 "Leaves a room, with a last word."},
	{"room list", "", 0, 0, 0, false, verb_room_list,
	 "Lists the rooms that are known."},
	{"room occupants", "ROOM", 1, 1, 0, false, verb_room_occupants,
	 "Lists who is in a room."},
	{"room subject", "ROOM [TEXT]", 1, 2, 0, false, verb_room_subject,
	 "Prints a room's subject, or sets it."},
	{"room nick", "ROOM NICK", 2, 2, 0, false, verb_room_nick,
	 "Takes another nick in a room."},
	{"send", "JID [TEXT]", 1, 2, BIT(WAIT), false, verb_send,
	 "Sends TEXT, or standard input."},
	{"history", "JID", 1, 1, BIT(LIMIT) | BIT(BEFORE), false, verb_history,
	 "Prints the newest lines of a conversation."},
	{"watch", "[EVENT...]", 0, -1, 0, false, verb_watch,
	 "Prints events as they come, all or those named."},
	{"call", "METHOD [key=value...]", 1, -1, 0, false, verb_call,
	 "Calls any method of the bridge."},
	{"schema", "", 0, 0, 0, false, verb_schema,
	 "Prints what the daemon understands."},
	{NULL, NULL, 0, 0, 0, false, NULL, NULL},
};
