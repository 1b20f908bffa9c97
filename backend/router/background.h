/*
 * Going to the background: `ternd` returns to its caller when the daemon listens, or says
 * why it does not.
 */
#ifndef TERN_ROUTER_BACKGROUND_H
#define TERN_ROUTER_BACKGROUND_H

/* Forks twice. In the daemon: returns a descriptor to report to, in a session of its own
 * with / as working folder. In the caller: waits for that report, prints its sentence if
 * there is one and ends with 0 or 1; does not return. */
int background_enter(void);

/* Reports from the daemon: it RUNS (and SENTENCE, if any, is for standard output), or it
 * does not and SENTENCE says why. From then on stdio is /dev/null. */
void background_report(int fd, int is_running, const char *sentence);

#endif
