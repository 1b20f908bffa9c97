/*
 * `key=value` words of `ternctl call`, turned into a params record by its field table.
 * Pure but for files that secrets are read from.
 */
#ifndef TERN_CTL_CONVERT_H
#define TERN_CTL_CONVERT_H

#include "bridge/base/arena.h"
#include "bridge/schema.h"

/* Fills RET_RECORD (ROW->size bytes, set by this call) from WORDS; texts live in ARENA or
 * are borrowed from WORDS. A `profile` that is not among them is PROFILE; a missing
 * `token` is made. Secrets are only taken as key=@FILE (- is standard input), so that
 * they are never in the list of processes; a repeated key adds to a list of strings.
 * NULL, or what is wrong: a sentence in ARENA. */
const char *convert_params(const struct bridge_record_row *row, const char *profile,
			   char **words, int count, struct arena *arena,
			   void *ret_record);

#endif
