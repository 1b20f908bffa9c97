/*
 * The door of the daemon: the listening socket, 0600 in a folder of ours alone, checked
 * again when its folder changes. Whoever connects is let in only when the kernel says
 * that he is this user or root, before a byte of his is read.
 */
#ifndef TERN_ROUTER_DOOR_H
#define TERN_ROUTER_DOOR_H

#include <stdbool.h>
#include <uv.h>

struct door_ear;

struct door_hooks {
	/* Somebody of this user connected; FD is taken over. */
	void (*on_visitor)(void *data, int fd);
	/* The socket is now at SOCKET: tell the clients. */
	void (*on_moved)(void *data, const char *socket);
};

struct door {
	uv_loop_t *loop;
	uv_fs_event_t watch;
	struct door_ear *ear;	  /* NULL while there is no socket */
	char *folder;		  /* the state folder, to choose a place in */
	char *socket;		  /* NULL while there is no socket */
	bool is_displaced;	  /* $TERN_SOCKET cannot be used any more */
	char *temporary;	  /* a folder under /tmp made for the socket, or NULL */
	int spare_fd;		  /* given up for an instant when descriptors run out */
	unsigned long long inode; /* of the socket */
	struct door_hooks hooks;
	void *data;
};

/* Chooses a place ($TERN_SOCKET, else in STATE_FOLDER, else under /tmp) and listens
 * there; the caller holds the daemon's lock. 0, or a negative errno with a sentence in
 * *RET_PROBLEM, which the caller frees. */
int door_init(struct door *door, uv_loop_t *loop, const char *state_folder,
	      const struct door_hooks *hooks, void *data, char **ret_problem);

/* Looks whether the socket is still there and makes it anew if not. */
void door_check(struct door *door);

/* Stops listening and removes the socket; the loop has to turn once more before DOOR is
 * freed. */
void door_done(struct door *door);

#endif
