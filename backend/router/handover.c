/*
 * The records in the socketpair: a head, the profile's name, its key. Keys go from one
 * locked page into the kernel and from there into another, with no copy between.
 */
#include "backend/router/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/router/names.h"
#include "backend/router/profile.h"
#include "backend/router/router.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

struct head {
	uint16_t name_len;
	uint8_t key_len;
	uint8_t has_left;
};

_Static_assert(KEYS_BYTES <= UINT8_MAX, "a key's length fits its field");

enum {
	ROOM = 4 * 1024 * 1024, /* as much of it as the kernel gives */
	BATCH = 300,		/* profiles a write: small writes waste that room */
};

/* Records on their way into the socket; names and keys are not copied. */
struct batch {
	struct head heads[BATCH];
	struct iovec parts[BATCH * 3];
	int count;
	size_t len;
};

/* Logged out until somebody comes back to it, though the wish stays. */
static bool
is_resting(const struct profile *profile)
{
	const struct bridge_link *link = profile->info.link;
	return profile->has_left && link && link->is_wanted;
}

static void
add(struct batch *batch, const struct profile *profile)
{
	struct head *head = &batch->heads[batch->count];
	struct iovec *parts = &batch->parts[batch->count++ * 3];
	*head = (struct head){
		.name_len = (uint16_t)strlen(profile->name),
		.key_len = profile->key ? (uint8_t)profile->key->len : 0,
		.has_left = is_resting(profile),
	};
	parts[0] = (struct iovec){head, sizeof *head};
	parts[1] = (struct iovec){profile->name, head->name_len};
	parts[2] =
		(struct iovec){profile->key ? profile->key->bytes : NULL, head->key_len};
	batch->len += sizeof *head + head->name_len + head->key_len;
}

static void
flush(struct batch *batch, int fd)
{
	struct msghdr message = {.msg_iov = batch->parts,
				 .msg_iovlen = (size_t)batch->count * 3};
	ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent != (ssize_t)batch->len)
		log_warn("handover", "keys are left out: %s",
			 sent < 0 ? strerror(errno) : "too many");
	batch->count = 0;
	batch->len = 0;
}

int
handover_pack(struct router *router)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){ROOM}, sizeof(int));
	struct batch *batch = mem_alloc(sizeof *batch);
	struct profile *profile = NULL;
	DL_FOREACH (router->profiles, profile) {
		if (profile->key || is_resting(profile))
			add(batch, profile);
		if (batch->count == BATCH)
			flush(batch, ends[0]);
	}
	if (batch->count)
		flush(batch, ends[0]);
	free(batch);
	close(ends[0]);
	return ends[1];
}

/* Reads LEN bytes; the other end is closed, so nothing is waited for. */
static bool
take(int fd, void *bytes, size_t len)
{
	return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* Reads one record from FD. 1, 0 at the end, or -EBADMSG. */
static int
unpack(struct router *router, int fd)
{
	struct head head = {0};
	char name[NAMES_MAX + 1];
	ssize_t got = recv(fd, &head, sizeof head, MSG_WAITALL);
	if (got == 0)
		return 0;
	if (got != sizeof head || head.name_len > NAMES_MAX ||
	    head.key_len > KEYS_BYTES || !take(fd, name, head.name_len))
		return -EBADMSG;
	name[head.name_len] = 0;
	struct key *key = head.key_len ? keys_make(&router->keys, head.key_len) : NULL;
	if (head.key_len && (!key || !take(fd, key->bytes, head.key_len))) {
		keys_drop(&router->keys, key);
		return -EBADMSG;
	}
	struct profile *profile = profile_find(router, name);
	if (!profile || profile->key) {
		keys_drop(&router->keys, key);
		return 1;
	}
	profile->key = key;
	profile->has_left = head.has_left;
	return 1;
}

void
handover_unpack(struct router *router, int fd)
{
	int status = 1;
	while (status > 0)
		status = unpack(router, fd);
	if (status < 0)
		log_warn("handover", "not all keys could be taken over: %s",
			 strerror(-status));
	close(fd);
}

/* Whether FD is closed when another program takes this one's place. */
static void
keep(int fd, bool is_kept)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, is_kept ? 0 : FD_CLOEXEC);
}

int
handover_exec(const struct handover *handover, const char *path, char *const argv[])
{
	keep(handover->lock_fd, true);
	keep(handover->keys_fd, true);
	(void)execv(path, argv);
	int status = -errno;
	keep(handover->lock_fd, false);
	keep(handover->keys_fd, false);
	return status;
}
