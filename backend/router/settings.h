/*
 * The daemon's settings: $XDG_CONFIG_HOME/tern/ternd.conf, lines of `name = value`, `#`
 * begins a comment.
 */
#ifndef TERN_ROUTER_SETTINGS_H
#define TERN_ROUTER_SETTINGS_H

/* Profiles that share a session process: 1 to 1000, 1 where nothing is said. What the
 * file says wrong is told on standard error with its line. */
int settings_profiles_per_process(void);

#endif
