/*
 * The verbs that speak to a daemon that runs already: stop, restart and status.
 */
#ifndef TERN_ROUTER_CONTROL_H
#define TERN_ROUTER_CONTROL_H

/* Asks the daemon to end and waits until it did. Prints a sentence; 0 when it ended, 1
 * when none was running or it does not end. */
int control_stop(void);

/* Asks the daemon to go on as the program that is there now and waits for that. Prints a
 * sentence; 0 when the successor answers, 1 when it could not be started or none was
 * running. */
int control_restart(void);

/* Prints whether a daemon runs: 0 running, 1 not running, 2 stale, 17 unreadable. */
int control_status(void);

#endif
