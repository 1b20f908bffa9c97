/*
 * Retractions, as retraction.h says, in the present forms and the older ones that fasten
 * to a message. One counts only from the author, which in a room its occupant id proves,
 * or from the room itself. The line stays where it is; its text is told to nobody any
 * more.
 */
#include "backend/xep/retraction.h"

#include <stdlib.h>
#include <string.h>

#include "backend/muc/muc.h"
#include "backend/muc/muc_admin.h"
#include "backend/session/lines.h"
#include "backend/session/profile.h"
#include "backend/store/messages.h"
#include "backend/store/retractions.h"
#include "backend/store/store.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/serve.h"

enum { REASON_MAX = 300, NICK_MAX = 256 };

/* ---- what arrives ---- */

/* A retraction as it was read; strings are borrowed from the stanza. */
struct retraction {
	const char *id; /* of the line: the room's for it, else the sender's own */
	bool is_moderated;
	bool is_tombstone; /* stands in the archive where the line stood */
	const char *by;	   /* of who moderated it */
	const char *reason;
};

static const struct stanza *
either(const struct stanza *parent, const char *name, const char *ns, const char *old_ns)
{
	const struct stanza *found = stanza_child(parent, name, ns);
	return found ? found : stanza_child(parent, name, old_ns);
}

static void
read_moderated(const struct stanza *moderated, const struct stanza *parent,
	       struct retraction *retraction)
{
	retraction->is_moderated = true;
	retraction->by = stanza_get(moderated, "by");
	retraction->reason = stanza_child_text(moderated, "reason", NULL);
	if (!retraction->reason)
		retraction->reason = stanza_child_text(parent, "reason", NULL);
}

/* Where the text of an archived line is gone: <retracted/>, in or around <moderated/>. */
static bool
read_tombstone(const struct stanza *message, struct retraction *retraction)
{
	const struct stanza *moderated =
		either(message, "moderated", NS_MODERATE, NS_MODERATE_OLD);
	const struct stanza *parent = moderated ? moderated : message;
	const struct stanza *retracted =
		either(parent, "retracted", NS_RETRACT, NS_RETRACT_OLD);
	if (!retracted)
		return false;
	if (!moderated)
		moderated = either(retracted, "moderated", NS_MODERATE, NS_MODERATE_OLD);
	retraction->is_tombstone = true;
	if (moderated)
		read_moderated(moderated, retracted, retraction);
	return true;
}

static bool
read_retraction(const struct stanza *message, struct retraction *ret_retraction)
{
	struct retraction retraction = {0};
	const struct stanza *retract = stanza_child(message, "retract", NS_RETRACT);
	const struct stanza *fastening = stanza_child(message, "apply-to", NS_FASTEN);
	if (retract) {
		const struct stanza *moderated =
			stanza_child(retract, "moderated", NS_MODERATE);
		retraction.id = stanza_get(retract, "id");
		if (moderated)
			read_moderated(moderated, retract, &retraction);
	} else if (fastening) {
		const struct stanza *moderated =
			stanza_child(fastening, "moderated", NS_MODERATE_OLD);
		if (!stanza_child(moderated ? moderated : fastening, "retract",
				  NS_RETRACT_OLD))
			return false;
		retraction.id = stanza_get(fastening, "id");
		if (moderated)
			read_moderated(moderated, fastening, &retraction);
	} else if (!read_tombstone(message, &retraction)) {
		return false;
	}
	*ret_retraction = retraction;
	return true;
}

/* ---- whether it counts ---- */

static bool
is_same_text(const char *a, const char *b)
{
	return a && b && *a && strcmp(a, b) == 0;
}

/* Who says that a line is taken back; strings are borrowed. */
struct claimant {
	enum conversation_kind kind;
	bool is_own, is_room; /* IS_ROOM: the room itself, for a moderator */
	const char *sender, *occupant_id;
};

static struct claimant
claimant_of(const struct inbound *inbound, const struct retraction *retraction)
{
	return (struct claimant){
		.kind = inbound->kind,
		.is_own = inbound->is_own,
		.is_room = retraction->is_moderated &&
			   inbound->kind == CONVERSATION_ROOM && !inbound->from.resource,
		.sender = retraction->is_moderated ? NULL : inbound->sender,
		.occupant_id = retraction->is_moderated ? NULL : inbound->occupant_id,
	};
}

/* What proves that CLAIMANT wrote a line; NULL: nothing can. A nick proves nothing,
 * others take it later. */
static const char *
proof_of(const struct claimant *claimant)
{
	if (claimant->is_own)
		return claimant->sender ? claimant->sender : claimant->occupant_id;
	return claimant->kind == CONVERSATION_ROOM   ? claimant->occupant_id
	       : claimant->kind == CONVERSATION_CHAT ? claimant->sender
						     : NULL;
}

/* Whether there can be a line that CLAIMANT may take back. */
static bool
is_able(const struct claimant *claimant)
{
	const char *proof = proof_of(claimant);
	return claimant->is_room || (proof && *proof);
}

/* Whether CLAIMANT may: it wrote LINE. */
static bool
is_allowed(const struct claimant *claimant, const struct message *line)
{
	if (claimant->is_room || !is_able(claimant))
		return claimant->is_room;
	if (claimant->is_own || line->is_outgoing)
		return claimant->is_own && line->is_outgoing;
	return is_same_text(proof_of(claimant), claimant->kind == CONVERSATION_ROOM
							? line->occupant_id
							: line->sender);
}

/* The line that ID names: in a room by the room's id, else by the sender's own. */
static bool
find_line(struct profile *profile, const struct inbound *inbound, const char *id,
	  struct arena *arena, struct message *ret_line)
{
	struct store *store = profile_store(profile);
	int64_t conversation;
	if (!id || !*id ||
	    conversations_find(store, inbound->kind, inbound->peer, &conversation) < 0)
		return false;
	struct message_twin twin = {
		.conversation = conversation, .sender = inbound->sender, .id = id};
	if (inbound->kind == CONVERSATION_ROOM &&
	    messages_find_archived(store, inbound->peer, id, arena, ret_line) == 0)
		return ret_line->conversation == conversation;
	if (inbound->is_own &&
	    messages_find_sent(store, conversation, id, arena, ret_line) == 0)
		return true;
	return inbound->sender && messages_find_same(store, &twin, arena, ret_line) == 0;
}

/* The line that stood where the archive has a tombstone: also one of ours that the room
 * never gave back, by which we do not know its id there. */
static bool
find_dead(struct profile *profile, const struct inbound *inbound, struct arena *arena,
	  struct message *ret_line)
{
	struct store *store = profile_store(profile);
	const char *id = stanza_id(inbound->stanza);
	int64_t conversation;
	if (inbound->archive_id &&
	    messages_find_archived(store, inbound->archive_by, inbound->archive_id, arena,
				   ret_line) == 0)
		return true;
	return inbound->is_own && inbound->kind == CONVERSATION_ROOM && id && *id &&
	       conversations_find(store, inbound->kind, inbound->peer, &conversation) ==
		       0 &&
	       messages_find_sent(store, conversation, id, arena, ret_line) == 0 &&
	       !ret_line->archive_id;
}

/* ---- retractions that come before their line ---- */

/* Whether any waits, so that a line costs no query while none does. */
struct waiting {
	bool is_any;
	bool is_fewer; /* it is to be looked whether there still is one */
};

static void
wait_for_line(struct profile *profile, const struct retraction_row *row)
{
	struct waiting *waiting = profile_state(profile, MODULE_retraction);
	waiting->is_any = true;
	(void)profile_check(profile, retractions_put(profile_store(profile), row));
}

/* An id that the sender chose names no line for the room itself. */
static bool
is_meant(const struct retraction_row *row, const struct message *line)
{
	struct claimant claimant = {row->key.kind, row->is_own, row->is_room, row->sender,
				    row->occupant_id};
	bool is_named = row->key.kind == CONVERSATION_ROOM &&
			is_same_text(row->line, line->archive_id);
	if (!is_named && !row->is_room)
		is_named = is_same_text(row->line, line->origin_id) ||
			   is_same_text(row->line, line->wire_id);
	return is_named && is_allowed(&claimant, line);
}

bool
retraction_settle(struct profile *profile, const struct inbound *inbound,
		  const struct message *line)
{
	struct waiting *waiting = profile_state(profile, MODULE_retraction);
	const char *ids[] = {line->archive_id, line->origin_id, line->wire_id};
	struct conversation_key key = {inbound->kind, inbound->peer};
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct retraction_list list = {0};
	bool is_gone = false;
	if (!waiting->is_any)
		return false;
	(void)profile_check(profile,
			    retractions_find(store, &key, ids, sizeof ids / sizeof *ids,
					     &arena, &list));
	/* Not along with the removal, which may be undone. */
	if (!list.count && waiting->is_fewer) {
		waiting->is_any = retractions_exist(store) != 0;
		waiting->is_fewer = false;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct retraction_row *row = &list.items[i];
		if (!is_meant(row, line))
			continue;
		(void)profile_check(
			profile, messages_retract(store, line->id, row->by, row->reason));
		(void)profile_check(profile, retractions_remove(store, row->id));
		is_gone = waiting->is_fewer = true;
	}
	arena_done(&arena);
	return is_gone;
}

static void
start(struct profile *profile)
{
	struct waiting *waiting = mem_alloc(sizeof *waiting);
	struct store *store = profile_store(profile);
	/* Not readable: perhaps. */
	waiting->is_any = store && retractions_exist(store) != 0;
	profile_state_set(profile, MODULE_retraction, waiting);
}

static void
stop(struct profile *profile)
{
	free(profile_state(profile, MODULE_retraction));
}

/* ---- what it does ---- */

static void
take_back(struct profile *profile, const struct message *line, const char *by,
	  const char *reason)
{
	if (line->retracted_by ||
	    profile_check(profile, messages_retract(profile_store(profile), line->id, by,
						    reason)) < 0)
		return;
	lines_emit(profile, line->id, false, NULL);
	lines_emit_badge(profile, line->conversation);
}

/* What lies there was said there: it does not go out again. */
static void
prove_dead(struct profile *profile, const struct inbound *inbound,
	   const struct message *line)
{
	struct store *store = profile_store(profile);
	bool is_waiting = line->state == MESSAGE_QUEUED || line->state == MESSAGE_HELD;
	if (!line->is_outgoing || line->archive_id)
		return;
	(void)profile_check(profile,
			    messages_set_archived(store, line->id, inbound->archive_id,
						  inbound->archive_by));
	if (is_waiting)
		(void)profile_check(profile, messages_set_state(store, line->id,
								MESSAGE_ACKED, NULL));
	else
		(void)profile_check(profile,
				    messages_raise_state(store, line->id, MESSAGE_ACKED));
}

/* Who moderated it, for people: the nick, else the room. */
static char *
moderator(const struct inbound *inbound, const char *by)
{
	struct jid jid = {0};
	const char *name = inbound->peer;
	if (by && jid_parse(by, &jid, NULL) == 0)
		name = jid.resource ? jid.resource : jid.bare;
	char *clean = clean_text(name, CLEAN_LINE, NICK_MAX);
	jid_done(&jid);
	return clean;
}

/* The retraction is of LINE (NULL: not here yet). */
static void
apply(struct profile *profile, const struct inbound *inbound,
      const struct retraction *retraction, const struct message *line)
{
	struct claimant claimant = claimant_of(inbound, retraction);
	const char *words = retraction->reason ? retraction->reason : "";
	char *by = retraction->is_moderated ? moderator(inbound, retraction->by)
					    : mem_strdup("");
	char *reason = clean_text(words, CLEAN_LINE, REASON_MAX);
	/* The archive that has a tombstone is the room's, or our own server's. */
	bool is_proven = retraction->is_tombstone && inbound->origin == INBOUND_ARCHIVE;
	if (line &&
	    (is_proven || (!retraction->is_tombstone && is_allowed(&claimant, line)))) {
		if (is_proven)
			prove_dead(profile, inbound, line);
		take_back(profile, line, by, *reason ? reason : NULL);
	} else if (!line && !retraction->is_tombstone && retraction->id &&
		   is_able(&claimant)) {
		wait_for_line(profile, &(struct retraction_row){
					       .key = {inbound->kind, inbound->peer},
					       .line = retraction->id,
					       .is_own = claimant.is_own,
					       .is_room = claimant.is_room,
					       .sender = claimant.sender,
					       .occupant_id = claimant.occupant_id,
					       .by = by,
					       .reason = *reason ? reason : NULL,
				       });
	}
	free(by);
	free(reason);
}

static enum module_verdict
on_message(struct profile *profile, struct inbound *inbound)
{
	const char *type = stanza_type(inbound->stanza);
	struct arena arena = {0};
	struct retraction retraction;
	struct message line;
	if (type && strcmp(type, "error") == 0)
		return MODULE_PASS;
	if (!read_retraction(inbound->stanza, &retraction))
		return MODULE_PASS;
	bool is_found =
		retraction.is_tombstone
			? find_dead(profile, inbound, &arena, &line)
			: find_line(profile, inbound, retraction.id, &arena, &line);
	apply(profile, inbound, &retraction, is_found ? &line : NULL);
	arena_done(&arena);
	/* What else it says is for those who do not understand it. */
	return MODULE_TAKEN;
}

/* ---- ours ---- */

/* A line that is to be taken back, with its conversation. */
struct meant {
	struct message line;
	struct conversation row;
};

/* Finds the line ID; refuses REQUEST if there is none. */
static bool
find_meant(struct profile *profile, struct serve_request *request, int64_t id,
	   struct meant *ret_meant)
{
	struct store *store = profile_store(profile);
	if (messages_get(store, id, &request->arena, &ret_meant->line) < 0 ||
	    conversations_get(store, ret_meant->line.conversation, &request->arena,
			      &ret_meant->row) < 0) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "There is no such line.");
		return false;
	}
	if (!profile_is_online(profile)) {
		profile_refuse(profile, request, ERROR_OFFLINE,
			       "%s is not connected, and this needs the server.",
			       profile_name(profile));
		return false;
	}
	return true;
}

/* How the other side knows the line. */
static const char *
id_of(const struct meant *meant)
{
	const struct message *line = &meant->line;
	if (meant->row.kind == CONVERSATION_ROOM && line->archive_id)
		return line->archive_id;
	return line->origin_id ? line->origin_id : line->wire_id;
}

static void
say(struct profile *profile, const struct meant *meant)
{
	bool is_room = meant->row.kind == CONVERSATION_ROOM;
	struct stanza *message =
		stanza_message(profile_stanzas(profile), is_room ? "groupchat" : "chat",
			       meant->row.jid, NULL);
	char id[STANZA_ID_SIZE];
	stanza_random_id(id);
	stanza_set(message, "id", id);
	stanza_set(stanza_add(message, "retract", NS_RETRACT), "id", id_of(meant));
	stanza_set(stanza_add(message, "fallback", NS_FALLBACK), "for", NS_RETRACT);
	stanza_add_with_text(message, "body", NULL,
			     "This person took a message back, but your program does not "
			     "know how to do that.");
	(void)stanza_add(message, "store", NS_HINTS);
	profile_send(profile, message);
}

void
retraction_send(struct profile *profile, struct serve_request *request)
{
	const struct bridge_retract_params *params = request->params;
	struct meant meant;
	if (!find_meant(profile, request, params->id, &meant))
		return;
	const struct message *line = &meant.line;
	const struct room *room = meant.row.kind == CONVERSATION_ROOM
					  ? muc_find(profile, meant.row.jid)
					  : NULL;
	bool is_sent = line->state == MESSAGE_SENT || line->state == MESSAGE_ACKED ||
		       line->state == MESSAGE_DELIVERED ||
		       line->state == MESSAGE_DISPLAYED;
	if (!line->is_outgoing) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "That is no line of yours.");
	} else if (!is_sent || !id_of(&meant)) {
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "That line was not sent: /cancel takes it back.");
	} else if (meant.row.kind == CONVERSATION_ROOM &&
		   (!room || room->state != room_state_IN)) {
		profile_refuse(profile, request, ERROR_NOT_IN_ROOM,
			       "You are not in %s now.", meant.row.jid);
	} else {
		say(profile, &meant);
		if (!room)
			take_back(profile, line, "", NULL);
		profile_reply(profile, request, NULL);
	}
}

/* The question in the form that the room announces. */
static struct stanza *
moderation_iq(struct profile *profile, const struct room *room, const char *id,
	      const char *reason)
{
	bool is_old = !(room->features & ROOM_CAN_MODERATE);
	const char *ns = is_old ? NS_MODERATE_OLD : NS_MODERATE;
	struct stanza *iq = stanza_iq(profile_stanzas(profile), "set", room->jid, NULL);
	struct stanza *parent = iq;
	if (is_old) {
		parent = stanza_add(iq, "apply-to", NS_FASTEN);
		stanza_set(parent, "id", id);
	}
	struct stanza *moderate = stanza_add(parent, "moderate", ns);
	if (!is_old)
		stanza_set(moderate, "id", id);
	(void)stanza_add(moderate, "retract", is_old ? NS_RETRACT_OLD : NS_RETRACT);
	if (reason && *reason)
		stanza_add_with_text(moderate, "reason", NULL, reason);
	return iq;
}

void
retraction_moderate(struct profile *profile, struct serve_request *request)
{
	const struct bridge_moderate_params *params = request->params;
	struct meant meant;
	if (!find_meant(profile, request, params->id, &meant))
		return;
	const struct room *room = meant.row.kind == CONVERSATION_ROOM
					  ? muc_find(profile, meant.row.jid)
					  : NULL;
	if (!room || room->state != room_state_IN)
		profile_refuse(profile, request, ERROR_NOT_IN_ROOM,
			       "That line is in no room that you are in.");
	else if (!(room->features & (ROOM_CAN_MODERATE | ROOM_CAN_MODERATE_OLD)))
		profile_refuse(profile, request, ERROR_SERVER_REFUSED,
			       "This room cannot take messages back (XEP-0425).");
	else if (!meant.line.archive_id)
		profile_refuse(profile, request, ERROR_NOT_FOUND,
			       "The room gave that line no id to name it by.");
	else
		profile_ask(profile,
			    moderation_iq(profile, room, meant.line.archive_id,
					  params->reason),
			    PROFILE_ASK, muc_agreed, request);
}

static const char *const features[] = {NS_RETRACT, NS_RETRACT_OLD, NULL};

const struct module module_retraction = {
	.name = "retraction",
	.features = features,
	.start = start,
	.stop = stop,
	.on_message = on_message,
};
