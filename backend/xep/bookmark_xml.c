/*
 * One <conference/> there and back. <extensions/> are held as text, which snippet.h reads
 * back under the rules of a stream.
 */
#include "backend/xep/bookmark_xml.h"

#include <errno.h>
#include <string.h>

#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/snippet.h"
#include "bridge/base/buf.h"
#include "bridge/base/utf8.h"

enum { TEXT_MAX = 1023 };

/* TEXT, not empty, in ARENA; else NULL. */
static const char *
keep(struct arena *arena, const char *text)
{
	return text && *text ? arena_strndup(arena, text,
					     utf8_cut(text, strlen(text), TEXT_MAX))
			     : NULL;
}

/* The bare JID of a room, in ARENA; NULL if TEXT is none. */
static const char *
room_of(struct arena *arena, const char *text)
{
	struct jid jid = {0};
	const char *room = NULL;
	if (jid_parse(text, &jid, NULL) < 0)
		return NULL;
	if (jid.local && !jid.resource)
		room = arena_strdup(arena, jid.bare);
	jid_done(&jid);
	return room;
}

static const char *
text_of(const struct stanza *element, struct arena *arena)
{
	struct buf text = {0};
	const char *kept = NULL;
	if (stanza_write(element, &text, STANZA_SEND_MAX) == 0)
		kept = arena_strndup(arena, (const char *)text.data, text.len);
	buf_done(&text);
	return kept;
}

static void
read_common(const struct stanza *conference, const char *ns, struct arena *arena,
	    struct bookmark *row, const char **ret_password)
{
	const char *autojoin = stanza_get(conference, "autojoin");
	const char *password = stanza_child_text(conference, "password", ns);
	row->name = keep(arena, stanza_get(conference, "name"));
	row->nick = keep(arena, stanza_child_text(conference, "nick", ns));
	row->is_autojoin =
		autojoin && (strcmp(autojoin, "true") == 0 || strcmp(autojoin, "1") == 0);
	row->has_password = password && *password;
	*ret_password = row->has_password ? password : NULL;
}

int
bookmark_read(const struct stanza *item, struct arena *arena, struct bookmark *ret_row,
	      const char **ret_password)
{
	const struct stanza *conference = stanza_child(item, "conference", NS_BOOKMARKS);
	struct bookmark row = {.jid = room_of(arena, stanza_get(item, "id"))};
	if (!conference || !row.jid)
		return -EINVAL;
	read_common(conference, NS_BOOKMARKS, arena, &row, ret_password);
	const struct stanza *more = stanza_child(conference, "extensions", NS_BOOKMARKS);
	if (stanza_child(more, NULL, NULL))
		row.extensions = text_of(more, arena);
	*ret_row = row;
	return 0;
}

/* Whether CHILD of a <conference/> of XEP-0048 is one that we write. */
static bool
is_ours(const struct stanza *child)
{
	return stanza_is(child, "nick", NS_BOOKMARKS_OLD) ||
	       stanza_is(child, "password", NS_BOOKMARKS_OLD);
}

int
bookmark_read_old(const struct stanza *conference, struct arena *arena,
		  struct bookmark *ret_row, const char **ret_password)
{
	struct bookmark row = {.jid = room_of(arena, stanza_get(conference, "jid"))};
	if (!row.jid || !stanza_is(conference, "conference", NS_BOOKMARKS_OLD))
		return -EINVAL;
	read_common(conference, NS_BOOKMARKS_OLD, arena, &row, ret_password);
	struct stanza *more =
		stanza_new(stanza_context(conference), "extensions", NS_BOOKMARKS);
	const struct stanza *child = stanza_child(conference, NULL, NULL);
	for (; child; child = stanza_next(child, NULL, NULL)) {
		if (!is_ours(child))
			stanza_take_child(more, stanza_copy(child));
	}
	if (stanza_child(more, NULL, NULL))
		row.extensions = text_of(more, arena);
	stanza_free(more);
	*ret_row = row;
	return 0;
}

static struct stanza *
add_conference(struct stanza *parent, const char *ns, const struct bookmark *row,
	       const char *password)
{
	struct stanza *conference = stanza_add(parent, "conference", ns);
	stanza_set(conference, "name", row->name);
	stanza_set(conference, "autojoin", row->is_autojoin ? "true" : "false");
	if (row->nick)
		stanza_add_with_text(conference, "nick", ns, row->nick);
	if (password)
		stanza_add_with_text(conference, "password", ns, password);
	return conference;
}

/* The <extensions/> of ROW, to be freed; NULL if there are none. */
static struct stanza *
read_extensions(struct stanza_ctx *ctx, const struct bookmark *row)
{
	struct stanza *more = NULL;
	if (row->extensions)
		(void)snippet_read(ctx, row->extensions, strlen(row->extensions), &more);
	return more;
}

void
bookmark_write(struct stanza *item, const struct bookmark *row, const char *password)
{
	stanza_set(item, "id", row->jid);
	struct stanza *conference = add_conference(item, NS_BOOKMARKS, row, password);
	struct stanza *more = read_extensions(stanza_context(item), row);
	if (more)
		stanza_take_child(conference, more);
}

void
bookmark_write_old(struct stanza *storage, const struct bookmark *row,
		   const char *password, const struct stanza *was)
{
	struct stanza *conference =
		add_conference(storage, NS_BOOKMARKS_OLD, row, password);
	stanza_set(conference, "jid", row->jid);
	struct stanza *more = was ? NULL : read_extensions(stanza_context(storage), row);
	const struct stanza *child = stanza_child(was ? was : more, NULL, NULL);
	for (; child; child = stanza_next(child, NULL, NULL)) {
		if (!is_ours(child))
			stanza_take_child(conference, stanza_copy(child));
	}
	stanza_free(more);
}
