/*
 * Asks who is in the room that is shown, once; from then on events tell, until it is
 * hidden for a while. Who comes and goes is told in its conversation.
 */
#ifndef TERN_TUI_PEOPLE_H
#define TERN_TUI_PEOPLE_H

#include "bridge/schema.h"

struct app;
struct model_room;

/* Asks what the room that is shown needs, if anything. Once per loop turn. */
void people_update(struct app *app);

/* Tells in the room that is shown what an EVENT of it or its occupants means, after the
 * model took it over. */
void people_event(struct app *app, enum bridge_event event, const void *record);

/* The same of what an answer to attach says: who asked to speak while nobody looked. */
void people_attached(struct app *app, const struct bridge_attach_result *result);

/* The room of the conversation that is shown, also where that is one of its occupants, or
 * of the page of occupants; NULL where there is none. Borrowed. */
struct model_room *people_room(struct app *app);

#endif
