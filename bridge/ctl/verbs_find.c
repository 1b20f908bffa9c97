/*
 * The verbs that find rooms: services, the rooms of a service, what a room says of
 * itself.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

enum { PAGE = 100 };

static void
add_service(struct buf *out, const void *record)
{
	const struct bridge_service *service = record;
	print_clean(out, "", service->jid);
	print_clean(out, "  ", service->name);
	buf_add_byte(out, '\n');
}

static int
take_services(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_services_result *list = result;
	(void)data;
	return ctl_put_rows(ctl, &record_service, list->services, list->services_count,
			    add_service);
}

int
verb_room_services(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_room_services, &params, take_services, NULL);
}

/* Where a walk over the pages is. */
struct walk {
	char *next;
	int64_t left; /* rooms to be printed; negative: all */
};

static void
add_found(struct buf *out, const void *record)
{
	const struct bridge_found_room *room = record;
	print_clean(out, "", room->jid);
	print_clean(out, "  ", room->name);
	buf_add_byte(out, '\n');
}

static int
take_page(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_find_result *page = result;
	struct walk *walk = data;
	size_t count = page->rooms_count;
	if (walk->left >= 0 && count > (size_t)walk->left)
		count = (size_t)walk->left;
	if (walk->left > 0)
		walk->left -= (int64_t)count;
	mem_replace(&walk->next, page->rooms_count > 0 ? page->next : NULL);
	return ctl_put_rows(ctl, &record_found_room, page->rooms, count, add_found);
}

int
verb_room_find(struct ctl *ctl, const struct ctl_command *command)
{
	struct walk walk = {.left = command->limit > 0 ? command->limit : -1};
	int code;
	do {
		char *after = walk.next;
		struct bridge_room_find_params params = {
			.profile = command->profile,
			.service = command->word_count > 0 ? command->words[0] : NULL,
			.after = after,
			.limit = PAGE,
		};
		walk.next = NULL;
		code = ctl_call(ctl, METHOD_room_find, &params, take_page, &walk);
		free(after);
	} while (code == CTL_OK && walk.next && walk.left != 0);
	free(walk.next);
	return code;
}

static int
take_info(struct ctl *ctl, const void *result, void *data)
{
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json)
		print_json(&out, &record_room_info, result, NULL, NULL);
	else
		print_flat(&out, &record_room_info, result, "\n");
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_room_info(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_room_info_params params = {.profile = command->profile,
						 .jid = command->words[0]};
	return ctl_call(ctl, METHOD_room_info_get, &params, take_info, NULL);
}
