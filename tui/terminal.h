/*
 * The terminal on the loop: bytes in become key events, what is painted goes out, resizes
 * and the end of the terminal are noticed. The only file that holds the screen's handles.
 */
#ifndef TERN_TUI_TERMINAL_H
#define TERN_TUI_TERMINAL_H

#include <stdbool.h>
#include <uv.h>

struct screen;
struct terminal;
struct theme;
struct keys_event;

struct terminal_hooks {
	void (*on_key)(void *data, const struct keys_event *event);
	/* The size changed: place everything anew. */
	void (*on_resize)(void *data);
	/* Hangup, EOF or EIO. */
	void (*on_gone)(void *data);
};

/* Takes the terminal on descriptors 0 and 1. 0, or a negative errno with a sentence that
 * the caller frees. HOOKS are copied. */
int terminal_open(uv_loop_t *loop, const struct theme *theme,
		  const struct terminal_hooks *hooks, void *data,
		  struct terminal **ret_terminal, char **ret_error);

/* Gives the terminal back and closes the handles; freed when the loop has run once more.
 * NULL is fine. */
void terminal_close(struct terminal *terminal);

/* The screen to paint on; borrowed. */
struct screen *terminal_screen(struct terminal *terminal);

/* Sends what was painted; once per loop turn. */
void terminal_flush(struct terminal *terminal);

/* Whether a lone Esc is a key of its own (forms, questions) or makes the next one an Alt
 * key. */
void terminal_set_escape_key(struct terminal *terminal, bool is_key);

/* An Esc waits for the next key. */
bool terminal_has_prefix(const struct terminal *terminal);

/* Stops the process group as the shell's Ctrl-Z does, and comes back. */
void terminal_suspend(struct terminal *terminal);

#endif
