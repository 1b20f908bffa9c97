/*
 * What tern itself says: sentences in the rows above the conversation line, as many as
 * fit, until the next line is entered or another view is opened. A question stands below
 * them until it is answered.
 */
#ifndef TERN_TUI_TOAST_H
#define TERN_TUI_TOAST_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/screen.h"

struct toast;

struct toast *toast_new(void);
void toast_free(struct toast *toast);

/* Adds TEXT (cleaned here) in the style of ROLE; the same text as the last one is not
 * said twice. The oldest go where there are more than a few. */
void toast_say(struct toast *toast, int role, const char *text);

/* Nothing is said any more; a question stays. */
void toast_clear(struct toast *toast);

/* Asks TEXT (cleaned here) in place of what was asked; NULL: nothing is asked any more.
 */
void toast_ask(struct toast *toast, int role, const char *text);

/* Rows it needs at WIDTH columns, at most MAX. */
int toast_rows(const struct toast *toast, int width, int max);

void toast_set_area(struct toast *toast, struct screen_area area);
void toast_touch(struct toast *toast);
bool toast_is_dirty(const struct toast *toast);
void toast_draw(struct toast *toast, struct screen *screen);

#endif
