/*
 * Where ternctl gets a password from: a file, standard input, or the terminal without
 * echo; never the command line. What they fill is wiped by whoever frees it (is_secret).
 */
#ifndef TERN_CTL_SECRET_H
#define TERN_CTL_SECRET_H

#include <stdbool.h>

#include "bridge/base/buf.h"

/* Reads the first line of the file PATH ("-": the next line of standard input) into OUT,
 * which has to be secret. 0, or -EINVAL with a sentence in *RET_PROBLEM (the caller
 * frees). */
int secret_read(const char *path, struct buf *out, char **ret_problem);

/* Whether somebody sits at a terminal who can be asked. */
bool secret_can_ask(void);

/* Asks PROMPT on the terminal and reads a line without echo into OUT. The terminal is put
 * back before a signal takes its effect. 0, or -EIO when there was no answer. */
int secret_ask(const char *prompt, struct buf *out);

/* Asks QUESTION on the terminal; true for an answer that begins with y or Y. */
bool secret_confirm(const char *question);

#endif
