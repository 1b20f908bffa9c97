/*
 * A profile that writes down what modules say: stanzas and events as lines of text. Its
 * roster has friend@example.org (sees us), watched@example.org (does not) and a block
 * list in memory. It takes the place of the session core and of the store's tables.
 */
#ifndef TERN_TESTS_PROFILE_DOUBLE_H
#define TERN_TESTS_PROFILE_DOUBLE_H

#include "backend/session/profile.h"
#include "bridge/base/buf.h"

#define DOUBLE_BLOCKED_MAX 16

struct profile {
	struct stanza_ctx *ctx;
	struct jid account; /* me@example.org */
	void *states[MODULE_COUNT];
	struct buf lines;
	bool is_offline;
	bool is_typing_off;
	char *blocked[DOUBLE_BLOCKED_MAX];
	size_t blocked_count;
	char *unblocked[DOUBLE_BLOCKED_MAX]; /* tombstones */
	size_t unblocked_count;
	profile_answer *answer; /* the last question's */
	void *answer_data;
};

/* Makes the profile and runs the start hooks of the modules that are linked. */
int double_set_up(void **state);

/* Runs the stop hooks and frees it. */
int double_tear_down(void **state);

/* Gives the iq TEXT to MODULE as the session would; false if no row of it fits. */
bool double_iq(struct profile *profile, const struct module *module, const char *text);

/* Gives the message TEXT to MODULE. */
void double_message(struct profile *profile, const struct module *module,
		    const char *text);

/* Gives the presence TEXT to MODULE. */
void double_presence(struct profile *profile, const struct module *module,
		     const char *text);

/* Answers the open question with TEXT (NULL: nothing came). */
void double_answer(struct profile *profile, const char *text, bool is_last);

/* The lines since the last call, which the caller frees. */
char *double_lines(struct profile *profile);

#endif
