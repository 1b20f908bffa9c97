/*
 * The connection in a few words, for the status bar. What counts down does so in steps
 * that grow with what is left, so that waiting wakes nobody up for nothing.
 */
#ifndef TERN_TUI_LINK_TEXT_H
#define TERN_TUI_LINK_TEXT_H

#include <stdint.h>

struct model;

/* What the link of MODEL does at NOW (loop time in ms); "" when online. The caller frees.
 * *RET_CHANGES_IN is in how many ms the words will be others, 0 for not by time. */
char *link_text(const struct model *model, int64_t now, uint64_t *ret_changes_in);

#endif
