/*
 * The verbs of ruling a room: who may do what there, who is asked to come, its end.
 */
#include <string.h>

#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

static const char *
word(const struct ctl_command *command, int at)
{
	return command->word_count > at ? command->words[at] : NULL;
}

/* The value of CHOICE that is called TEXT, or -1. */
static int
value_of(const struct bridge_choice_row *choice, const char *text)
{
	for (int i = 0; text && i < choice->count; i++) {
		if (strcmp(choice->values[i].text, text) == 0)
			return i;
	}
	return -1;
}

/* ---- roles ---- */

static int
set_role(struct ctl *ctl, const struct ctl_command *command, enum bridge_role role,
	 const char *reason)
{
	struct bridge_room_role_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.nick = command->words[1],
		.role = role,
		.reason = reason,
	};
	return ctl_call(ctl, METHOD_room_role, &params, NULL, NULL);
}

int
verb_room_kick(struct ctl *ctl, const struct ctl_command *command)
{
	return set_role(ctl, command, role_NONE, word(command, 2));
}

int
verb_room_role(struct ctl *ctl, const struct ctl_command *command)
{
	int role = value_of(&choice_role, command->words[2]);
	if (role < 0)
		return ctl_complain(CTL_USAGE, "A role is none, visitor, participant or "
					       "moderator.");
	return set_role(ctl, command, (enum bridge_role)role, word(command, 3));
}

int
verb_room_voice(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_jid_params params = {.profile = command->profile,
					   .jid = command->words[0]};
	return ctl_call(ctl, METHOD_room_voice, &params, NULL, NULL);
}

/* ---- invitations ---- */

int
verb_room_invite(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_invite_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.who = command->words[1],
		.reason = word(command, 2),
	};
	return ctl_call(ctl, METHOD_room_invite, &params, NULL, NULL);
}

/* ---- affiliations ---- */

static int
set_affiliation(struct ctl *ctl, const struct ctl_command *command,
		enum bridge_affiliation affiliation, const char *reason)
{
	struct bridge_room_affiliation_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.target = command->words[1],
		.affiliation = affiliation,
		.reason = reason,
	};
	return ctl_call(ctl, METHOD_room_affiliation, &params, NULL, NULL);
}

int
verb_room_ban(struct ctl *ctl, const struct ctl_command *command)
{
	return set_affiliation(ctl, command, affiliation_OUTCAST, word(command, 2));
}

static void
add_affiliate(struct buf *out, const void *record)
{
	const struct bridge_affiliate *row = record;
	buf_printf(out, "%-9s", bridge_affiliation_text(row->affiliation));
	print_clean(out, "", row->jid);
	print_clean(out, "  ", row->nick);
	print_clean(out, "  ", row->reason);
	buf_add_byte(out, '\n');
}

static int
take_list(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_affiliations_result *list = result;
	(void)data;
	return ctl_put_rows(ctl, &record_affiliate, list->affiliates,
			    list->affiliates_count, add_affiliate);
}

static int
list(struct ctl *ctl, const struct ctl_command *command,
     enum bridge_affiliation affiliation)
{
	struct bridge_room_affiliations_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.affiliation = affiliation,
	};
	return ctl_call(ctl, METHOD_room_affiliations, &params, take_list, NULL);
}

/* Every list that we may see: who is no admin sees none, and is told so by the last. */
static int
list_all(struct ctl *ctl, const struct ctl_command *command)
{
	int code = CTL_OK;
	for (int i = affiliation_COUNT - 1; i > affiliation_NONE && code == CTL_OK; i--)
		code = list(ctl, command, (enum bridge_affiliation)i);
	return code;
}

int
verb_room_affiliation(struct ctl *ctl, const struct ctl_command *command)
{
	if (command->word_count == 1)
		return list_all(ctl, command);
	int at = command->word_count == 2 ? 1 : 2;
	int affiliation = value_of(&choice_affiliation, command->words[at]);
	if (affiliation < 0 || (at == 1 && affiliation == affiliation_NONE))
		return ctl_complain(
			CTL_USAGE, "An affiliation is outcast, member, admin or owner%s.",
			at == 1 ? "" : "; none takes it away");
	if (at == 1)
		return list(ctl, command, (enum bridge_affiliation)affiliation);
	return set_affiliation(ctl, command, (enum bridge_affiliation)affiliation,
			       word(command, 3));
}

/* ---- the end ---- */

int
verb_room_destroy(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_destroy_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.reason = word(command, 1),
		.elsewhere = word(command, 2),
	};
	if (!command->values[CTL_YES])
		return ctl_complain(CTL_USAGE,
				    "That destroys the room for everybody: say --yes.");
	return ctl_call(ctl, METHOD_room_destroy, &params, NULL, NULL);
}
