/*
 * The door through which everything from the daemon enters the model: the answer to
 * attach, and events by a table with a row for each. Texts are cleaned here.
 */
#ifndef TERN_TUI_MODEL_APPLY_H
#define TERN_TUI_MODEL_APPLY_H

#include "tui/model.h"

/* Takes over the answer to attach at NOW (loop time in ms). Where it is everything, what
 * was there is forgotten first; lines of the same account stay until they are read anew.
 */
void model_apply_attach(struct model *model, const struct bridge_attach_result *result,
			int64_t now);

/* Takes over one event's RECORD at NOW; events of other profiles are left out. Returns
 * whether it was this profile's. */
bool model_apply_event(struct model *model, enum bridge_event event, const void *record,
		       int64_t now);

#endif
