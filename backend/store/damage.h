/*
 * Whether a database is as we leave one. For store_prepare, off the loop: what is damaged
 * or not of our making is found before anything of it is used.
 */
#ifndef TERN_STORE_DAMAGE_H
#define TERN_STORE_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct sql_db;

/* Looks at the header of the file NAME in the folder DIR, at what SQLite believes there
 * without a doubt. 0, -EBADMSG or another negative errno. */
int damage_look_at_header(int dir, const char *name);

/* Looks at DB, of VERSION: that the tables and indexes of that version are there, that
 * the numbers a store begins with are, and that the small tables can be read, which are
 * all but the lines; IS_THOROUGH: those too. 0, -EBADMSG or another negative errno. */
int damage_look(struct sql_db *db, int64_t version, bool is_thorough);

/* Reads all of DB. 0 or a negative errno, then with what was found in *RET_FOUND (caller
 * frees; untouched where there are no words for it). */
int damage_look_at_all(struct sql_db *db, char **ret_found);

#endif
