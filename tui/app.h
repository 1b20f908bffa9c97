/*
 * All of a running tern: who owns what, and how its parts reach one another. One struct,
 * made by app_new, known to the files of tui/ only. A part changes the model or the
 * views' state; drawing happens once per loop turn at most, in turn.c.
 */
#ifndef TERN_TUI_APP_H
#define TERN_TUI_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bridge/client.h"
#include "tui/model.h"

struct attention;
struct complete;
struct demo;
struct door;
struct forms;
struct input;
struct keymap;
struct options;
struct question;
struct terminal;
struct theme;
struct toast;
struct turn;
struct view;

/* What the command line asked for; borrowed for life. */
struct app_start {
	const char *profile;
	bool is_demo, is_embedded;
};

enum app_leaving {
	APP_STAYS,
	APP_DETACH, /* the profile stays online */
	APP_QUIT,   /* the profile goes offline; the daemon ends if nothing uses it */
	APP_HANGUP, /* the terminal or a signal ended it: as APP_DETACH, silently */
};

struct app {
	uv_loop_t *loop;
	const struct app_start *start;
	struct model *model;
	struct options *options;
	struct keymap *keymap;
	struct door *door;
	struct terminal *terminal;
	struct theme *theme;
	struct view *view;
	struct input *input;
	struct complete *complete;
	struct attention *attention;
	struct idle *idle;
	struct turn *turn;
	struct toast *toast;
	struct question *question;
	struct forms *forms;
	struct demo *demo; /* NULL but in the trial */

	uv_timer_t patience; /* the screen opens when it runs out; leaving ends then */
	uv_signal_t signals[3];

	char *warning;	 /* of the daemon's greeting: another build; NULL for none */
	char *link_told; /* why the profile is offline, as it was said; NULL if not */
	enum app_leaving leaving;
	int leave_calls; /* answers that leaving waits for */
	bool is_daemon_ending;
	int exit_code;
	char *last_words; /* printed on the shell at the end; NULL for nothing */
};

/* Makes a tern on LOOP with the connected descriptor FD (taken over). */
struct app *app_new(uv_loop_t *loop, const struct app_start *start, int fd);

/* Frees everything; handles are closed by running the loop once more. */
void app_free(struct app *app);

/* The client while the profile is attached; else NULL, and the user was told. */
struct client *app_client(struct app *app);

/* Says something in the rows above the conversation line; printf. */
void app_say(struct app *app, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void app_say_error(struct app *app, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A peer_done with the app as data that says why a call failed. */
void app_told(void *data, const struct bridge_failure *failure, const void *result);

/* Has a loop turn begin, and all be drawn, in MS milliseconds at the latest. */
void app_wake_in(struct app *app, uint64_t ms);

/* Ends with CODE and a sentence (taken over) on the shell. */
void app_end(struct app *app, int code, char *take_words);

/* Opens the terminal's screen if that was not done yet. */
void app_need_screen(struct app *app);

/* Reads the theme that the options name; a sentence on failure (the caller frees), else
 * NULL. */
char *app_load_theme(struct app *app, const char *name);

#endif
