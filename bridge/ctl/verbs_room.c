/*
 * The verbs about rooms: join, leave, list, occupants, subject, nick, ignore.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

static void
add_room(struct buf *out, const void *record)
{
	const struct bridge_room *room = record;
	buf_printf(out, "%-9s", bridge_room_state_text(room->state));
	print_clean(out, "", room->jid);
	print_clean(out, " as ", room->nick);
	if (room->state == room_state_IN)
		buf_printf(out, ", %lld here", (long long)room->occupants);
	print_clean(out, "  ",
		    room->state == room_state_IN ? room->subject : room->reason);
	buf_add_byte(out, '\n');
}

static int
take_room(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_result *joined = result;
	(void)data;
	return ctl_put_rows(ctl, &record_room, joined->room, 1, add_room);
}

int
verb_room_join(struct ctl *ctl, const struct ctl_command *command)
{
	struct buf password = {.is_secret = true};
	struct bridge_room_join_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.nick = command->word_count > 1 ? command->words[1] : NULL,
		.may_create = command->values[CTL_CREATE] || command->values[CTL_RESERVE],
		.is_reserved = command->values[CTL_RESERVE] != NULL,
	};
	int code = ctl_room_password(command, &password, &params.password);
	if (code == CTL_OK)
		code = ctl_call(ctl, METHOD_room_join, &params, take_room, NULL);
	buf_done(&password);
	return code;
}

int
verb_room_leave(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_leave_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.text = command->word_count > 1 ? command->words[1] : NULL,
	};
	return ctl_call(ctl, METHOD_room_leave, &params, NULL, NULL);
}

static int
take_rooms(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_list_result *list = result;
	(void)data;
	return ctl_put_rows(ctl, &record_room, list->rooms, list->rooms_count, add_room);
}

int
verb_room_list(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_room_list, &params, take_rooms, NULL);
}

static int
by_nick(const void *a, const void *b)
{
	const struct bridge_occupant *first = a;
	const struct bridge_occupant *second = b;
	return strcmp(first->nick, second->nick);
}

static void
add_occupant(struct buf *out, const void *record)
{
	const struct bridge_occupant *occupant = record;
	buf_printf(out, "%-12s%-10s%-8s", bridge_role_text(occupant->role),
		   bridge_affiliation_text(occupant->affiliation),
		   bridge_show_text(occupant->show));
	print_clean(out, "", occupant->nick);
	print_clean(out, "  ", occupant->jid);
	print_clean(out, "  ", occupant->text);
	buf_add_byte(out, '\n');
}

static int
take_occupants(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_occupants_result *here = result;
	size_t count = here->occupants_count;
	struct bridge_occupant *rows = mem_array(count ? count : 1, sizeof *rows);
	(void)data;
	if (count)
		memcpy(rows, here->occupants, count * sizeof *rows);
	qsort(rows, count, sizeof *rows, by_nick);
	int code = ctl_put_rows(ctl, &record_occupant, rows, count, add_occupant);
	free(rows);
	return code;
}

int
verb_room_occupants(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_occupants_params params = {
		.profile = command->profile,
		.jid = command->words[0],
	};
	return ctl_call(ctl, METHOD_room_occupants, &params, take_occupants, NULL);
}

static int
take_subject(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_occupants_result *here = result;
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json) {
		print_json(&out, &record_room, here->room, NULL, NULL);
	} else if (here->room->subject) {
		print_clean(&out, "", here->room->subject);
		buf_add_byte(&out, '\n');
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_room_subject(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_subject_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.text = command->word_count > 1 ? command->words[1] : "",
	};
	struct bridge_room_occupants_params asking = {.profile = command->profile,
						      .jid = command->words[0]};
	if (command->word_count > 1)
		return ctl_call(ctl, METHOD_room_subject, &params, NULL, NULL);
	return ctl_call(ctl, METHOD_room_occupants, &asking, take_subject, NULL);
}

int
verb_room_nick(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_nick_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.nick = command->words[1],
	};
	return ctl_call(ctl, METHOD_room_nick, &params, NULL, NULL);
}

static int
take_ignored(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_ignore_result *ignored = result;
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json)
		print_json(&out, &record_room_ignore_result, ignored, NULL, NULL);
	for (size_t i = 0; i < ignored->nicks_count && !ctl->command->is_json; i++) {
		print_clean(&out, "", ignored->nicks[i]);
		buf_add_byte(&out, '\n');
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_room_ignore(struct ctl *ctl, const struct ctl_command *command)
{
	bool is_about_one = command->word_count > 1;
	struct bridge_room_ignore_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.nick = is_about_one ? command->words[1] : NULL,
		.is_off = command->values[CTL_OFF] != NULL,
	};
	if (params.is_off && !is_about_one)
		return ctl_complain(CTL_USAGE, "Whom to hear again? ROOM NICK --off.");
	return ctl_call(ctl, METHOD_room_ignore, &params,
			is_about_one ? NULL : take_ignored, NULL);
}
