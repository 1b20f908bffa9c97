/*
 * The names of the store's files, and the mark that asks store_prepare for a thorough
 * look. For the files of this folder only; store_prepare and store_check are in store.h.
 */
#ifndef TERN_STORE_PREPARE_H
#define TERN_STORE_PREPARE_H

#define PREPARE_DB "store.db"
#define PREPARE_NEW "store.db.new" /* built by a salvage, until it takes its place */
#define PREPARE_CORRUPT "store.db.corrupt-" /* and a time: what was set aside */
#define PREPARE_SUSPECT "store.suspect"	    /* empty file: damage was met at run time */

/* Marks the database of FOLDER as suspect; what fails is logged. */
void prepare_mark_suspect(const char *folder);

#endif
