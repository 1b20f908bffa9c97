/*
 * The verbs about bookmarks of rooms.
 */
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

static void
add_bookmark(struct buf *out, const void *record)
{
	const struct bridge_bookmark *row = record;
	buf_printf(out, "%-9s",
		   !row->is_autojoin  ? ""
		   : row->is_not_here ? "elsewhere"
				      : "autojoin");
	print_clean(out, " ", row->jid);
	print_clean(out, " as ", row->nick);
	print_clean(out, "  ", row->name);
	buf_add_text(out, row->is_due ? "  [the server does not know yet]\n" : "\n");
}

static int
take_bookmarks(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_bookmark_list_result *list = result;
	(void)data;
	return ctl_put_rows(ctl, &record_bookmark, list->bookmarks, list->bookmarks_count,
			    add_bookmark);
}

int
verb_bookmarks_list(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_bookmark_list, &params, take_bookmarks, NULL);
}

int
verb_bookmarks_add(struct ctl *ctl, const struct ctl_command *command)
{
	struct buf password = {.is_secret = true};
	bool is_plain = command->values[CTL_NO_AUTOJOIN] != NULL;
	bool is_not_here = command->values[CTL_NOT_HERE] != NULL;
	struct bridge_bookmark_set_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.nick = command->word_count > 1 ? command->words[1] : NULL,
		.name = command->values[CTL_NAME],
		.autojoin = is_plain ? change_NO : change_YES,
		.here = is_not_here ? change_NO
			: is_plain  ? change_KEEP
				    : change_YES,
	};
	int code = ctl_room_password(command, &password, &params.password);
	if (code == CTL_OK)
		code = ctl_call(ctl, METHOD_bookmark_set, &params, NULL, NULL);
	buf_done(&password);
	return code;
}

int
verb_bookmarks_remove(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_jid_params params = {.profile = command->profile,
					   .jid = command->words[0]};
	return ctl_call(ctl, METHOD_bookmark_remove, &params, NULL, NULL);
}
