/*
 * The contacts as a page: requests, groups with who is there first, conversations with
 * strangers; one row is selected.
 */
#ifndef TERN_TUI_CONTACTS_VIEW_H
#define TERN_TUI_CONTACTS_VIEW_H

struct app;
struct contacts_view;
struct list;

struct contacts_view *contacts_view_new(void);
void contacts_view_free(struct contacts_view *view);

/* Writes the rows anew from the model. */
void contacts_view_update(struct app *app, struct contacts_view *view);

/* The selected address, NULL for none; borrowed until the next update. */
const char *contacts_view_selected(struct contacts_view *view);

/* The list under it; borrowed. */
struct list *contacts_view_list(struct contacts_view *view);

#endif
