/*
 * The verbs about people: roster, send, history.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/verbs.h"

/* ---- roster ---------------------------------------------------------------------- */

/* The presence of JID that says most: the one of highest priority. */
static const struct bridge_presence *
best_presence(const struct bridge_roster_result *roster, const char *jid)
{
	const struct bridge_presence *best = NULL;
	for (size_t i = 0; i < roster->presences_count; i++) {
		const struct bridge_presence *presence = &roster->presences[i];
		if (strcmp(presence->jid, jid) == 0 &&
		    (!best || presence->priority > best->priority))
			best = presence;
	}
	return best;
}

static void
add_contact(struct buf *out, const struct bridge_roster_result *roster,
	    const struct bridge_contact *contact)
{
	const struct bridge_presence *presence = best_presence(roster, contact->jid);
	const char *show = presence ? bridge_show_text(presence->show) : "offline";
	buf_printf(out, "%-8s", show);
	print_clean(out, "", contact->jid);
	print_clean(out, "  ", contact->name);
	for (size_t i = 0; i < contact->groups_count; i++)
		print_clean(out, i == 0 ? "  [" : ", ", contact->groups[i]);
	buf_add_text(out, contact->groups_count ? "]" : "");
	if (contact->subscription != subscription_BOTH)
		buf_printf(out, "  (%s%s)",
			   bridge_subscription_text(contact->subscription),
			   contact->is_asking ? ", asked" : "");
	print_clean(out, "  ", presence ? presence->text : NULL);
	buf_add_byte(out, '\n');
}

static void
add_roster_json(struct buf *out, const struct bridge_roster_result *roster)
{
	for (size_t i = 0; i < roster->contacts_count; i++)
		print_json(out, &record_contact, &roster->contacts[i], "kind", "contact");
	for (size_t i = 0; i < roster->presences_count; i++)
		print_json(out, &record_presence, &roster->presences[i], "kind",
			   "presence");
	for (size_t i = 0; i < roster->requests_count; i++)
		print_json(out, &record_request, &roster->requests[i], "kind", "request");
	for (size_t i = 0; i < roster->blocked_count; i++) {
		buf_add_text(out, "{\"kind\":\"blocked\",\"jid\":");
		print_json_text(out, roster->blocked[i]);
		buf_add_text(out, "}\n");
	}
}

static int
take_roster(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_roster_result *roster = result;
	struct buf out = {0};
	(void)data;
	if (ctl->command->is_json) {
		add_roster_json(&out, roster);
	} else {
		for (size_t i = 0; i < roster->contacts_count; i++)
			add_contact(&out, roster, &roster->contacts[i]);
		for (size_t i = 0; i < roster->requests_count; i++) {
			buf_add_text(&out, "request ");
			print_clean(&out, "", roster->requests[i].jid);
			print_clean(&out, "  ", roster->requests[i].text);
			buf_add_byte(&out, '\n');
		}
		for (size_t i = 0; i < roster->blocked_count; i++) {
			buf_add_text(&out, "blocked ");
			print_clean(&out, "", roster->blocked[i]);
			buf_add_byte(&out, '\n');
		}
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_roster(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_roster_list, &params, take_roster, NULL);
}

int
verb_roster_add(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_roster_set_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.name = command->values[CTL_NAME],
		.set_groups = command->group_count > 0,
		.groups = command->groups,
		.groups_count = command->group_count,
		.subscribe = true,
	};
	return ctl_call(ctl, METHOD_roster_set, &params, NULL, NULL);
}

int
verb_roster_remove(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_jid_params params = {
		.profile = command->profile,
		.jid = command->words[0],
	};
	return ctl_call(ctl, METHOD_roster_remove, &params, NULL, NULL);
}

/* ---- send ------------------------------------------------------------------------ */

/* A message on its way. */
struct sending {
	int64_t id; /* 0 while unknown */
	enum bridge_line_state state;
	bool is_settled;
	bool is_stale;	/* events were missed: its state has to be asked */
	bool is_told;	/* that it waits for the connection */
	bool is_unsent; /* waiting is in vain: nobody will connect */
	bool is_of_room;
	bool is_out; /* the same: of a room that we are not in */
	char *reason;
	char *jid; /* the conversation; NULL while unknown */
};

static void
note_state(struct sending *sending, enum bridge_line_state state, const char *reason)
{
	sending->state = state;
	mem_replace(&sending->reason, reason);
	sending->is_settled = state != line_state_QUEUED;
}

/* Says once why the message is not on its way; in vain is waiting for a connection that
 * only the user can bring about. */
static void
note_link(struct sending *sending, const struct bridge_link *link)
{
	const char *reason = link->reason ? link->reason : "";
	sending->is_unsent = link->state == link_state_REFUSED ||
			     link->state == link_state_LOCKED ||
			     link->state == link_state_OFFLINE;
	if (sending->is_settled || sending->is_told ||
	    !(sending->is_unsent || link->state == link_state_WAITING))
		return;
	sending->is_told = true;
	(void)ctl_complain(
		CTL_OK, "The message is stored, but the profile is not connected. %s%s%s",
		reason, *reason ? " " : "",
		link->state == link_state_OFFLINE
			? "It is sent after \"ternctl connect\"."
		: sending->is_unsent ? "It is sent when the profile is online again."
				     : "Waiting for the connection.");
}

/* A room that the user left, or that does not want us, takes nothing. */
static void
note_room(struct sending *sending, const struct bridge_room *room)
{
	size_t len = strlen(room->jid);
	bool is_its = sending->jid && strncmp(sending->jid, room->jid, len) == 0 &&
		      (sending->jid[len] == '\0' || sending->jid[len] == '/');
	if (!is_its || sending->is_settled || sending->is_out)
		return;
	sending->is_out =
		room->state == room_state_OUT || room->state == room_state_REFUSED;
	if (sending->is_out)
		(void)ctl_complain(CTL_OK,
				   "The message is stored, but you are not in %s. It is "
				   "sent after \"ternctl room join\".",
				   room->jid);
}

static void
on_line(struct ctl *ctl, enum bridge_event event, const void *record)
{
	struct sending *sending = ctl->data;
	if (event == EVENT_resync) {
		sending->is_stale = true;
	} else if (event == EVENT_notice) {
		const struct bridge_notice_event *notice = record;
		char *text = clean_text(notice->text, CLEAN_LINE, 4096);
		(void)ctl_complain(CTL_OK, "%s", text);
		free(text);
	} else if (event == EVENT_link_changed) {
		note_link(sending, ((const struct bridge_link_event *)record)->link);
	} else if (event == EVENT_room_changed) {
		note_room(sending, ((const struct bridge_room_event *)record)->room);
	} else if (event == EVENT_line_changed) {
		const struct bridge_line *line =
			((const struct bridge_line_event *)record)->line;
		if (sending->id && line->id == sending->id)
			note_state(sending, line->state, line->reason);
	}
}

static int
take_sent(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_message_send_result *sent = result;
	struct sending *sending = data;
	(void)ctl;
	sending->id = sent->id;
	note_state(sending, sent->state, NULL);
	return CTL_OK;
}

static int
take_line(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_line_result *got = result;
	struct sending *sending = data;
	(void)ctl;
	mem_replace(&sending->jid, got->line->jid);
	sending->is_of_room = got->line->kind != conversation_kind_CHAT;
	note_state(sending, got->line->state, got->line->reason);
	return CTL_OK;
}

static int
take_rooms(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_room_list_result *list = result;
	(void)ctl;
	for (size_t i = 0; i < list->rooms_count; i++)
		note_room(data, &list->rooms[i]);
	return CTL_OK;
}

static int
take_link(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_attach_result *attach = result;
	(void)ctl;
	note_link(data, attach->link);
	return CTL_OK;
}

/* Waits for the line to be sent or failed: by events, and by asking whenever some may
 * have been missed. */
static int
wait_sent(struct ctl *ctl, struct sending *sending)
{
	struct bridge_attach_params attach = {.profile = ctl->command->profile};
	struct bridge_profile_name profile = {.profile = ctl->command->profile};
	struct bridge_line_params params = {
		.profile = ctl->command->profile,
		.id = sending->id,
	};
	int code = CTL_OK;
	ctl->on_event = on_line;
	ctl->data = sending;
	sending->is_stale = true;
	while (!sending->is_settled && code == CTL_OK) {
		if (sending->is_stale) {
			sending->is_stale = false;
			code = ctl_call(ctl, METHOD_attach, &attach, take_link, sending);
			if (code != CTL_OK)
				break;
			code = ctl_call(ctl, METHOD_message_get, &params, take_line,
					sending);
			if (code == CTL_OK && sending->is_of_room && !sending->is_settled)
				code = ctl_call(ctl, METHOD_room_list, &profile,
						take_rooms, sending);
			continue;
		}
		if (sending->is_unsent || sending->is_out)
			return CTL_REFUSED;
		(void)uv_run(&ctl->loop, UV_RUN_ONCE);
		if (ctl->is_closed)
			code = ctl_complain(
				CTL_BRIDGE,
				"The daemon ended; the message is stored and will "
				"be sent when it runs again.");
	}
	ctl->on_event = NULL;
	return code;
}

static void
put_sent(struct ctl *ctl, const struct sending *sending)
{
	struct buf out = {0};
	buf_printf(&out, "{\"id\":%lld,\"state\":\"%s\"}\n", (long long)sending->id,
		   bridge_line_state_text(sending->state));
	ctl_put(ctl, &out);
	buf_done(&out);
}

/* The text to send: the argument, or standard input without its last line end. */
static int
read_text(const struct ctl_command *command, struct buf *out)
{
	if (command->word_count > 1)
		buf_add_text(out, command->words[1]);
	else if (ctl_read_input(out) != CTL_OK)
		return CTL_USAGE;
	if (command->word_count < 2 && out->len && out->data[out->len - 1] == '\n')
		out->data[--out->len] = 0;
	return out->len ? CTL_OK : ctl_complain(CTL_USAGE, "There is no text to send.");
}

int
verb_send(struct ctl *ctl, const struct ctl_command *command)
{
	struct buf text = {0};
	struct sending sending = {0};
	uint8_t token[16];
	client_token(token);
	int code = read_text(command, &text);
	if (code == CTL_OK) {
		struct bridge_message_send_params params = {
			.profile = command->profile,
			.token = {token, sizeof token},
			.jid = command->words[0],
			.body = (const char *)text.data,
		};
		code = ctl_call(ctl, METHOD_message_send, &params, take_sent, &sending);
	}
	if (code == CTL_OK && command->values[CTL_WAIT])
		code = wait_sent(ctl, &sending);
	if (code == CTL_OK && command->is_json)
		put_sent(ctl, &sending);
	if (code == CTL_OK && sending.state == line_state_FAILED)
		code = ctl_complain(CTL_REFUSED, "It was not sent: %s",
				    sending.reason ? sending.reason
						   : "no reason was given.");
	else if (code == CTL_OK && sending.state == line_state_HELD)
		code = ctl_complain(CTL_REFUSED,
				    "It was not sent: it waited too long. \"ternctl call "
				    "message.retry id=%lld\" sends it.",
				    (long long)sending.id);
	free(sending.reason);
	free(sending.jid);
	buf_done(&text);
	return code;
}

/* ---- history --------------------------------------------------------------------- */

static void
add_time(struct buf *out, int64_t time_ms)
{
	char text[32] = "?";
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm local;
	if (localtime_r(&seconds, &local))
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
	buf_printf(out, "%s ", text);
}

/* What is proven of an own line, in the words of the bridge where they are plain. */
static void
add_state(struct buf *out, const struct bridge_line *line)
{
	const char *text = bridge_line_state_text(line->state);
	if (line->state == line_state_QUEUED)
		text = "not yet sent";
	else if (line->state == line_state_FAILED)
		text = "not sent";
	buf_printf(out, " [%s", text);
	if (line->state == line_state_FAILED)
		print_clean(out, ": ", line->reason);
	buf_add_text(out, line->may_repeat ? ", may repeat]" : "]");
}

/* Who wrote it: in a room the nick. */
static const char *
name_of(const struct bridge_line *line)
{
	const char *slash = line->kind == conversation_kind_ROOM && line->sender
				    ? strchr(line->sender, '/')
				    : NULL;
	if (line->is_own)
		return "me";
	return slash ? slash + 1 : line->jid;
}

static void
add_line(struct buf *out, const struct bridge_line *line)
{
	static const char indent[] = "                 ";
	bool is_action = strncmp(line->body, "/me ", 4) == 0;
	add_time(out, line->time);
	buf_add_text(out, is_action ? "* " : "");
	print_clean(out, "", name_of(line));
	buf_add_text(out, is_action ? " " : ": ");
	print_indented(out, line->body + (is_action ? 4 : 0), indent);
	if (line->is_retracted) {
		buf_add_text(out, "(taken back");
		print_clean(out, " by ", line->retracted_by);
		print_clean(out, ": ", line->reason);
		buf_add_byte(out, ')');
	} else if (line->is_own)
		add_state(out, line);
	buf_add_byte(out, '\n');
}

static int
take_page(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_message_page_result *page = result;
	struct buf out = {0};
	(void)data;
	for (size_t i = 0; i < page->lines_count; i++) {
		if (ctl->command->is_json)
			print_json(&out, &record_line, &page->lines[i], NULL, NULL);
		else
			add_line(&out, &page->lines[i]);
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	if (page->has_more && page->lines_count && !ctl->command->is_json)
		(void)fprintf(stderr, "Earlier lines: --before %lld\n",
			      (long long)page->lines[0].place);
	return CTL_OK;
}

int
verb_history(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_message_page_params params = {
		.profile = command->profile,
		.jid = command->words[0],
		.before = command->before,
		.limit = command->limit,
	};
	return ctl_call(ctl, METHOD_message_page, &params, take_page, NULL);
}
