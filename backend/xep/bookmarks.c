/*
 * The bookmarks module: what holds, and which room follows from it. A change made here is
 * due until the server has it, over sessions and processes; what is due wins over what
 * the server says. Passwords are in memory only, so a new process that resumes a session
 * fetches all bookmarks again.
 */
#include "backend/xep/bookmarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "backend/muc/muc.h"
#include "backend/session/alarm.h"
#include "backend/store/session_scope.h"
#include "backend/store/store.h"
#include "backend/xep/bookmark_xml.h"
#include "backend/xep/bookmarks_inner.h"
#include "backend/xep/pep.h"
#include "backend/xmpp/info.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum {
	RETRY_MS = 5 * 1000,
	RETRIES = 3,
	WORDS_MAX = 1023, /* bytes of a name that frontends are told */
};

struct password {
	UT_hash_handle hh;
	char *jid;
	char *text;
	bool is_new; /* its room does not know it yet */
};

struct bookmarks {
	struct password *passwords;
	bool has_fetched; /* in this process and session: passwords are known */
	bool is_late;	  /* they were asked for in vain: rooms wait no more */
	unsigned failures;
	struct alarm *alarm; /* of the next try */
};

static struct bookmarks *
state_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_bookmarks);
}

bool
bookmarks_is_fact(struct profile *profile, const char *key, const char *value)
{
	struct arena arena = {0};
	const char *fact = session_fact(profile_store(profile), key, &arena);
	bool is = fact && value ? strcmp(fact, value) == 0 : !fact && !value;
	arena_done(&arena);
	return is;
}

void
bookmarks_set_fact(struct profile *profile, const char *key, const char *value)
{
	(void)profile_check(profile,
			    session_fact_set(profile_store(profile), key, value));
}

/* ---- passwords ---- */

static void
forget_password(struct bookmarks *state, struct password *password)
{
	HASH_DEL(state->passwords, password);
	explicit_bzero(password->text, strlen(password->text));
	free(password->text);
	free(password->jid);
	free(password);
}

void
bookmarks_set_password(struct profile *profile, const char *jid, const char *text)
{
	struct bookmarks *state = state_of(profile);
	struct password *password = NULL;
	HASH_FIND_STR(state->passwords, jid, password);
	if (password && text && strcmp(password->text, text) == 0)
		return;
	if (password)
		forget_password(state, password);
	if (!text || !*text)
		return;
	password = mem_alloc(sizeof *password);
	password->jid = mem_strdup(jid);
	password->text = mem_strdup(text);
	password->is_new = true;
	HASH_ADD_KEYPTR(hh, state->passwords, password->jid, strlen(password->jid),
			password);
}

const char *
bookmarks_password(struct profile *profile, const char *jid)
{
	struct bookmarks *state = state_of(profile);
	struct password *password = NULL;
	if (state)
		HASH_FIND_STR(state->passwords, jid, password);
	return password ? password->text : NULL;
}

/* Whether JID's is one that its room does not know yet; from now on it does. */
static bool
take_news(struct profile *profile, const char *jid)
{
	struct password *password = NULL;
	HASH_FIND_STR(state_of(profile)->passwords, jid, password);
	bool is_new = password && password->is_new;
	if (is_new)
		password->is_new = false;
	return is_new;
}

bool
bookmarks_lack_password(struct profile *profile, const char *jid)
{
	struct arena arena = {0};
	struct bookmark row = {0};
	const struct bookmarks *state = state_of(profile);
	bool lacks = state && !state->has_fetched && !state->is_late &&
		     bookmarks_get(profile_store(profile), jid, &arena, &row) == 0 &&
		     row.has_password && !bookmarks_password(profile, jid);
	arena_done(&arena);
	return lacks;
}

/* ---- what follows ---- */

/* TEXT as frontends are told it. */
static const char *
cut(struct arena *arena, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	return len > WORDS_MAX
		       ? arena_strndup(arena, text, utf8_cut(text, len, WORDS_MAX))
		       : text;
}

void
bookmarks_fill(const struct bookmark *row, struct arena *arena,
	       struct bridge_bookmark *ret_record)
{
	*ret_record = (struct bridge_bookmark){
		.jid = row->jid,
		.name = cut(arena, row->name),
		.nick = cut(arena, row->nick),
		.is_autojoin = row->is_autojoin,
		.is_not_here = row->is_not_here,
		.has_password = row->has_password,
		.is_due = row->due != 0,
		.seq = row->seq,
	};
}

static void
tell(struct profile *profile, const struct bookmark *row)
{
	struct arena arena = {0};
	struct bridge_bookmark record;
	bookmarks_fill(row, &arena, &record);
	profile_emit(profile, EVENT_bookmark_changed,
		     &(struct bridge_bookmark_event){
			     .profile = profile_name(profile),
			     .seq = row->seq,
			     .bookmark = &record,
		     });
	arena_done(&arena);
}

static void
tell_removed(struct profile *profile, const struct bookmark *row)
{
	profile_emit(profile, EVENT_bookmark_removed,
		     &(struct bridge_jid_event){
			     .profile = profile_name(profile),
			     .seq = store_next_seq(profile_store(profile)),
			     .jid = row->jid,
		     });
}

static bool
wants_room(const struct bookmark *row)
{
	return row && row->is_autojoin && !row->is_not_here && !row->is_removed;
}

/* TEXT as a nick in the room JID, in ARENA; NULL if it cannot be one. */
static const char *
nick_of(struct arena *arena, const char *jid, const char *text)
{
	struct jid room = {0}, full = {0};
	const char *nick = NULL;
	if (text && jid_parse(jid, &room, NULL) == 0 &&
	    jid_with_resource(&room, text, &full) == 0)
		nick = arena_strdup(arena, full.resource);
	jid_done(&room);
	jid_done(&full);
	return nick;
}

void
bookmarks_follow_rule(struct profile *profile, const struct bookmark *row,
		      const struct bookmark *was)
{
	struct stanza_ctx *ctx = profile_stanzas(profile);
	struct room *room = muc_find(profile, row->jid);
	enum bridge_notify rule = notify_DEFAULT, old = notify_DEFAULT;
	if (!room || (!row->extensions && !(was && was->extensions)))
		return;
	bool is_said = bookmark_notify(ctx, row->extensions, &rule);
	bool was_said = !is_said && was && bookmark_notify(ctx, was->extensions, &old);
	if ((is_said || was_said) && !bookmarks_is_fact(profile, FACT_MODE, MODE_OLD))
		muc_set_notify(profile, room, rule);
}

/* The room follows from ROW, which was WAS (NULL: not there). */
static void
follow(struct profile *profile, const struct bookmark *row, const struct bookmark *was)
{
	struct room *room = muc_find(profile, row->jid);
	if (!profile_state(profile, MODULE_muc))
		return;
	bool is_new_key = take_news(profile, row->jid);
	if (is_new_key && room)
		mem_replace(&room->password, bookmarks_password(profile, row->jid));
	if (wants_room(row)) {
		struct arena arena = {0};
		struct muc_join join = {
			.jid = row->jid,
			.nick = room && room->is_wanted
					? NULL
					: nick_of(&arena, row->jid, row->nick),
			.password = bookmarks_password(profile, row->jid),
		};
		bool is_news = is_new_key || !wants_room(was);
		if (!room || !room->is_wanted ||
		    (is_news && room->state != room_state_IN))
			muc_join(profile, &join, NULL);
		arena_done(&arena);
	} else if (wants_room(was) && room && room->is_wanted) {
		muc_leave(profile, room, NULL);
	}
	bookmarks_follow_rule(profile, row, was);
}

/* ---- from the server ---- */

static bool
is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
bookmarks_is_same(const struct bookmark *a, const struct bookmark *b)
{
	return is_same_text(a->name, b->name) && is_same_text(a->nick, b->nick) &&
	       is_same_text(a->extensions, b->extensions) &&
	       a->is_autojoin == b->is_autojoin && a->has_password == b->has_password;
}

void
bookmarks_take(struct profile *profile, struct bookmark *row, const char *password)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct bookmark was = {0};
	bool is_known = bookmarks_get(store, row->jid, &arena, &was) == 0;
	bool is_ours = is_known && was.due != 0;
	if (!is_known && bookmarks_count(store) >= BOOKMARKS_MAX)
		return;
	row->is_not_here = was.is_not_here;
	row->due = 0;
	if (!is_ours) {
		bookmarks_set_password(profile, row->jid, password);
		if (!is_known || !bookmarks_is_same(row, &was)) {
			(void)profile_check(profile, bookmarks_put(store, row, false));
			tell(profile, row);
		}
		follow(profile, row, is_known ? &was : NULL);
	} else if (was.has_password && !bookmarks_password(profile, row->jid)) {
		/* What is due was written by a process that knew it. */
		bookmarks_set_password(profile, row->jid, password);
	}
	arena_done(&arena);
}

void
bookmarks_drop(struct profile *profile, const struct bookmark *was)
{
	struct bookmark gone = *was;
	gone.is_removed = true;
	(void)profile_check(profile, bookmarks_forget(profile_store(profile), was->jid));
	bookmarks_set_password(profile, was->jid, NULL);
	tell_removed(profile, was);
	follow(profile, &gone, was);
}

void
bookmarks_complain(struct profile *profile, const struct stanza *answer)
{
	struct stanza_error error;
	if (stanza_read_error(answer, &error) < 0)
		return;
	char *said = error.text ? clean_text(error.text, CLEAN_LINE, 300)
				: mem_strdup(error.condition);
	char *text = mem_printf("The server did not keep a bookmark: %s.", said);
	log_info("bookmarks", "refused profile=%s condition=%s", profile_name(profile),
		 error.condition);
	profile_emit(profile, EVENT_notice,
		     &(struct bridge_notice_event){
			     .profile = profile_name(profile),
			     .text = text,
		     });
	free(said);
	free(text);
}

void
bookmarks_tell_all(struct profile *profile)
{
	struct arena arena = {0};
	struct bookmark_list list = {0};
	if (bookmarks_is_fact(profile, FACT_MODE, MODE_OLD)) {
		bookmarks_old_sync(profile);
		return;
	}
	if (!bookmarks_is_fact(profile, FACT_MODE, MODE_PEP))
		return;
	(void)profile_check(profile,
			    bookmarks_list(profile_store(profile), &arena, &list));
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].due)
			bookmarks_publish(profile, &list.items[i]);
	}
	arena_done(&arena);
}

bool
bookmarks_fetched(struct profile *profile, bool is_whole)
{
	struct bookmarks *state = state_of(profile);
	bool is_first = !state->has_fetched;
	struct arena arena = {0};
	struct bookmark_list list = {0};
	if (is_whole)
		(void)profile_check(
			profile, bookmarks_unseen(profile_store(profile), &arena, &list));
	for (size_t i = 0; i < list.count; i++)
		bookmarks_drop(profile, &list.items[i]);
	state->has_fetched = true;
	arena_done(&arena);
	muc_go_on(profile);
	return is_first;
}

/* ---- the session ---- */

void
bookmarks_give_up(struct profile *profile)
{
	bookmarks_set_fact(profile, FACT_MODE, MODE_NONE);
	(void)bookmarks_fetched(profile, false);
}

void
bookmarks_look(struct profile *profile, const struct stanza *query)
{
	bool is_pep = pep_can_keep(query);
	if (!state_of(profile))
		return;
	bookmarks_set_fact(profile, FACT_MODE, is_pep ? MODE_PEP : MODE_OLD);
	bookmarks_set_fact(profile, FACT_COMPAT,
			   info_has_feature(query, NS_BOOKMARKS_COMPAT) ? "1" : NULL);
	if (is_pep)
		bookmarks_set_fact(profile, FACT_FETCH, FETCH_DUE);
	else
		bookmarks_old_sync(profile);
}

void
bookmarks_begin(struct profile *profile)
{
	if (!state_of(profile) || !bookmarks_is_fact(profile, FACT_MODE, MODE_PEP))
		return;
	if (bookmarks_is_fact(profile, FACT_FETCH, FETCH_OPEN))
		bookmarks_set_fact(profile, FACT_FETCH, FETCH_AGAIN);
	else if (!bookmarks_is_fact(profile, FACT_FETCH, FETCH_AGAIN))
		bookmarks_fetch(profile);
}

/* Asks for all of them where they are kept, as far as that is known, unless they are
 * asked for already, or will be. */
static void
fetch(struct profile *profile)
{
	if (!bookmarks_is_fact(profile, FACT_FETCH, NULL))
		return;
	if (bookmarks_is_fact(profile, FACT_MODE, MODE_PEP))
		bookmarks_fetch(profile);
	else if (bookmarks_is_fact(profile, FACT_MODE, MODE_OLD))
		bookmarks_old_sync(profile);
}

static void
on_retry(struct profile *profile, void *data)
{
	struct bookmarks *state = data;
	state->alarm = NULL;
	if (profile_is_online(profile) && !state->has_fetched)
		fetch(profile);
}

bool
bookmarks_may_ask_again(struct profile *profile, const struct stanza *answer)
{
	struct bookmarks *state = state_of(profile);
	struct stanza_error error;
	bool is_later = answer && stanza_read_error(answer, &error) == 0 &&
			strcmp(error.type, "wait") == 0;
	if (answer && !is_later)
		return false;
	/* Without a stream the next one asks. */
	if (!profile_is_online(profile) || state->has_fetched || state->alarm)
		return true;
	if (++state->failures <= RETRIES) {
		state->alarm = alarm_set(profile, RETRY_MS, on_retry, state);
		return true;
	}
	/* What is due waits for the next session: a password of it may not be known. */
	log_info("bookmarks", "not told profile=%s", profile_name(profile));
	state->is_late = true;
	muc_go_on(profile);
	return true;
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_bookmarks, mem_alloc(sizeof(struct bookmarks)));
}

static void
stop(struct profile *profile)
{
	struct bookmarks *state = state_of(profile);
	struct password *password, *next;
	HASH_ITER (hh, state->passwords, password, next)
		forget_password(state, password);
	alarm_stop(state->alarm);
	free(state);
}

static void
on_disconnect(struct profile *profile)
{
	struct bookmarks *state = state_of(profile);
	alarm_stop(state->alarm);
	state->alarm = NULL;
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	struct bookmarks *state = state_of(profile);
	on_disconnect(profile);
	state->failures = 0;
	state->is_late = false;
	if (!is_resumed) {
		/* What was on its way came in part, maybe. */
		state->has_fetched = false;
		(void)profile_check(profile, bookmarks_unsee(profile_store(profile)));
		return;
	}
	if (bookmarks_is_fact(profile, FACT_MODE, MODE_NONE))
		(void)bookmarks_fetched(profile, false);
	else if (!state->has_fetched || bookmarks_is_fact(profile, FACT_MODE, MODE_OLD))
		fetch(profile);
}

/* ---- from here ---- */

/* Whether changes can go out now. */
static bool
is_able(struct profile *profile)
{
	const struct bookmarks *state = state_of(profile);
	return profile_is_online(profile) && state->has_fetched &&
	       !bookmarks_is_fact(profile, FACT_RULES, RULES_SETTING);
}

void
bookmarks_commit(struct profile *profile, struct bookmark *row)
{
	struct arena arena = {0};
	struct bookmark was = {0};
	struct store *store = profile_store(profile);
	bool is_known = bookmarks_get(store, row->jid, &arena, &was) == 0;
	(void)profile_check(profile, bookmarks_put(store, row, true));
	if (row->is_removed)
		tell_removed(profile, row);
	else
		tell(profile, row);
	follow(profile, row, is_known ? &was : NULL);
	if (is_able(profile) && bookmarks_is_fact(profile, FACT_MODE, MODE_PEP))
		bookmarks_publish(profile, row);
	else if (is_able(profile) && bookmarks_is_fact(profile, FACT_MODE, MODE_OLD))
		bookmarks_old_sync(profile);
	arena_done(&arena);
}

static const char *const features[] = {NS_BOOKMARKS "+notify", NULL};

const struct module_ask bookmarks_asks[] = {
	[BOOKMARKS_FETCH] = {"bookmarks.fetch", 2, bookmarks_on_items},
	[BOOKMARKS_TELL] = {"bookmarks.tell", 0, bookmarks_on_told},
	[BOOKMARKS_CREATE] = {"bookmarks.create", 0, bookmarks_on_created},
	[BOOKMARKS_CONFIGURE] = {"bookmarks.configure", 0, bookmarks_on_rules},
	[BOOKMARKS_OLD_FETCH] = {"bookmarks.old_fetch", 0, bookmarks_on_old},
	[BOOKMARKS_OLD_WRITE] = {"bookmarks.old_write", 0, bookmarks_on_old_written},
	[BOOKMARKS_OLD_IMPORT] = {"bookmarks.old_import", 0, bookmarks_on_old_import},
	{0},
};

const struct module module_bookmarks = {
	.name = "xep-0402",
	.features = features,
	.asks = bookmarks_asks,
	.start = start,
	.stop = stop,
	.on_connect = on_connect,
	.on_disconnect = on_disconnect,
	.on_message = bookmarks_on_message,
};
