/*
 * How the session process keeps small while it waits. Called at each of the router's
 * pings, so that it costs no wakeups of its own.
 */
#ifndef TERN_BACKEND_SESSION_MEMORY_H
#define TERN_BACKEND_SESSION_MEMORY_H

/* Gives back what nobody uses now: free heap, and pages of programs and libraries that
 * were read in. The latter come back from the kernel's cache when they are needed. */
void memory_rest(void);

#endif
