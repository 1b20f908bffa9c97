/*
 * The verbs that follow from the schema alone: watch, call, schema.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "bridge/ctl/convert.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

/* ---- watch ----------------------------------------------------------------------- */

enum { ATTACH_TRIES = 20, ATTACH_PAUSE_MS = 250 };

struct watching {
	bool wanted[EVENT_COUNT];
	bool has_resync; /* attach again from the cursor */
	int64_t epoch, seq;
};

static void
on_event(struct ctl *ctl, enum bridge_event event, const void *record)
{
	struct watching *watching = ctl->data;
	const struct bridge_event_row *row = &bridge_events[event];
	if (event == EVENT_resync)
		watching->has_resync = true;
	if (!watching->wanted[event])
		return;
	struct buf out = {0};
	if (ctl->command->is_json) {
		print_json(&out, row->record, record, "event", row->wire);
	} else {
		buf_printf(&out, "%s ", row->wire);
		print_flat(&out, row->record, record, " ");
		out.data[out.len - 1] = '\n';
	}
	ctl_put(ctl, &out);
	buf_done(&out);
}

static int
take_attach(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_attach_result *attach = result;
	struct watching *watching = data;
	(void)ctl;
	watching->epoch = attach->epoch;
	watching->seq = attach->seq;
	return CTL_OK;
}

static int
choose_events(struct watching *watching, const struct ctl_command *command)
{
	for (int i = 0; i < EVENT_COUNT; i++)
		watching->wanted[i] = command->word_count == 0;
	for (int i = 0; i < command->word_count; i++) {
		int event = bridge_event_named(command->words[i]);
		if (event < 0)
			return ctl_complain(
				CTL_USAGE,
				"There is no event \"%s\"; \"ternctl schema\" "
				"lists them.",
				command->words[i]);
		watching->wanted[event] = true;
	}
	return CTL_OK;
}

static void
on_pause_over(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void
pause_a_little(struct ctl *ctl)
{
	uv_timer_t timer;
	bool is_over = false;
	(void)uv_timer_init(&ctl->loop, &timer);
	timer.data = &is_over;
	(void)uv_timer_start(&timer, on_pause_over, ATTACH_PAUSE_MS, 0);
	while (!is_over && !ctl->is_closed)
		(void)uv_run(&ctl->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	/* The handle is on the stack: its closing has to end before we do. */
	(void)uv_run(&ctl->loop, UV_RUN_NOWAIT);
}

/* Attaches; again for some seconds while a session process is being replaced. */
static int
attach(struct ctl *ctl, struct watching *watching, bool is_again)
{
	int code = CTL_BRIDGE;
	/* A program is no sign of somebody who looks. */
	client_idle(ctl->client, &(struct bridge_idle_params){.is_idle = true}, NULL,
		    NULL);
	for (int i = 0; i < (is_again ? ATTACH_TRIES : 1) && !ctl->is_closed; i++) {
		struct bridge_attach_params params = {
			.profile = ctl->command->profile,
			.epoch = watching->epoch,
			.seq = watching->seq,
		};
		if (i > 0)
			pause_a_little(ctl);
		code = ctl_call(ctl, METHOD_attach, &params, take_attach, watching);
		if (code != CTL_BRIDGE)
			break;
	}
	return code;
}

int
verb_watch(struct ctl *ctl, const struct ctl_command *command)
{
	struct watching watching = {0};
	int code = choose_events(&watching, command);
	if (code != CTL_OK)
		return code;
	ctl->on_event = on_event;
	ctl->data = &watching;
	code = attach(ctl, &watching, false);
	while (code == CTL_OK && !ctl->has_output_failed) {
		(void)uv_run(&ctl->loop, UV_RUN_ONCE);
		if (ctl->is_closed) {
			code = ctl_open_again(ctl);
			watching.has_resync = code == CTL_OK;
		}
		if (code == CTL_OK && watching.has_resync) {
			watching.has_resync = false;
			code = attach(ctl, &watching, true);
		}
	}
	ctl->on_event = NULL;
	return code;
}

/* ---- call ------------------------------------------------------------------------ */

static int
take_result(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_method_row *row = data;
	struct buf out = {0};
	if (ctl->command->is_json)
		print_json(&out, row->result, result, NULL, NULL);
	else
		print_flat(&out, row->result, result, "\n");
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_call(struct ctl *ctl, const struct ctl_command *command)
{
	int method = bridge_method_named(command->words[0]);
	if (method < 0)
		return ctl_complain(CTL_USAGE,
				    "There is no method \"%s\"; \"ternctl schema\" lists "
				    "them.",
				    command->words[0]);
	struct bridge_method_row row = bridge_methods[method];
	if (row.scope == BRIDGE_SESSION || row.scope == BRIDGE_SUPERVISOR)
		return ctl_complain(CTL_USAGE, "%s is not for frontends.", row.wire);
	struct arena arena = {.is_secret = true};
	void *params = arena_alloc(&arena, row.params->size);
	const char *problem =
		convert_params(row.params, command->profile, command->words + 1,
			       command->word_count - 1, &arena, params);
	int code;
	if (problem)
		code = ctl_complain(CTL_USAGE, "%s", problem);
	else
		code = ctl_call(ctl, (enum bridge_method)method, params, take_result,
				&row);
	arena_done(&arena);
	return code;
}

/* ---- schema ---------------------------------------------------------------------- */

static int
take_schema(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_describe_result *describe = result;
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json)
		print_json(&out, &record_describe_result, describe, NULL, NULL);
	else
		buf_add_text(&out, describe->text);
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_schema(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_nothing nothing = {0};
	(void)command;
	return ctl_call(ctl, METHOD_describe, &nothing, take_schema, NULL);
}
