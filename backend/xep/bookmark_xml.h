/*
 * Bookmarks as XML, read and written: <conference/> of XEP-0402 and of XEP-0048. Pure.
 * What is not understood is kept as it came.
 */
#ifndef TERN_XEP_BOOKMARK_XML_H
#define TERN_XEP_BOOKMARK_XML_H

#include "backend/store/bookmarks.h"
#include "backend/xmpp/stanza.h"
#include "bridge/schema.h"

/* Reads an item of XEP-0402 (whose id is the room), into ARENA. *RET_PASSWORD is NULL or
 * borrowed from ITEM. -EINVAL if it is no bookmark of a room. */
int bookmark_read(const struct stanza *item, struct arena *arena,
		  struct bookmark *ret_row, const char **ret_password);

/* The same for a <conference/> of XEP-0048. */
int bookmark_read_old(const struct stanza *conference, struct arena *arena,
		      struct bookmark *ret_row, const char **ret_password);

/* Adds the <conference/> of ROW to ITEM; PASSWORD may be NULL. */
void bookmark_write(struct stanza *item, const struct bookmark *row,
		    const char *password);

/* Adds a <conference/> of XEP-0048 to STORAGE. WAS is the one that it replaces, whose
 * other children are kept; or NULL. */
void bookmark_write_old(struct stanza *storage, const struct bookmark *row,
			const char *password, const struct stanza *was);

/* The rule of notification (XEP-0492, either version) in EXTENSIONS (may be NULL); false
 * if there is none. */
bool bookmark_notify(struct stanza_ctx *ctx, const char *extensions,
		     enum bridge_notify *ret_rule);

/* EXTENSIONS (may be NULL) with RULE in it, in ARENA; DEFAULT takes it away. All else
 * stays, also what the rule says for other kinds of devices. */
const char *bookmark_with_notify(struct stanza_ctx *ctx, const char *extensions,
				 enum bridge_notify rule, struct arena *arena);

#endif
