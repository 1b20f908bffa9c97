/*
 * An owner's iqs and the form in them, as muc_config.h says.
 */
#include "backend/muc/muc_config.h"

#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_admin.h"
#include "backend/muc/muc_inner.h"
#include "backend/xmpp/form.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/serve.h"

/* A question about a room, and who waits for it. */
struct owner_call {
	struct serve_request *request;
	char *room;
};

static struct stanza *
owner_iq(struct profile *profile, const char *type, const char *room,
	 struct stanza **ret_query)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), type, room, NULL);
	*ret_query = stanza_add(iq, "query", NS_MUC_OWNER);
	return iq;
}

static const struct stanza *
form_of(const struct stanza *answer)
{
	return stanza_child(stanza_child(answer, "query", NS_MUC_OWNER), "x",
			    NS_DATA_FORM);
}

static void
ask_form(struct profile *profile, const char *room, struct serve_request *request,
	 profile_answer *answer)
{
	struct owner_call *call = mem_alloc(sizeof *call);
	struct stanza *query;
	struct stanza *iq = owner_iq(profile, "get", room, &query);
	*call = (struct owner_call){request, mem_strdup(room)};
	profile_ask(profile, iq, PROFILE_ASK, answer, call);
}

/* Gives back the request of CALL, which is freed, if ANSWER has a form; else refuses it
 * and returns NULL. */
static struct serve_request *
open_answer(struct profile *profile, struct owner_call *call, const struct stanza *answer)
{
	struct serve_request *request = call->request;
	free(call->room);
	free(call);
	if (!stanza_has_type(answer, "result"))
		muc_refuse(profile, request, answer);
	else if (!form_of(answer))
		profile_refuse(profile, request, ERROR_SERVER_REFUSED,
			       "The room has nothing to configure.");
	else
		return request;
	return NULL;
}

/* ---- the form as a record ---- */

static const enum bridge_form_type types[] = {
	[FORM_BOOLEAN] = form_type_BOOLEAN,
	[FORM_FIXED] = form_type_FIXED,
	[FORM_HIDDEN] = form_type_HIDDEN,
	[FORM_JID_MULTI] = form_type_JID_MULTI,
	[FORM_JID_SINGLE] = form_type_JID_SINGLE,
	[FORM_LIST_MULTI] = form_type_LIST_MULTI,
	[FORM_LIST_SINGLE] = form_type_LIST_SINGLE,
	[FORM_TEXT_MULTI] = form_type_TEXT_MULTI,
	[FORM_TEXT_PRIVATE] = form_type_TEXT_PRIVATE,
	[FORM_TEXT_SINGLE] = form_type_TEXT_SINGLE,
};

static const struct bridge_form_option *
fill_options(const struct form_field *field, struct arena *arena)
{
	struct bridge_form_option *rows =
		arena_array(arena, field->option_count + 1, sizeof *rows);
	for (size_t i = 0; i < field->option_count; i++)
		rows[i] = (struct bridge_form_option){
			.value = field->options[i].value,
			.label = field->options[i].label,
		};
	return rows;
}

static void
fill_form(const struct form *form, struct arena *arena, struct bridge_form *ret_record)
{
	struct bridge_form_field *rows =
		arena_array(arena, form->field_count + 1, sizeof *rows);
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		rows[i] = (struct bridge_form_field){
			.var = field->var ? field->var : "",
			.type = types[field->type],
			.label = field->label,
			.help = field->help,
			.is_required = field->is_required,
			.values = field->values,
			.values_count = field->value_count,
			.options = fill_options(field, arena),
			.options_count = field->option_count,
		};
	}
	*ret_record = (struct bridge_form){
		.title = form->title,
		.instructions = form->instructions,
		.fields = rows,
		.fields_count = form->field_count,
	};
}

static void
on_config(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct serve_request *request = open_answer(profile, data, answer);
	struct form form;
	struct bridge_form record;
	(void)is_last;
	if (!request)
		return;
	(void)form_read(form_of(answer), &request->arena, &form);
	fill_form(&form, &request->arena, &record);
	profile_reply(profile, request, &(struct bridge_room_config_result){&record, 0});
}

void
muc_ask_config(struct profile *profile, const char *room, struct serve_request *request)
{
	ask_form(profile, room, request, on_config);
}

/* ---- configuring ---- */

/* Puts what REQUEST says into FORM; false, with REQUEST refused, if it does not fit. */
static bool
fill(struct profile *profile, struct serve_request *request, const struct form *form)
{
	const struct bridge_room_configure_params *params = request->params;
	for (size_t i = 0; i < params->fields_count; i++) {
		const struct bridge_form_value *value = &params->fields[i];
		struct form_field *field = form_find(form, value->var);
		const char *problem;
		if (!field) {
			profile_refuse(profile, request, ERROR_NOT_FOUND,
				       "The room's form has no field %s, or several that "
				       "end so.",
				       value->var);
			return false;
		}
		if (form_set(field, value->values, value->values_count, &request->arena,
			     &problem) < 0) {
			profile_refuse(profile, request, ERROR_BAD_PARAMS, "%s", problem);
			return false;
		}
	}
	return true;
}

static bool
is_sendable(const struct stanza *iq)
{
	struct buf bytes = {.is_secret = true};
	bool is_short = stanza_write(iq, &bytes, STANZA_SEND_MAX) == 0;
	buf_done(&bytes);
	return is_short;
}

/* Sends FORM as a whole: never a part of it, what is missing would be taken away. */
static void
submit(struct profile *profile, const char *room, const struct form *form,
       struct serve_request *request)
{
	struct stanza *query;
	struct stanza *iq = owner_iq(profile, "set", room, &query);
	form_submit(form, query);
	if (is_sendable(iq)) {
		profile_ask(profile, iq, PROFILE_ASK, muc_agreed, request);
		return;
	}
	stanza_free(iq);
	profile_refuse(profile, request, ERROR_TOO_LARGE,
		       "The room's form is too large to be sent back whole: nothing was "
		       "changed.");
}

static void
on_form(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct owner_call *call = data;
	char *room = mem_strdup(call->room);
	struct serve_request *request = open_answer(profile, call, answer);
	struct form form;
	(void)is_last;
	if (request) {
		(void)form_read(form_of(answer), &request->arena, &form);
		if (fill(profile, request, &form))
			submit(profile, room, &form, request);
	}
	free(room);
}

void
muc_configure(struct profile *profile, const char *room, struct serve_request *request)
{
	ask_form(profile, room, request, on_form);
}

/* ---- destroying ---- */

void
muc_destroy(struct profile *profile, const char *room, const char *elsewhere,
	    struct serve_request *request)
{
	const struct bridge_room_destroy_params *params = request->params;
	struct stanza *query;
	struct stanza *iq = owner_iq(profile, "set", room, &query);
	struct stanza *destroy = stanza_add(query, "destroy", NULL);
	stanza_set(destroy, "jid", elsewhere);
	if (params->reason && *params->reason)
		stanza_add_with_text(destroy, "reason", NULL, params->reason);
	profile_ask(profile, iq, PROFILE_ASK, muc_agreed, request);
}
