/*
 * A question that y answers with yes, and n or Esc with no; one at a time. Nobody answers
 * what he has not seen: it takes a key only after it stood on the screen, over an input
 * line that was empty, so words that are being typed are never taken for an answer.
 */
#ifndef TERN_TUI_QUESTION_H
#define TERN_TUI_QUESTION_H

#include <stdbool.h>

struct app;
struct keys_event;
struct question;

/* What is done with the answer; called once, and with "no" where none was given: other
 * words were typed, something else was asked, tern ends. */
typedef void (*question_answer)(void *data, bool is_yes);

struct question *question_new(void);

/* Answers what is asked with "no". NULL is fine. */
void question_free(struct question *question);

/* Asks a text (printf) in place of what was asked; ANSWER is called with DATA. */
void question_ask(struct app *app, question_answer answer, void *data, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));

/* A frame was drawn; IS_SEEN: with room for what is asked. */
void question_drawn(struct app *app, bool is_seen);

/* Whether EVENT was the answer; else it is for others. */
bool question_event(struct app *app, const struct keys_event *event);

#endif
