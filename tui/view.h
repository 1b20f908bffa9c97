/*
 * What is on the screen: one page (contacts, a conversation, who is in a room, help or a
 * form) over the toast, the conversation line, the input line and the status bar. Knows
 * the layout; is the only place that draws, once per loop turn.
 */
#ifndef TERN_TUI_VIEW_H
#define TERN_TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct chat;
struct chat_view;
struct rooms_view;
struct view;

enum view_kind {
	VIEW_NOTHING,
	VIEW_CONTACTS,
	VIEW_CHAT,
	VIEW_PEOPLE, /* who is in the room that was shown before it */
	VIEW_ROOMS,  /* rooms that a service names */
	VIEW_HELP,
	VIEW_FORM,
};

struct view *view_new(void);
void view_free(struct view *view);

/* What is shown. */
enum view_kind view_kind(const struct view *view);

/* The conversation on the screen, NULL while another page is shown. */
struct chat *view_chat(const struct view *view);

/* The same, or the one whose room the page of occupants is about. */
struct chat *view_subject(const struct view *view);

/* Shows a page: the unsent text is kept with what it belongs to. Behind a form, this and
 * what shows a conversation wait until the form goes; other pages do not come then. */
void view_show(struct app *app, enum view_kind kind);

/* Shows who is in the room that is shown; false, and says so, if none is. */
bool view_show_people(struct app *app);

/* Shows the rooms that were found so far, and what was typed searches among them. */
void view_show_rooms(struct app *app);
struct rooms_view *view_rooms(struct view *view);

/* Rooms were found meanwhile. */
void view_rooms_changed(struct view *view);

/* Whether the page is searched by what stands in the input line. */
bool view_is_search(const struct view *view);

/* Shows the options with their values, as a page of help. */
void view_show_options(struct app *app);

/* Shows a conversation; it is put among the open ones if it is not. */
void view_show_chat(struct app *app, struct chat *chat);

/* From help or occupants back to the page before it. */
void view_back(struct app *app);

/* Scrolls the page or its selection. */
void view_page(struct app *app, int by);
void view_move(struct app *app, int by);
void view_end(struct app *app, bool is_top);

/* Enter in an empty input line: opens what is selected. */
void view_open_selected(struct app *app);

/* The newest line is in view. */
bool view_is_at_bottom(const struct view *view);

/* The place of the newest line in view, 0 for none. */
int64_t view_seen_place(const struct view *view);

/* A notice that belongs to the conversation JID goes there; false if nobody sees it now.
 */
bool view_notice(struct app *app, const char *jid, const char *text);

/* The lines of the conversation JID, if that is what is shown; else NULL. Borrowed. */
struct chat_view *view_lines(struct app *app, const char *jid);

/* The user has sent something in the conversation that is shown. */
void view_answered(struct app *app);

/* The page as plain text for selecting; the caller frees. NULL where there is none. */
char *view_bare(struct app *app);

/* Everything is placed or painted anew; or lines are also written anew. */
void view_place_all(struct view *view);
void view_touch_all(struct view *view);
void view_rewrite(struct view *view);

/* Brings the page up to date with the model and paints what changed. */
void view_draw(struct app *app);

/* Candidates or a hint in the status bar until the next key; NULL for none. */
void view_hint(struct app *app, const char *text);
const char *view_hinted(const struct view *view);

/* Messages below the view. */
size_t view_below(const struct view *view);

#endif
