/*
 * The daemon's log, $XDG_STATE_HOME/tern/ternd.log (0600), shared with its session
 * processes as their standard error and kept within a bound.
 */
#ifndef TERN_ROUTER_LOGFILE_H
#define TERN_ROUTER_LOGFILE_H

/* Opens the log for appending. Returns its descriptor (CLOEXEC), or -1. */
int logfile_open(void);

/* Cuts the log open at FD when it grew too long; its last lines go to ternd.log.1. No
 * more than a file of the size of the bound is written. */
void logfile_trim(int fd);

#endif
