/*
 * The lines of a conversation: a sorted array of pointers, the newest at its end. The
 * invariant: sorted by place, then id; ids unique; pending lines behind all others.
 * Called by model_apply and by the sending code only.
 */
#include "tui/chat.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define BODY_MAX (256 * 1024)
#define ROW_MAX 512
#define PLACE_PENDING (INT64_MAX / 2)

static void
line_free(struct chat_line *line)
{
	if (!line)
		return;
	free(line->body);
	free(line->text);
	free(line->reason);
	free(line->nick);
	free(line);
}

/* The index of the first line that does not stand before PLACE and ID. */
static size_t
index_of(const struct chat *chat, int64_t place, uint64_t id)
{
	size_t low = 0, high = chat->line_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct chat_line *line = chat->lines[middle];

		if (line->place < place || (line->place == place && line->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
insert(struct chat *chat, struct chat_line *line)
{
	size_t at = index_of(chat, line->place, line->id);

	if (chat->line_count == chat->line_cap) {
		chat->line_cap = chat->line_cap ? chat->line_cap * 2 : 64;
		chat->lines =
			mem_resize(chat->lines, chat->line_cap, sizeof *chat->lines);
	}
	memmove(chat->lines + at + 1, chat->lines + at,
		(chat->line_count - at) * sizeof *chat->lines);
	chat->lines[at] = line;
	chat->line_count++;
	line->is_dirty = true;
	chat->is_dirty = true;
}

/* Takes LINE out of the array without freeing it. */
static void
take(struct chat *chat, const struct chat_line *line)
{
	size_t at = index_of(chat, line->place, line->id);

	chat->line_count--;
	memmove(chat->lines + at, chat->lines + at + 1,
		(chat->line_count - at) * sizeof *chat->lines);
}

static void
note_gone(struct chat *chat, uint64_t id)
{
	if (chat->is_reset)
		return;
	chat->gone = mem_resize(chat->gone, chat->gone_count + 1, sizeof *chat->gone);
	chat->gone[chat->gone_count++] = id;
	chat->is_dirty = true;
}

struct chat *
chat_new(const char *jid)
{
	struct chat *chat = mem_alloc(sizeof *chat);

	chat->jid = mem_strdup(jid);
	chat->draft = mem_strdup("");
	chat->input = mem_strdup("");
	return chat;
}

void
chat_free(struct chat *chat)
{
	if (!chat)
		return;
	for (size_t i = 0; i < chat->line_count; i++)
		line_free(chat->lines[i]);
	free(chat->lines);
	free(chat->gone);
	free(chat->jid);
	free(chat->draft);
	free(chat->input);
	free(chat->last);
	notices_done(&chat->notices);
	free(chat);
}

/* What is shown of a line; the caller frees. */
static char *
words_of(const struct bridge_line *line, enum clean_mode mode, size_t max)
{
	if (!line->is_retracted)
		return clean_text(line->body, mode, max);
	char *by = clean_text(line->retracted_by ? line->retracted_by : "", CLEAN_LINE,
			      ROW_MAX);
	char *why = clean_text(line->reason ? line->reason : "", CLEAN_LINE, ROW_MAX);
	char *words = mem_printf("(taken back%s%s%s%s)", by[0] ? " by " : "", by,
				 why[0] ? ": " : "", why);
	free(by);
	free(why);
	return words;
}

static void
set_last(struct chat *chat, const struct bridge_line *last)
{
	free(chat->last);
	chat->last = words_of(last, CLEAN_LINE, ROW_MAX);
	chat->last_time = last->time;
}

void
chat_set_badge(struct chat *chat, const struct bridge_conversation *badge)
{
	chat->kind = badge->kind;
	chat->is_open = badge->is_open;
	chat->unread = badge->unread;
	chat->mentions = badge->mentions;
	/* It goes down with a line that an archive puts among its own; what we are about
	 * to say is newer where nothing else is unread. */
	if (badge->read_place > chat->read_place || badge->unread > 0)
		chat->read_place = badge->read_place;
	mem_replace(&chat->draft, badge->draft ? badge->draft : "");
	if (badge->last)
		set_last(chat, badge->last);
}

/* In a room everybody's lines have names; elsewhere the conversation tells. */
static void
set_nick(struct chat_line *mine, const struct bridge_line *line)
{
	const char *slash = line->kind == conversation_kind_ROOM && line->sender
				    ? strchr(line->sender, '/')
				    : NULL;

	free(mine->nick);
	mine->nick = slash ? mem_strdup(slash + 1) : NULL;
}

static void
fill(struct chat_line *mine, const struct bridge_line *line)
{
	mine->seq = line->seq;
	mine->time = line->time;
	mine->state = line->state;
	mine->is_own = line->is_own;
	mine->may_repeat = line->may_repeat;
	mine->is_mention = line->is_mention && !line->is_retracted;
	mine->is_retracted = line->is_retracted;
	set_nick(mine, line);
	free(mine->body);
	mine->body = words_of(line, CLEAN_TEXT, BODY_MAX);
	free(mine->reason);
	mine->reason =
		line->reason ? clean_text(line->reason, CLEAN_LINE, ROW_MAX) : NULL;
}

/* The pending line that LINE settles, NULL if there is none. */
static struct chat_line *
settled_by(struct chat *chat, const struct bridge_line *line)
{
	for (size_t i = chat->line_count; i > 0; i--) {
		struct chat_line *mine = chat->lines[i - 1];

		if (mine->id < CHAT_PENDING)
			return NULL;
		if (mine->stored_id == (uint64_t)line->id)
			return mine;
		if (line->token.len == CHAT_TOKEN &&
		    memcmp(mine->token, line->token.data, CHAT_TOKEN) == 0)
			return mine;
	}
	return NULL;
}

/* Puts LINE in its place, whatever is known. */
static void
put(struct chat *chat, const struct bridge_line *line)
{
	struct chat_line *mine = chat_line(chat, (uint64_t)line->id);

	if (mine && mine->seq > line->seq)
		return;
	if (!mine) {
		mine = mem_alloc(sizeof *mine);
		mine->id = (uint64_t)line->id;
	} else {
		take(chat, mine);
	}
	mine->place = line->place < PLACE_PENDING ? line->place : PLACE_PENDING - 1;
	fill(mine, line);
	insert(chat, mine);
}

static bool
is_numbered(const struct bridge_line *line)
{
	return line->id > 0 && (uint64_t)line->id < CHAT_PENDING;
}

/* Takes the pending line away that LINE settles, if there is one. */
static void
settle(struct chat *chat, const struct bridge_line *line)
{
	struct chat_line *pending = line->is_own ? settled_by(chat, line) : NULL;

	if (pending)
		chat_drop(chat, pending);
}

void
chat_put(struct chat *chat, const struct bridge_line *line)
{
	if (!is_numbered(line))
		return;
	settle(chat, line);
	if (!chat->is_loaded && !chat->is_asking)
		return;
	/* Between it and the known lines there may be others. */
	if (chat->is_loaded && line->place < chat->known_from)
		chat_remove(chat, (uint64_t)line->id);
	else
		put(chat, line);
	if (!chat->is_shown && chat->line_count > CHAT_KEEP + CHAT_SLACK)
		chat_trim(chat, CHAT_KEEP);
}

void
chat_remove(struct chat *chat, uint64_t id)
{
	struct chat_line *line = chat_line(chat, id);

	if (line)
		chat_drop(chat, line);
}

static bool
has_line(const struct bridge_message_page_result *page, uint64_t id)
{
	for (size_t i = 0; i < page->lines_count; i++)
		if ((uint64_t)page->lines[i].id == id)
			return true;
	return false;
}

/* Lines from place LOW to before HIGH that are not on PAGE go. */
static void
drop_missing(struct chat *chat, const struct bridge_message_page_result *page,
	     int64_t low, int64_t high)
{
	for (size_t i = index_of(chat, high, 0); i > 0; i--) {
		struct chat_line *line = chat->lines[i - 1];

		if (line->place < low)
			return;
		if (!has_line(page, line->id))
			chat_drop(chat, line);
	}
}

void
chat_put_page(struct chat *chat, const struct bridge_message_page_result *page,
	      int64_t before)
{
	int64_t high = before ? before : PLACE_PENDING;
	int64_t low = INT64_MIN;

	chat->is_asking = false;
	if (before && before != chat->known_from)
		return;
	if (page->has_more && page->lines_count > 0)
		low = page->lines[0].place;
	else if (page->has_more && before)
		low = before;
	drop_missing(chat, page, low, high);
	for (size_t i = 0; i < page->lines_count; i++) {
		if (!is_numbered(&page->lines[i]))
			continue;
		settle(chat, &page->lines[i]);
		put(chat, &page->lines[i]);
	}
	chat->known_from = low;
	chat->has_more = page->has_more;
	chat->is_stuck = page->has_more && page->lines_count == 0;
	chat->is_loaded = chat->is_loaded || !before;
	chat->is_dirty = true;
}

void
chat_expire(struct chat *chat, bool is_other)
{
	for (size_t i = 0; is_other && i < chat->line_count; i++)
		chat->lines[i]->seq = 0;
	chat->is_loaded = false;
	chat->is_asking = false;
	chat->is_stuck = false;
}

bool
chat_has_unknown(const struct chat *chat)
{
	return chat->line_count > 0 && chat->lines[0]->place < chat->known_from;
}

/* The oldest COUNT lines go. */
static void
drop_first(struct chat *chat, size_t count)
{
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		note_gone(chat, chat->lines[i]->id);
		line_free(chat->lines[i]);
	}
	chat->line_count -= count;
	memmove(chat->lines, chat->lines + count, chat->line_count * sizeof *chat->lines);
}

void
chat_forget_unknown(struct chat *chat)
{
	drop_first(chat, index_of(chat, chat->known_from, 0));
}

struct chat_line *
chat_add_pending(struct chat *chat, const uint8_t token[CHAT_TOKEN], const char *text,
		 int64_t time)
{
	struct chat_line *line = mem_alloc(sizeof *line);

	line->id = CHAT_PENDING + ++chat->pending_count;
	line->place = PLACE_PENDING + (int64_t)chat->pending_count;
	line->time = time;
	line->state = line_state_QUEUED;
	line->is_own = true;
	line->has_token = true;
	memcpy(line->token, token, CHAT_TOKEN);
	line->text = mem_strdup(text);
	line->body = clean_text(text, CLEAN_TEXT, BODY_MAX);
	insert(chat, line);
	return line;
}

struct chat_line *
chat_pending(struct chat *chat, const uint8_t token[CHAT_TOKEN])
{
	for (size_t i = chat->line_count; i > 0; i--) {
		struct chat_line *line = chat->lines[i - 1];

		if (line->id < CHAT_PENDING)
			return NULL;
		if (memcmp(line->token, token, CHAT_TOKEN) == 0)
			return line;
	}
	return NULL;
}

struct chat_line *
chat_line(const struct chat *chat, uint64_t id)
{
	for (size_t i = chat->line_count; i > 0; i--)
		if (chat->lines[i - 1]->id == id)
			return chat->lines[i - 1];
	return NULL;
}

void
chat_drop(struct chat *chat, struct chat_line *line)
{
	note_gone(chat, line->id);
	take(chat, line);
	line_free(line);
}

void
chat_unload(struct chat *chat)
{
	size_t kept = 0;

	for (size_t i = 0; i < chat->line_count; i++) {
		struct chat_line *line = chat->lines[i];

		if (line->id >= CHAT_PENDING)
			chat->lines[kept++] = line;
		else
			line_free(line);
	}
	chat->line_count = kept;
	chat_expire(chat, false);
	chat->has_more = false;
	chat->is_reset = true;
	chat->is_dirty = true;
	chat->gone_count = 0;
}

void
chat_trim(struct chat *chat, size_t keep)
{
	if (chat->line_count <= keep)
		return;
	size_t excess = chat->line_count - keep;
	if (chat->lines[excess]->id >= CHAT_PENDING)
		return;
	drop_first(chat, excess);
	chat->has_more = true;
	if (chat->known_from < chat->lines[0]->place)
		chat->known_from = chat->lines[0]->place;
}

int64_t
chat_first_after(const struct chat *chat, int64_t place)
{
	int64_t found = 0;

	for (size_t i = chat->line_count; i > 0; i--) {
		const struct chat_line *line = chat->lines[i - 1];

		if (line->place <= place)
			break;
		if (!line->is_own)
			found = line->place;
	}
	return found;
}

int64_t
chat_read_until(const struct chat *chat)
{
	int64_t counted = 0;

	if (chat->read_place != 0)
		return chat->read_place;
	for (size_t i = chat->line_count; i > 0; i--) {
		const struct chat_line *line = chat->lines[i - 1];

		if (!line->is_own && counted++ == chat->unread)
			return line->place;
	}
	return counted == chat->unread && counted > 0 ? chat->lines[0]->place - 1 : 0;
}

int64_t
chat_newest_place(const struct chat *chat)
{
	for (size_t i = chat->line_count; i > 0; i--)
		if (chat->lines[i - 1]->id < CHAT_PENDING)
			return chat->lines[i - 1]->place;
	return 0;
}

void
chat_clean(struct chat *chat)
{
	for (size_t i = 0; i < chat->line_count; i++)
		chat->lines[i]->is_dirty = false;
	free(chat->gone);
	chat->gone = NULL;
	chat->gone_count = 0;
	chat->is_dirty = false;
	chat->is_reset = false;
}
