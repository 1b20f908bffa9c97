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

/* TEXT, not empty, in ARENA; else NULL. It goes back with what is changed here, so it is
 * never cut: the stream's limits bound it. */
static const char *
keep(struct arena *arena, const char *text)
{
	return text && *text ? arena_strdup(arena, text) : NULL;
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

/* EXTENSIONS as a tree, to be freed; NULL if there are none. */
static struct stanza *
read_extensions(struct stanza_ctx *ctx, const char *extensions)
{
	struct stanza *more = NULL;
	if (extensions)
		(void)snippet_read(ctx, extensions, strlen(extensions), &more);
	return more;
}

void
bookmark_write(struct stanza *item, const struct bookmark *row, const char *password)
{
	stanza_set(item, "id", row->jid);
	struct stanza *conference = add_conference(item, NS_BOOKMARKS, row, password);
	struct stanza *more = read_extensions(stanza_context(item), row->extensions);
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
	struct stanza *more =
		was ? NULL : read_extensions(stanza_context(storage), row->extensions);
	const struct stanza *child = stanza_child(was ? was : more, NULL, NULL);
	for (; child; child = stanza_next(child, NULL, NULL)) {
		if (!is_ours(child))
			stanza_take_child(conference, stanza_copy(child));
	}
	stanza_free(more);
}

/* ---- notification ---- */

static const char *const rules[notify_COUNT] = {
	[notify_ALL] = "always",
	[notify_MENTIONS] = "on-mention",
	[notify_NOTHING] = "never",
};

static bool
is_notify(const struct stanza *child)
{
	return stanza_is(child, "notify", NS_NOTIFY) ||
	       stanza_is(child, "notify", NS_NOTIFY_OLD);
}

/* The rule that CHILD of <notify/> is, for all kinds of devices; else DEFAULT. */
static enum bridge_notify
rule_of(const struct stanza *child)
{
	bool is_special = stanza_get(child, "client-type") ||
			  stanza_get(child, "identity-category") ||
			  stanza_get(child, "identity-type");
	for (int rule = 0; rule < notify_COUNT && !is_special; rule++) {
		if (rules[rule] && strcmp(stanza_name(child), rules[rule]) == 0)
			return (enum bridge_notify)rule;
	}
	return notify_DEFAULT;
}

bool
bookmark_notify(struct stanza_ctx *ctx, const char *extensions,
		enum bridge_notify *ret_rule)
{
	struct stanza *more = read_extensions(ctx, extensions);
	const struct stanza *notify = stanza_child(more, "notify", NS_NOTIFY);
	enum bridge_notify rule = notify_DEFAULT;
	if (!notify)
		notify = stanza_child(more, "notify", NS_NOTIFY_OLD);
	const struct stanza *child = stanza_child(notify, NULL, stanza_ns(notify));
	for (; child && rule == notify_DEFAULT;
	     child = stanza_next(child, NULL, stanza_ns(notify)))
		rule = rule_of(child);
	stanza_free(more);
	if (rule == notify_DEFAULT)
		return false;
	*ret_rule = rule;
	return true;
}

/* Adds <notify/> of NS with RULE to MORE, and what else was in WAS (may be NULL). */
static void
add_notify(struct stanza *more, const char *ns, enum bridge_notify rule,
	   const struct stanza *was)
{
	struct stanza *notify = stanza_new(stanza_context(more), "notify", ns);
	if (rules[rule])
		(void)stanza_add(notify, rules[rule], ns);
	const struct stanza *child = stanza_child(was, NULL, NULL);
	for (; child; child = stanza_next(child, NULL, NULL)) {
		if (!stanza_is(child, NULL, ns) || rule_of(child) == notify_DEFAULT)
			stanza_take_child(notify, stanza_copy(child));
	}
	if (stanza_child(notify, NULL, NULL))
		stanza_take_child(more, notify);
	else
		stanza_free(notify);
}

const char *
bookmark_with_notify(struct stanza_ctx *ctx, const char *extensions,
		     enum bridge_notify rule, struct arena *arena)
{
	struct stanza *was = read_extensions(ctx, extensions);
	struct stanza *more = stanza_new(ctx, "extensions", NS_BOOKMARKS);
	const struct stanza *child = stanza_child(was, NULL, NULL);
	bool has_notify = false;
	for (; child; child = stanza_next(child, NULL, NULL)) {
		if (is_notify(child))
			add_notify(more, stanza_ns(child), rule, child);
		else
			stanza_take_child(more, stanza_copy(child));
		has_notify |= is_notify(child);
	}
	if (!has_notify)
		add_notify(more, NS_NOTIFY, rule, NULL);
	const char *text = stanza_child(more, NULL, NULL) ? text_of(more, arena) : NULL;
	stanza_free(more);
	stanza_free(was);
	return text;
}
