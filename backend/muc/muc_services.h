/*
 * Where rooms are: the services of a server (XEP-0030: identity conference, feature of
 * XEP-0045), the rooms of a service page by page (XEP-0059), and what a bare room name
 * means. For handlers.
 */
#ifndef TERN_MUC_MUC_SERVICES_H
#define TERN_MUC_MUC_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/session/profile.h"
#include "bridge/base/arena.h"

/* What a search for services found: COUNT of them, borrowed; IS_ANSWERED is false where
 * the server did not answer. Called once; inside a job unless the profile closes. */
typedef void muc_services_found(struct profile *profile,
				const struct bridge_service *list, size_t count,
				bool is_answered, void *data);

/* Inside a job: searches the account's own server, also if it is online within 10
 * seconds only. The first service of the kind `text`
 * becomes what bare room names belong to. */
void muc_services_search(struct profile *profile, muc_services_found *found, void *data);

/* The service that bare room names belong to, in ARENA: of this session; while offline of
 * an earlier one. NULL where it has to be searched for. */
const char *muc_own_service(struct profile *profile, struct arena *arena);

/* The known room that the bare NAME means: the one at that service, else the only one.
 * NULL if there is none. ARENA is for reading. */
struct room *muc_named(struct profile *profile, const char *name, struct arena *arena);

/* A page of the rooms of a service, as muc_list_rooms hands it over; borrowed. */
struct muc_page {
	const struct bridge_found_room *rooms;
	size_t count;
	int64_t total;	  /* 0: not known */
	const char *next; /* where the next page begins; NULL: there is none */
};

/* PAGE is NULL where the service refused by ANSWER, or did not answer (NULL). */
typedef void muc_page_found(struct profile *profile, const struct muc_page *page,
			    const struct stanza *answer, void *data);

struct muc_page_wanted {
	const char *service; /* a JID */
	const char *after;   /* `next` of the page before; NULL: the first page */
	size_t limit;
};

/* Inside a job: asks for a page; FOUND is called once, as above. */
void muc_list_rooms(struct profile *profile, const struct muc_page_wanted *wanted,
		    muc_page_found *found, void *data);

#endif
