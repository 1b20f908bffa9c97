/*
 * Listening, accepting, and noticing that the socket went: logind removes a user's
 * runtime folder at his last logout, cleaners empty /tmp. The folder is watched, so this
 * costs no wakeups. An ear is one listening descriptor with its poll handle.
 */
#include "backend/router/door.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/paths.h"

enum {
	BACKLOG = 128,
	VISITORS_A_TURN = 64, /* accepted before the others get their turn */
	PATH_LEN_MAX = sizeof((struct sockaddr_un *)0)->sun_path - 1,
};

struct door_ear {
	uv_poll_t poll;
	int fd;
	struct door *door;
};

static void
ear_closed(uv_handle_t *handle)
{
	struct door_ear *ear = handle->data;
	close(ear->fd);
	free(ear);
}

static void
open_spare(struct door *door)
{
	if (door->spare_fd < 0)
		door->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* No descriptor is free: takes the next visitor in the spare's place and closes him, or
 * he would wake us for ever. */
static void
turn_away(struct door *door, int listening)
{
	if (door->spare_fd >= 0)
		close(door->spare_fd);
	door->spare_fd = -1;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	open_spare(door);
	log_warn("door", "turned away: no descriptor is free");
}

static bool
is_welcome(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || len != sizeof peer)
		return false;
	if (peer.uid == geteuid() || peer.uid == 0)
		return true;
	log_warn("door", "closed: uid=%u is not ours", (unsigned)peer.uid);
	return false;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct door_ear *ear = poll->data;
	struct door *door = ear->door;
	(void)events;
	if (status < 0)
		return;
	for (int i = 0; i < VISITORS_A_TURN && door->ear == ear; i++) {
		int fd = accept4(ear->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0 && is_welcome(fd)) {
			door->hooks.on_visitor(door->data, fd);
			continue;
		}
		if (fd >= 0) {
			close(fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			turn_away(door, ear->fd);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

/* The folder of PATH; the caller frees. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/")
			     : mem_strndup(path, (size_t)(slash - path));
}

/* Makes FOLDER if it is missing and checks that it is ours alone. */
static int
secure_folder(const char *folder, char **ret_problem)
{
	struct stat facts;
	int status = paths_make(folder);
	if (status == 0 && stat(folder, &facts))
		status = -errno;
	if (status) {
		*ret_problem =
			mem_printf("the folder %s for the socket cannot be made: %s",
				   folder, strerror(-status));
		return status;
	}
	if (facts.st_uid == geteuid() && (facts.st_mode & 077) == 0)
		return 0;
	*ret_problem =
		mem_printf("the folder %s for the socket has to belong to you alone: "
			   "chmod 700 it, or choose another in TERN_SOCKET",
			   folder);
	return -EPERM;
}

/* Chooses where the socket goes; the caller frees *RET_PATH. */
static int
choose(struct door *door, char **ret_path, char **ret_problem)
{
	const char *wished = getenv("TERN_SOCKET");
	if (wished && *wished && !door->is_displaced) {
		if (*wished != '/' || strlen(wished) > PATH_LEN_MAX) {
			*ret_problem =
				mem_printf("TERN_SOCKET has to be an absolute path of "
					   "at most %d bytes",
					   (int)PATH_LEN_MAX);
			return -EINVAL;
		}
		*ret_path = mem_strdup(wished);
		return 0;
	}
	char *path = mem_printf("%s/run/ternd.sock", door->folder);
	if (strlen(path) > PATH_LEN_MAX) {
		free(path);
		char folder[] = "/tmp/tern-XXXXXX";
		if (!mkdtemp(folder)) {
			*ret_problem =
				mem_printf("no folder for the socket can be made in "
					   "/tmp: %s",
					   strerror(errno));
			return -errno;
		}
		mem_replace(&door->temporary, folder);
		path = mem_printf("%s/ternd.sock", folder);
	}
	*ret_path = path;
	return 0;
}

/* A descriptor that listens at PATH, in place of what was there, or a negative errno. */
static int
listen_at(const char *path, unsigned long long *ret_inode)
{
	struct stat facts;
	if (lstat(path, &facts) == 0) {
		if (!S_ISSOCK(facts.st_mode))
			return -ENOTSOCK;
		if (unlink(path))
			return -errno;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) ||
	    chmod(path, 0600) || lstat(path, &facts) || listen(fd, BACKLOG)) {
		int status = -errno;
		close(fd);
		return status;
	}
	*ret_inode = facts.st_ino;
	return fd;
}

static void
on_folder_event(uv_fs_event_t *watch, const char *name, int events, int status)
{
	struct door *door = watch->data;
	(void)name;
	(void)events;
	(void)status;
	door_check(door);
}

static void
drop_ear(struct door *door)
{
	if (door->ear)
		uv_close((uv_handle_t *)&door->ear->poll, ear_closed);
	door->ear = NULL;
	mem_replace(&door->socket, NULL);
}

static int
open_ear(struct door *door, char **ret_problem)
{
	char *path = NULL;
	int status = choose(door, &path, ret_problem);
	if (status)
		return status;
	assert(path);
	char *folder = folder_of(path);
	status = secure_folder(folder, ret_problem);
	int fd = status ? status : listen_at(path, &door->inode);
	if (status == 0 && fd < 0)
		*ret_problem = mem_printf("cannot listen at %s: %s", path, strerror(-fd));
	if (fd >= 0) {
		struct door_ear *ear = mem_alloc(sizeof *ear);
		*ear = (struct door_ear){.fd = fd, .door = door};
		door->ear = ear;
		(void)uv_poll_init(door->loop, &ear->poll, fd);
		ear->poll.data = ear;
		(void)uv_poll_start(&ear->poll, UV_READABLE, on_readable);
		mem_replace(&door->socket, path);
		(void)uv_fs_event_stop(&door->watch);
		if (uv_fs_event_start(&door->watch, on_folder_event, folder, 0))
			log_info("door", "folder=%s cannot be watched", folder);
	}
	free(folder);
	free(path);
	return fd < 0 ? fd : 0;
}

int
door_init(struct door *door, uv_loop_t *loop, const char *state_folder,
	  const struct door_hooks *hooks, void *data, char **ret_problem)
{
	*door = (struct door){
		.loop = loop, .spare_fd = -1, .hooks = *hooks, .data = data};
	door->folder = mem_strdup(state_folder);
	(void)uv_fs_event_init(loop, &door->watch);
	door->watch.data = door;
	open_spare(door);
	return open_ear(door, ret_problem);
}

void
door_check(struct door *door)
{
	struct stat facts;
	if (!door->folder)
		return;
	if (door->ear && lstat(door->socket, &facts) == 0 &&
	    facts.st_ino == door->inode && S_ISSOCK(facts.st_mode))
		return;
	log_info("door", "the socket is gone; making another");
	drop_ear(door);
	char *problem = NULL;
	int status = open_ear(door, &problem);
	if (status && !door->is_displaced) {
		/* The runtime folder of a user who logged out cannot be made again. */
		log_warn("door", "%s", problem);
		free(problem);
		problem = NULL;
		door->is_displaced = true;
		status = open_ear(door, &problem);
	}
	if (status)
		log_warn("door", "%s", problem);
	else
		door->hooks.on_moved(door->data, door->socket);
	free(problem);
}

void
door_done(struct door *door)
{
	if (door->socket)
		(void)unlink(door->socket);
	if (door->temporary)
		(void)rmdir(door->temporary);
	drop_ear(door);
	uv_close((uv_handle_t *)&door->watch, NULL);
	if (door->spare_fd >= 0)
		close(door->spare_fd);
	door->spare_fd = -1;
	mem_replace(&door->folder, NULL);
	mem_replace(&door->temporary, NULL);
}
