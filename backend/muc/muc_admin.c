/*
 * Roles, affiliations and their lists, as muc_admin.h says: one iq each.
 */
#include "backend/muc/muc_admin.h"

#include <stdlib.h>
#include <string.h>

#include "backend/session/profile.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/serve.h"

enum {
	WORDS_MAX = 300,	/* bytes of what a room says itself */
	AFFILIATES_MAX = 20000, /* of a list; a room that names more is not believed */
	NICK_MAX = 256,
	REASON_MAX = 1024,
};

/* ---- what a room says ---- */

static const struct {
	const char *condition;
	const char *sentence;
} refusals[] = {
	{"forbidden", "You may not do that in this room."},
	{"not-allowed", "The room does not allow that."},
	{"not-authorized", "You may not do that in this room."},
	{"conflict", "The room needs an owner, and there would be none any more."},
	{"item-not-found", "The room knows nobody like that, or there is no such room."},
	{"not-acceptable", "The room does not take that."},
	{"bad-request", "The room does not understand that."},
	{"feature-not-implemented", "The room cannot do that."},
	{"service-unavailable", "The room cannot do that."},
	{"remote-server-not-found", "The room's server was not found."},
	{"remote-server-timeout", "The room's server does not answer."},
	{"internal-server-error", "The room's server made a mistake."},
};

void
muc_refuse(struct profile *profile, struct serve_request *request,
	   const struct stanza *answer)
{
	struct stanza_error error;
	const char *sentence = NULL;
	if (answer && stanza_read_error(answer, &error) == 0) {
		for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
			if (strcmp(refusals[i].condition, error.condition) == 0)
				sentence = refusals[i].sentence;
		}
	}
	if (!sentence) {
		profile_refuse_iq(profile, request, answer);
		return;
	}
	char *words = clean_text(error.text ? error.text : "", CLEAN_LINE, WORDS_MAX);
	profile_refuse(profile, request, ERROR_SERVER_REFUSED, "%s%s%s%s", sentence,
		       *words ? " (" : "", words, *words ? ")" : "");
	free(words);
}

void
muc_agreed(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct serve_request *request = data;
	if (!is_last)
		return;
	if (stanza_has_type(answer, "result"))
		profile_reply(profile, request, NULL);
	else
		muc_refuse(profile, request, answer);
}

/* ---- one change ---- */

/* An iq of TYPE with one item in it; *RET_ITEM is borrowed from it. */
static struct stanza *
admin_iq(struct profile *profile, const char *type, const char *room,
	 struct stanza **ret_item)
{
	struct stanza *iq = stanza_iq(profile_stanzas(profile), type, room, NULL);
	*ret_item = stanza_add(stanza_add(iq, "query", NS_MUC_ADMIN), "item", NULL);
	return iq;
}

static void
set(struct profile *profile, const struct muc_change *change, const char *attribute,
    const char *value, struct serve_request *request)
{
	struct stanza *item;
	struct stanza *iq = admin_iq(profile, "set", change->room, &item);
	if (change->jid)
		stanza_set(item, "jid", change->jid);
	else
		stanza_set(item, "nick", change->nick);
	stanza_set(item, attribute, value);
	if (change->reason && *change->reason)
		stanza_add_with_text(item, "reason", NULL, change->reason);
	profile_ask(profile, iq, PROFILE_ASK, muc_agreed, request);
}

void
muc_set_role(struct profile *profile, const struct muc_change *change,
	     enum bridge_role role, struct serve_request *request)
{
	set(profile, change, "role", bridge_role_text(role), request);
}

void
muc_set_affiliation(struct profile *profile, const struct muc_change *change,
		    enum bridge_affiliation affiliation, struct serve_request *request)
{
	set(profile, change, "affiliation", bridge_affiliation_text(affiliation),
	    request);
}

/* ---- lists ---- */

/* What the parts of a list brought so far. */
struct gathering {
	struct serve_request *request;
	enum bridge_affiliation affiliation;
	struct bridge_affiliate *rows; /* their strings are in the request's arena */
	size_t count;
};

static const char *
keep(struct gathering *gathering, const char *text, size_t max)
{
	if (!text || !*text)
		return NULL;
	return arena_strndup(&gathering->request->arena, text,
			     utf8_cut(text, strlen(text), max));
}

static void
gather(struct gathering *gathering, const struct stanza *item)
{
	char *jid = jid_bare(stanza_get(item, "jid"));
	if (!jid || gathering->count >= AFFILIATES_MAX) {
		free(jid);
		return;
	}
	gathering->rows = mem_resize(gathering->rows, gathering->count + 1,
				     sizeof *gathering->rows);
	gathering->rows[gathering->count++] = (struct bridge_affiliate){
		.jid = keep(gathering, jid, JID_MAX),
		.affiliation = gathering->affiliation,
		.nick = keep(gathering, stanza_get(item, "nick"), NICK_MAX),
		.reason = keep(gathering, stanza_child_text(item, "reason", NS_MUC_ADMIN),
			       REASON_MAX),
	};
	free(jid);
}

static void
on_list(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct gathering *gathering = data;
	const struct stanza *query = stanza_child(answer, "query", NS_MUC_ADMIN);
	const struct stanza *item = stanza_child(query, "item", NS_MUC_ADMIN);
	for (; item; item = stanza_next(item, "item", NS_MUC_ADMIN))
		gather(gathering, item);
	if (!is_last)
		return;
	if (stanza_has_type(answer, "result"))
		profile_reply(profile, gathering->request,
			      &(struct bridge_room_affiliations_result){
				      .affiliates = gathering->rows,
				      .affiliates_count = gathering->count,
			      });
	else
		muc_refuse(profile, gathering->request, answer);
	free(gathering->rows);
	free(gathering);
}

void
muc_list_affiliations(struct profile *profile, const char *room,
		      enum bridge_affiliation affiliation, struct serve_request *request)
{
	struct gathering *gathering = mem_alloc(sizeof *gathering);
	struct stanza *item;
	struct stanza *iq = admin_iq(profile, "get", room, &item);
	*gathering = (struct gathering){.request = request, .affiliation = affiliation};
	stanza_set(item, "affiliation", bridge_affiliation_text(affiliation));
	profile_ask(profile, iq, PROFILE_ASK_LARGE, on_list, gathering);
}
