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
	free(chat);
}

static void
set_last(struct chat *chat, const struct bridge_line *last)
{
	free(chat->last);
	chat->last = clean_text(last->body, CLEAN_LINE, ROW_MAX);
	chat->last_time = last->time;
}

void
chat_set_badge(struct chat *chat, const struct bridge_conversation *badge)
{
	chat->is_open = badge->is_open;
	chat->unread = badge->unread;
	chat->mentions = badge->mentions;
	if (badge->read_place > chat->read_place)
		chat->read_place = badge->read_place;
	mem_replace(&chat->draft, badge->draft ? badge->draft : "");
	if (badge->last)
		set_last(chat, badge->last);
}

static void
fill(struct chat_line *mine, const struct bridge_line *line)
{
	mine->seq = line->seq;
	mine->time = line->time;
	mine->state = line->state;
	mine->is_own = line->is_own;
	mine->may_repeat = line->may_repeat;
	free(mine->body);
	mine->body = clean_text(line->body, CLEAN_TEXT, BODY_MAX);
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

void
chat_put(struct chat *chat, const struct bridge_line *line)
{
	if (line->id <= 0 || (uint64_t)line->id >= CHAT_PENDING)
		return;
	if (line->is_own) {
		struct chat_line *pending = settled_by(chat, line);

		if (pending)
			chat_drop(chat, pending);
	}
	if (!chat->is_loaded && !chat->is_asking)
		return;
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

/* Lines that the newest page cannot be known to follow without a gap go. */
static void
drop_before_gap(struct chat *chat, const struct bridge_message_page_result *page)
{
	if (!page->has_more || page->lines_count == 0 ||
	    chat_newest_place(chat) >= page->lines[0].place)
		return;
	chat_unload(chat);
}

void
chat_put_page(struct chat *chat, const struct bridge_message_page_result *page,
	      bool is_newest)
{
	if (is_newest)
		drop_before_gap(chat, page);
	chat->is_asking = true;
	bool was_empty = chat_newest_place(chat) == 0;
	bool is_older = was_empty || page->lines_count == 0 ||
			page->lines[0].place <= chat->lines[0]->place;
	if (is_older)
		chat->has_more = page->has_more;
	for (size_t i = 0; i < page->lines_count; i++)
		chat_put(chat, &page->lines[i]);
	chat->is_loaded = chat->is_loaded || is_newest;
	chat->is_asking = false;
	chat->is_dirty = true;
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
	chat->is_loaded = false;
	chat->has_more = false;
	chat->is_asking = false;
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
	for (size_t i = 0; i < excess; i++) {
		note_gone(chat, chat->lines[i]->id);
		line_free(chat->lines[i]);
	}
	chat->line_count = keep;
	memmove(chat->lines, chat->lines + excess, keep * sizeof *chat->lines);
	chat->has_more = true;
}

int64_t
chat_first_unread(const struct chat *chat)
{
	int64_t found = 0;

	for (size_t i = chat->line_count; i > 0; i--) {
		const struct chat_line *line = chat->lines[i - 1];

		if (line->place <= chat->read_place)
			break;
		if (!line->is_own)
			found = line->place;
	}
	return found;
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
