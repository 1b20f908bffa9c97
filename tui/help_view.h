/*
 * Help as a page: a walk over the tables of commands, keys and options.
 */
#ifndef TERN_TUI_HELP_VIEW_H
#define TERN_TUI_HELP_VIEW_H

enum help_topic { HELP_NOTHING, HELP_ALL, HELP_OPTIONS };

struct app;
struct help_view;
struct list;

struct help_view *help_view_new(void);
void help_view_free(struct help_view *view);

/* Writes the page from the tables as they are now; another TOPIC begins at its top. */
void help_view_fill(struct app *app, struct help_view *view, enum help_topic topic);

/* The same page again, for changed values. */
void help_view_refill(struct app *app, struct help_view *view);

/* The list under it; borrowed. */
struct list *help_view_list(struct help_view *view);

#endif
