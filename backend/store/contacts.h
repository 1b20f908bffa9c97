/*
 * The roster (RFC 6121 §2), the subscription requests that wait for an answer, and the
 * block list (XEP-0191). Every change takes a seq; what is removed leaves a tombstone.
 */
#ifndef TERN_STORE_CONTACTS_H
#define TERN_STORE_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

enum contact_subscription {
	CONTACT_NONE,
	CONTACT_TO,
	CONTACT_FROM,
	CONTACT_BOTH,
};

struct contact {
	const char *jid;  /* bare, normalised by the caller */
	const char *name; /* NULL where the roster has none */
	enum contact_subscription subscription;
	bool is_asking;	  /* ask='subscribe' */
	bool is_approved; /* approved='true' */
	const char **groups;
	size_t group_count;
	int64_t seq; /* of its last change; ignored when written */
};

struct contact_list {
	struct contact *items;
	size_t count;
};

struct contact_request {
	const char *jid;  /* bare */
	const char *nick; /* XEP-0172 or NULL */
	const char *text; /* of the request, or NULL */
	int64_t time_ms;
	int64_t seq;
};

struct contact_request_list {
	struct contact_request *items;
	size_t count;
};

struct contact_text_list {
	const char **items;
	size_t count;
};

/* Makes the roster exactly these COUNT contacts and keeps VERSION (NULL: none). Contacts
 * that did not change keep their seq; those that are gone leave tombstones with time
 * NOW_MS. What changed is then contacts_changed / tombstones_changed since the seq from
 * before. Inside a job. */
int contacts_replace(struct store *store, const struct contact *contacts, size_t count,
		     const char *version, int64_t now_ms);

/* Adds or changes one contact (a roster push). Returns 1 if anything changed, else 0.
 * Inside a job. */
int contacts_set(struct store *store, const struct contact *contact);

/* Removes one contact. Returns 1 if it was there, else 0. Inside a job. */
int contacts_remove(struct store *store, const char *jid, int64_t now_ms);

/* The contact JID; -ENOENT. */
int contacts_find(struct store *store, const char *jid, struct arena *arena,
		  struct contact *ret_contact);

/* Contacts changed after SINCE (0: all), in the order of change. */
int contacts_changed(struct store *store, int64_t since, struct arena *arena,
		     struct contact_list *ret_list);

/* Keeps an incoming subscription request (a repeated one replaces the text and takes a
 * new seq). Inside a job. */
int contacts_request_add(struct store *store, const struct contact_request *request);

/* The waiting request of JID; -ENOENT. */
int contacts_request_find(struct store *store, const char *jid, struct arena *arena,
			  struct contact_request *ret_request);

/* How many requests wait. Cheap. */
int contacts_requests_count(struct store *store, int64_t *ret_count);

/* Drops the request of JID: 1 if there was one, else 0. Inside a job. */
int contacts_request_remove(struct store *store, const char *jid, int64_t now_ms);

/* Requests changed after SINCE (0: all). */
int contacts_requests_changed(struct store *store, int64_t since, struct arena *arena,
			      struct contact_request_list *ret_list);

/* Makes the block list exactly these COUNT addresses; unchanged ones keep their seq.
 * Inside a job. */
int contacts_blocked_replace(struct store *store, const char *const *jids, size_t count,
			     int64_t now_ms);

/* Adds to or takes from the block list: 1 if that changed it, else 0. Inside a job. */
int contacts_blocked_set(struct store *store, const char *jid, bool is_blocked,
			 int64_t now_ms);

/* Whether exactly JID is on the list. */
bool contacts_is_blocked(struct store *store, const char *jid);

/* Addresses blocked after SINCE (0: all). */
int contacts_blocked_changed(struct store *store, int64_t since, struct arena *arena,
			     struct contact_text_list *ret_list);

#endif
