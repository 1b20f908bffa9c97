/*
 * For tests of bookmarks: a profile whose rooms only write down what is asked of them.
 */
#ifndef TERN_TESTS_BOOKMARKS_DOUBLE_H
#define TERN_TESTS_BOOKMARKS_DOUBLE_H

#include "backend/muc/muc.h"
#include "tests/backend/xep/stored_double.h"

#define ROOM "den@rooms.example.org"
#define ITEM(id, attributes, inside)                                                     \
	"<item id='" id "'><conference xmlns='urn:xmpp:bookmarks:1' " attributes         \
	">" inside "</conference></item>"
#define EVENT(from, inside)                                                              \
	"<message type='headline' " from "><event "                                      \
	"xmlns='http://jabber.org/protocol/pubsub#event'>"                               \
	"<items node='urn:xmpp:bookmarks:1'>" inside "</items></event></message>"
#define PEP                                                                              \
	"<query xmlns='http://jabber.org/protocol/disco#info'>"                          \
	"<identity category='pubsub' type='pep'/>"                                       \
	"<feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>"

/* What the rooms were asked. */
struct rooms_double {
	struct room *room; /* the only one; NULL: none is known */
	int joins, leaves, turns;
	char nick[64], password[64];
};

extern struct rooms_double rooms;

/* For cmocka: *STATE is the profile, with the module of bookmarks and those rooms. */
int bookmarks_set_up(void **state);
int bookmarks_tear_down(void **state);

/* In a job: our account says that it keeps them, and tells us of changes; that it does
 * not keep them. */
void look(struct profile *profile);
void look_at_old(struct profile *profile);

/* In a job: the user bookmarks ROOM under the name "Ours". */
void set(struct profile *profile);

/* How many there are. */
size_t count(struct profile *profile);

#endif
