/*
 * The call of room.occupants and its answer. A room that nobody has looked at since tern
 * was started is never asked about.
 */
#include "tui/people.h"

#include <stdlib.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/door.h"
#include "tui/view.h"

struct people_ask {
	struct app *app;
	char *jid;
};

static void
on_people(void *data, const struct bridge_failure *failure, const void *result)
{
	struct people_ask *ask = data;
	const struct bridge_room_occupants_result *answer = result;
	struct model_room *room = model_room(ask->app->model, ask->jid);

	if (room)
		room->is_asking = false;
	/* One that is refused is asked again when the room's state changes. */
	if (room && failure)
		room->is_watched = true;
	else if (room && room->state == room_state_IN)
		model_put_people(ask->app->model, room, answer->occupants,
				 answer->occupants_count);
	free(ask->jid);
	free(ask);
}

struct model_room *
people_room(struct app *app)
{
	struct chat *chat = view_chat(app->view);

	return chat ? model_room_of(app->model, chat->jid) : NULL;
}

void
people_update(struct app *app)
{
	struct model_room *room = people_room(app);

	if (!room || room->state != room_state_IN || room->is_watched ||
	    room->is_asking || door_state(app->door) != DOOR_ATTACHED)
		return;
	struct people_ask *ask = mem_alloc(sizeof *ask);
	struct bridge_room_occupants_params params = {
		.profile = app->model->profile, .jid = room->jid, .watch = true};

	*ask = (struct people_ask){app, mem_strdup(room->jid)};
	room->is_asking = true;
	client_room_occupants(door_client(app->door), &params, on_people, ask);
}
