/*
 * From the lines of the model to rows of a log; what stands between them is put there by
 * chat_notices.c, but the unread mark. The invariant: after an update the log holds
 * exactly the loaded lines and their marks.
 */
#include "tui/chat_view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/attention.h"
#include "tui/chat_view_private.h"
#include "tui/clock.h"
#include "tui/comings.h"
#include "tui/door.h"
#include "tui/marks.h"
#include "tui/nick.h"
#include "tui/options.h"
#include "tui/terminal.h"
#include "widgets/log.h"
#include "widgets/screen.h"
#include "widgets/theme.h"

#define NEW_ID (UINT64_C(1) << 62)
#define FETCH_ID (NEW_ID | 1)
#define PAGE_MIN 50
#define PAGE_MAX 500
#define FETCH_SHOWN_MS 300 /* what takes less is not worth a word */

struct chat_view *
chat_view_new(void)
{
	struct chat_view *view = mem_alloc(sizeof *view);

	view->log = log_new();
	view->comings = comings_new();
	return view;
}

void
chat_view_free(struct chat_view *view)
{
	if (!view)
		return;
	log_free(view->log);
	comings_free(view->comings);
	free(view->nick);
	free(view);
}

void
chat_view_show(struct app *app, struct chat_view *view, struct chat *chat)
{
	if (view->chat == chat)
		return;
	(void)app;
	if (view->chat) {
		chat_trim(view->chat, CHAT_KEEP);
		view->chat->is_shown = false;
		view->chat->is_reset = true;
	}
	log_clear(view->log);
	view->chat = chat;
	view->new_place = 0;
	view->comings_id = 0;
	view->is_fresh = true;
	if (chat) {
		chat->is_shown = true;
		chat->is_reset = true;
		chat->is_dirty = true;
	}
}

void
chat_view_rewrite(struct chat_view *view)
{
	struct chat *chat = view->chat;

	if (!chat)
		return;
	for (size_t i = 0; i < chat->line_count; i++)
		chat->lines[i]->is_dirty = true;
	chat->is_dirty = true;
	view->has_stale_notices = true;
}

struct log *
chat_view_log(struct chat_view *view)
{
	return view->log;
}

int64_t
chat_view_seen(struct chat_view *view)
{
	uint64_t id;
	int64_t place;

	if (!view->chat || !view->chat->is_loaded)
		return 0;
	if (!log_last_visible(view->log, &id, &place))
		return 0;
	if (id < CHAT_PENDING)
		return place;
	return log_is_at_bottom(view->log) ? chat_newest_place(view->chat) : 0;
}

/* ---- lines ----------------------------------------------------------------- */

/* Why a line failed in a conversation of KIND, in plain words: conditions of the server
 * (RFC 6120, 8.3.3) that people meet; others, and texts of the server's own, as they are.
 * The caller frees. */
static char *
reason_text(const char *reason, enum bridge_conversation_kind kind)
{
	static const struct {
		const char *condition, *text, *room, *private;
	} rows[] = {
		{"service-unavailable", "no such account, or it takes no messages", NULL,
		 NULL},
		{"item-not-found", "no such account", "there is no such room",
		 "they are not in the room"},
		{"recipient-unavailable", "they are not online", NULL, NULL},
		{"remote-server-not-found", "there is no such server", NULL, NULL},
		{"remote-server-timeout", "their server does not answer", NULL, NULL},
		{"not-acceptable", "refused; did you block them?",
		 "you are not in the room", "you are not in the room"},
		{"policy-violation", "the server refused it", NULL, NULL},
		{"forbidden", "that is not allowed", NULL, NULL},
		{"not-allowed", "that is not allowed", NULL, NULL},
		{"resource-constraint",
		 "the server is too busy, or their mailbox is full", NULL, NULL},
	};

	if (!reason || !*reason)
		return mem_strdup("(not sent)");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *own = kind == conversation_kind_ROOM      ? rows[i].room
				  : kind == conversation_kind_PRIVATE ? rows[i].private
								      : NULL;

		if (strcmp(rows[i].condition, reason) == 0)
			return mem_printf("(not delivered: %s)",
					  own ? own : rows[i].text);
	}
	return mem_printf("(not delivered: %s)", reason);
}

/* What stands behind an own line in CHAT; NULL for nothing. The caller frees. */
static char *
note_text(const struct chat *chat, const struct chat_line *line)
{
	if (line->state == line_state_FAILED)
		return reason_text(line->reason, chat->kind);
	if (line->state == line_state_HELD)
		return mem_strdup("(not sent, it waited too long: /retry sends it, "
				  "/cancel takes it back)");
	return line->may_repeat ? mem_strdup("(may have arrived twice)") : NULL;
}

/* What we are called in CHAT; the caller frees. */
static char *
own_name(struct app *app, const struct chat *chat)
{
	char buffer[256];
	const struct model_room *room = model_room_of(app->model, chat->jid);

	if (room && room->nick[0])
		return nick_shown(room->nick);
	const char *own = model_name(app->model, app->model->jid, buffer, sizeof buffer);
	size_t at = strcspn(own, "@");
	return mem_strndup(own, at ? at : strlen(own));
}

static void
put_line(struct app *app, struct chat_view *view, struct chat_line *line)
{
	char time[8];
	bool is_action = strncmp(line->body, "/me ", 4) == 0;
	char *nick = line->nick	    ? nick_shown(line->nick)
		     : line->is_own ? own_name(app, view->chat)
				    : mem_strdup(view->nick);
	char *note = NULL;
	struct log_line row = {
		.id = line->id,
		.place = line->place,
		.kind = is_action ? LOG_ACTION : LOG_MESSAGE,
		.time = time,
		.nick = nick,
		.nick_role = line->is_own ? (int)ROLE_NICK_OWN
					  : theme_nick_role(app->theme,
							    line->nick ? line->nick
								       : view->chat->jid),
		.body = is_action ? line->body + 4 : line->body,
		.body_role = line->is_own ? ROLE_TEXT_OWN : ROLE_TEXT,
	};

	clock_minute(line->time, time);
	line->day = clock_day(line->time);
	if (line->is_mention && !line->is_own)
		row.body_role = ROLE_MENTION;
	else if (is_action)
		row.body_role = ROLE_ACTION;
	const struct mark_row *mark = line->is_own ? mark_of(line->state) : NULL;
	if (mark) {
		row.mark = mark_glyph(mark, options_is_on(app->options, "ascii_marks"));
		row.mark_role = row.note_role = mark->role;
		row.note = note = note_text(view->chat, line);
	}
	log_put(view->log, &row);
	free(note);
	free(nick);
}

/* ---- what changed ---------------------------------------------------------- */

static void
update_lines(struct app *app, struct chat_view *view)
{
	struct chat *chat = view->chat;
	bool is_at_bottom = log_is_at_bottom(view->log);

	if (chat->is_reset)
		log_clear(view->log);
	for (size_t i = 0; i < chat->gone_count; i++) {
		(void)log_remove(view->log, chat->gone[i]);
		(void)log_remove(view->log, DAY_ID | chat->gone[i]);
	}
	for (size_t i = 0; i < chat->line_count; i++) {
		struct chat_line *line = chat->lines[i];

		line->has_day = line->has_day && !chat->is_reset;
		if (chat->is_reset || line->is_dirty)
			put_line(app, view, line);
	}
	chat_notices_update(view);
	chat_notices_update_days(view);
	if (is_at_bottom)
		log_to_bottom(view->log);
}

/* The mark stands before the first line that was not read when it was set, also where
 * such lines come later: from a gap above, or with an older page. */
static void
update_new_mark(struct app *app, struct chat_view *view)
{
	const struct chat *chat = view->chat;
	int64_t place = 0;

	if (view->new_place) {
		place = chat_first_after(chat, view->new_after);
	} else if (view->is_fresh || !attention_is_here(app)) {
		view->new_after = chat_read_until(chat);
		place = chat_first_after(chat, view->new_after);
	}
	if (place == view->new_place && log_has(view->log, NEW_ID) == (place != 0))
		return;
	view->new_place = place;
	if (place == 0) {
		(void)log_remove(view->log, NEW_ID);
		return;
	}
	struct log_line row = {
		.id = NEW_ID,
		.place = place,
		.kind = LOG_NEW,
		.body = "new",
		.body_role = ROLE_NEW,
	};
	log_put(view->log, &row);
}

void
chat_view_answered(struct chat_view *view)
{
	view->new_place = 0;
	if (view->chat)
		view->chat->is_dirty = true;
	(void)log_remove(view->log, NEW_ID);
	log_to_bottom(view->log);
}

/* ---- pages ----------------------------------------------------------------- */

struct page_ask {
	struct app *app;
	char *jid;
	int64_t before;
	bool is_local;
};

static void
on_page(void *data, const struct bridge_failure *failure, const void *result)
{
	struct page_ask *ask = data;
	struct app *app = ask->app;
	struct chat *chat = model_chat(app->model, ask->jid);

	if (chat && failure) {
		chat->is_asking = false;
		/* With the daemon gone the next attach asks again. */
		if (strcmp(failure->code, "BACKEND_GONE") != 0) {
			chat->is_loaded = true;
			chat->is_stuck = true;
			app_say_error(app, "%s", failure->message);
		}
	} else if (chat) {
		chat_put_page(chat, result, ask->before);
		/* What is not stored was not asked for yet. */
		chat->is_stuck = chat->is_stuck && !ask->is_local;
	}
	free(ask->jid);
	free(ask);
}

/* The first page is what is stored, so nobody waits for a server to see that. */
static void
ask_page(struct app *app, struct chat *chat, int64_t before, int64_t limit)
{
	bool is_local = !chat->is_loaded;
	struct page_ask *ask = mem_alloc(sizeof *ask);
	struct bridge_message_page_params params = {
		.profile = app->model->profile,
		.jid = chat->jid,
		.before = before,
		.limit = limit < PAGE_MAX ? limit : PAGE_MAX,
		.is_local = is_local,
	};

	*ask = (struct page_ask){app, mem_strdup(chat->jid), before, is_local};
	chat->is_asking = true;
	chat->asked_at = uv_now(app->loop);
	client_message_page(door_client(app->door), &params, on_page, ask);
}

static void
ask_missing(struct app *app, struct chat_view *view)
{
	struct chat *chat = view->chat;
	int64_t rows = screen_rows(terminal_screen(app->terminal));
	int64_t page = rows > PAGE_MIN ? rows : PAGE_MIN;

	if (door_state(app->door) != DOOR_ATTACHED || chat->is_asking)
		return;
	if (!chat->is_loaded) {
		ask_page(app, chat, 0, page + chat->unread);
		return;
	}
	if (chat->is_stuck)
		return;
	if (chat_has_unknown(chat))
		ask_page(app, chat, chat->known_from, PAGE_MAX);
	else if (chat->has_more && log_wants_older(view->log))
		ask_page(app, chat, chat->known_from == INT64_MIN ? 0 : chat->known_from,
			 page);
}

/* At the very top: that older lines are on their way, or could not be had. */
static void
update_fetch_row(struct app *app, struct chat_view *view)
{
	const struct chat *chat = view->chat;
	uint64_t asked_for = chat->is_asking ? uv_now(app->loop) - chat->asked_at : 0;
	struct log_line row = {
		.id = FETCH_ID,
		.place = INT64_MIN,
		.kind = LOG_DAY,
		.body_role = ROLE_DAY,
	};

	if (chat->is_asking && asked_for < FETCH_SHOWN_MS)
		app_wake_in(app, FETCH_SHOWN_MS - asked_for);
	if (chat->is_asking)
		row.body = chat->is_loaded ? "fetching older messages…"
					   : "fetching messages…";
	else if (chat->has_more && chat->is_stuck)
		row.body = "older messages are out of reach; PgUp tries again";
	if (!row.body) {
		(void)log_remove(view->log, FETCH_ID);
	} else if (!chat->is_asking || asked_for >= FETCH_SHOWN_MS) {
		bool is_wanted = log_is_at_top(view->log);

		log_put(view->log, &row);
		if (is_wanted)
			(void)log_show(view->log, FETCH_ID);
	}
}

void
chat_view_want_older(struct chat_view *view)
{
	if (view->chat && log_wants_older(view->log))
		view->chat->is_stuck = false;
}

void
chat_view_update(struct app *app, struct chat_view *view)
{
	struct chat *chat = view->chat;
	char buffer[256];

	if (!chat)
		return;
	const char *other = nick_of(chat->jid);
	char *nick = other ? nick_shown(other)
			   : mem_strdup(model_name(app->model, chat->jid, buffer,
						   sizeof buffer));
	if (!view->nick || strcmp(view->nick, nick) != 0) {
		mem_replace(&view->nick, nick);
		chat_view_rewrite(view);
	}
	free(nick);
	if (log_is_at_bottom(view->log) && chat->line_count > CHAT_KEEP + CHAT_SLACK)
		chat_trim(chat, CHAT_KEEP);
	if (log_is_at_bottom(view->log) && chat->is_loaded)
		chat_forget_unknown(chat);
	if (chat->is_dirty) {
		update_lines(app, view);
		update_new_mark(app, view);
		chat_clean(chat);
		if (view->is_fresh && chat->is_loaded && view->new_place &&
		    !log_is_visible(view->log, NEW_ID))
			(void)log_show(view->log, NEW_ID);
		view->is_fresh = view->is_fresh && !chat->is_loaded;
	}
	ask_missing(app, view);
	update_fetch_row(app, view);
}
