/*
 * The trial: a private server with two contacts that answer (libexec/tern/demo), folders
 * of its own, an embedded daemon. All of it ends with tern, however tern ends.
 */
#ifndef TERN_TUI_DEMO_H
#define TERN_TUI_DEMO_H

#include <stdbool.h>

struct app;
struct demo;

/* Whether the trial's packages are installed; asks the trial itself, which takes a
 * moment. *RET_PROBLEM (the caller frees) says if there is no trial at all. */
bool demo_has_packages(char **ret_problem);

/* Installs them on the normal screen, with apt's own words and questions; whether they
 * are there afterwards. */
bool demo_install(void);

/* Starts the trial; when its server is ready, app's door is opened to a daemon of its own
 * and the profile made. Failures are said in the form that is shown. NULL after saying
 * why not. */
struct demo *demo_start(struct app *app);

/* The embedded daemon answers: makes the profile and attaches to it. */
void demo_connected(struct demo *demo);

/* Ends it and waits for it, a moment at most. NULL is fine. */
void demo_free(struct demo *demo);

#endif
