/*
 * What can be saved from a damaged database: settings, drafts, unsent lines and tokens.
 * All else comes again from the server.
 */
#ifndef TERN_STORE_SALVAGE_H
#define TERN_STORE_SALVAGE_H

struct sql_db;

struct salvage {
	int carried; /* unsent lines and drafts */
	int lost;    /* of these; -1 where nobody can say */
};

/* Copies what can be read of the database FROM_PATH (left as it is) into TO, which is new
 * and migrated, in one transaction. 0, also if nothing could be read; an error is one of
 * writing to TO. */
int salvage_run(const char *from_path, struct sql_db *to, struct salvage *ret_salvage);

#endif
