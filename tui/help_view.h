/*
 * Help as a page: a walk over the tables of commands, keys and options.
 */
#ifndef TERN_TUI_HELP_VIEW_H
#define TERN_TUI_HELP_VIEW_H

struct app;
struct help_view;
struct list;

struct help_view *help_view_new(void);
void help_view_free(struct help_view *view);

/* Writes the page from the tables as they are now. */
void help_view_fill(struct app *app, struct help_view *view);

/* Says the whole of the selected row. */
void help_view_explain(struct app *app, struct help_view *view);

/* The list under it; borrowed. */
struct list *help_view_list(struct help_view *view);

#endif
