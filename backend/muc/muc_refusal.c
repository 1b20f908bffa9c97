/*
 * Why a room is closed to us, in words that say what to do, and whether trying again by
 * itself makes sense: tables of conditions (XEP-0045 section 7.2) and of endings.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc_inner.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { WORDS_MAX = 300 }; /* bytes of what a room says itself */

static const struct {
	const char *condition;
	enum muc_remedy remedy;
	const char *sentence;
} refusals[] = {
	{"not-authorized", MUC_ASK, "The room has a password: /join asks for it."},
	{"forbidden", MUC_ASK, "You are banned from this room."},
	{"item-not-found", MUC_ASK,
	 "The room is not open yet: its owner has to configure it first."},
	{"not-allowed", MUC_ASK,
	 "There is no such room, and you may not make one on this server."},
	{"not-acceptable", MUC_ASK,
	 "The room lets you in only under the nick that you registered there."},
	{"registration-required", MUC_ASK,
	 "The room is for members only: ask one of its admins to add you."},
	{"conflict", MUC_ASK,
	 "Somebody else has that nick there: /join ROOM NICK with another."},
	{"jid-malformed", MUC_ASK,
	 "The room takes no such nick: /join ROOM with another."},
	{"service-unavailable", MUC_TRY_AGAIN, "The room is full."},
	{"policy-violation", MUC_TRY_AGAIN, "The server does not let you join so often."},
	{"resource-constraint", MUC_TRY_AGAIN, "The server has no room for another one."},
	{"remote-server-not-found", MUC_TRY_AGAIN, "The room's server was not found."},
	{"remote-server-timeout", MUC_TRY_AGAIN, "The room's server does not answer."},
	{"internal-server-error", MUC_TRY_AGAIN, "The room's server made a mistake."},
	{"recipient-unavailable", MUC_TRY_AGAIN, "The room does not answer."},
};

/* What is said instead of the row above to who knows more of the room. */
static const char *
own_sentence(const struct room *room, const char *condition)
{
	if (strcmp(condition, "not-authorized") == 0 && room->password)
		return "The room has a password, and that was not it: /join asks again.";
	if (strcmp(condition, "conflict") == 0 && room->state == room_state_IN)
		return "Somebody else has that nick here.";
	return NULL;
}

/* The bare address in what <gone/> or <redirect/> hold (RFC 6120 section 8.3.3.5), to be
 * freed; or NULL. */
static char *
moved_to(const struct stanza *stanza)
{
	const struct stanza *error = stanza_child(stanza, "error", NULL);
	const char *uri = stanza_child_text(error, "gone", NS_STANZA_ERRORS);
	if (!uri || !*uri)
		uri = stanza_child_text(error, "redirect", NS_STANZA_ERRORS);
	if (!uri || !*uri)
		return NULL;
	if (strncmp(uri, "xmpp:", 5) == 0)
		uri += 5;
	char *text = mem_strndup(uri, strcspn(uri, "?"));
	char *jid = jid_bare(text);
	free(text);
	return jid;
}

void
muc_refusal(const struct room *room, const struct stanza *stanza,
	    struct muc_verdict *ret_verdict)
{
	struct stanza_error error = {.condition = "undefined-condition"};
	(void)stanza_read_error(stanza, &error);
	char *moved = moved_to(stanza);
	char *words = error.text ? clean_text(error.text, CLEAN_LINE, WORDS_MAX) : NULL;
	const char *sentence = NULL;
	enum muc_remedy remedy =
		error.type && strcmp(error.type, "wait") == 0 ? MUC_TRY_AGAIN : MUC_ASK;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		if (strcmp(refusals[i].condition, error.condition) != 0)
			continue;
		sentence = refusals[i].sentence;
		remedy = refusals[i].remedy;
	}
	const char *own = own_sentence(room, error.condition);
	sentence = own ? own : sentence;
	char *said;
	if (moved)
		said = mem_printf("The room moved to %s.", moved);
	else if (strcmp(error.condition, "gone") == 0)
		said = mem_strdup("The room is no more.");
	else if (sentence && words && *words)
		said = mem_printf("%s (%s)", sentence, words);
	else if (sentence)
		said = mem_strdup(sentence);
	else
		said = mem_printf("The room said no: %s.",
				  words && *words ? words : error.condition);
	/* It may be mistyped. */
	if (room->is_trial && strcmp(error.condition, "remote-server-not-found") == 0)
		remedy = MUC_ASK;
	/* A nick that was ours before the break may still be held by the old session. */
	if (strcmp(error.condition, "conflict") == 0 && room->is_wanted &&
	    !room->request && room->tries < 4)
		remedy = MUC_TRY_AGAIN;
	free(words);
	*ret_verdict = (struct muc_verdict){remedy, error.condition, said, moved};
}

static const struct {
	enum bridge_occupant_end end;
	enum muc_remedy remedy;
	const char *condition;
	const char *sentence;
} exits[] = {
	{occupant_end_LEFT, MUC_TRY_AGAIN, "left", "The room let you go"},
	{occupant_end_KICKED, MUC_ASK, "kicked", "You were kicked"},
	{occupant_end_BANNED, MUC_ASK, "banned", "You were banned"},
	{occupant_end_UNAFFILIATED, MUC_ASK, "unaffiliated",
	 "You are no member any more, and the room is for members only"},
	{occupant_end_MEMBERS_ONLY, MUC_ASK, "members-only",
	 "The room is for members only now"},
	{occupant_end_SHUTDOWN, MUC_TRY_AGAIN, "shutdown", "The room's server goes down"},
	{occupant_end_ERROR, MUC_TRY_AGAIN, "error", "The room lost you"},
	{occupant_end_DESTROYED, MUC_ASK, "destroyed", "The room was destroyed"},
};

void
muc_exit(const struct room_presence *presence, struct muc_verdict *ret_verdict)
{
	size_t row = 0;
	for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
		row = exits[i].end == presence->end ? i : row;
	char *actor = clean_text(presence->actor ? presence->actor : "", CLEAN_LINE, 200);
	char *why = clean_text(presence->why ? presence->why : "", CLEAN_LINE, WORDS_MAX);
	size_t len = strlen(why);
	bool is_ended = len > 0 && strchr(".!?", why[len - 1]);
	char *moved = presence->elsewhere ? jid_bare(presence->elsewhere) : NULL;
	char *said = mem_printf("%s%s%s%s%s%s%s%s%s", exits[row].sentence,
				*actor ? " by " : "", actor, *why ? ": " : "", why,
				is_ended ? "" : ".", moved ? " It goes on in " : "",
				moved ? moved : "", moved ? "." : "");
	free(actor);
	free(why);
	*ret_verdict = (struct muc_verdict){exits[row].remedy, exits[row].condition, said,
					    moved};
}

void
muc_verdict_done(struct muc_verdict *verdict)
{
	free(verdict->sentence);
	free(verdict->moved);
}
