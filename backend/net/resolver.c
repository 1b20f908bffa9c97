/*
 * One c-ares channel at a time; after a change of /etc/resolv.conf a second one takes
 * over and the old one is destroyed when its look-ups are done. A channel's sockets are
 * polled by uv_poll, its retries driven by one timer that runs only while something is
 * asked.
 */
#include "backend/net/resolver.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ares.h>
#include <utlist.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"

#define TRY_MS 2000
#define TRIES 3

struct channel_poll {
	uv_poll_t poll;
	struct channel *channel;
	int fd;
	struct channel_poll *prev, *next;
};

struct channel {
	uv_timer_t timer;
	struct resolver *resolver; /* NULL once the resolver is gone */
	ares_channel ares;
	unsigned asked; /* look-ups without an answer yet */
	struct channel_poll *polls;
	struct channel *prev, *next;
};

struct resolver {
	uv_loop_t *loop;
	char *servers;
	struct timespec stamp;	  /* mtime of resolv.conf when the channel was made */
	struct channel *current;  /* NULL if none could be made */
	struct channel *channels; /* the current one and old ones with look-ups left */
};

struct asked {
	struct channel *channel;
	resolver_srv_cb srv;
	resolver_addresses_cb addresses;
	void *data;
};

static void
poll_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
channel_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer(uv_timer_t *timer);

/* Sets the timer to the next retry, or stops it when nothing is asked. */
static void
channel_rearm(struct channel *channel)
{
	struct timeval most = {.tv_sec = TRY_MS / 1000};
	struct timeval room;
	if (channel->asked == 0) {
		(void)uv_timer_stop(&channel->timer);
		return;
	}
	struct timeval *next = ares_timeout(channel->ares, &most, &room);
	uint64_t ms = (uint64_t)next->tv_sec * 1000 + (uint64_t)next->tv_usec / 1000 + 1;
	(void)uv_timer_start(&channel->timer, on_timer, ms, 0);
}

static void
on_timer(uv_timer_t *timer)
{
	struct channel *channel = timer->data;
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	channel_rearm(channel);
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct channel_poll *poll = handle->data;
	struct channel *channel = poll->channel;
	int fd = poll->fd;
	bool can_read = status < 0 || (events & UV_READABLE) != 0;
	bool can_write = status < 0 || (events & UV_WRITABLE) != 0;
	ares_process_fd(channel->ares, can_read ? fd : ARES_SOCKET_BAD,
			can_write ? fd : ARES_SOCKET_BAD);
	channel_rearm(channel);
}

static void
on_socket_state(void *data, ares_socket_t fd, int wants_read, int wants_write)
{
	struct channel *channel = data;
	struct channel_poll *poll = NULL;
	DL_SEARCH_SCALAR(channel->polls, poll, fd, fd);
	if (!wants_read && !wants_write) {
		if (poll == NULL)
			return;
		DL_DELETE(channel->polls, poll);
		(void)uv_poll_stop(&poll->poll);
		uv_close((uv_handle_t *)&poll->poll, poll_closed);
		return;
	}
	if (poll == NULL) {
		poll = mem_alloc(sizeof(*poll));
		poll->channel = channel;
		poll->fd = fd;
		poll->poll.data = poll;
		if (uv_poll_init(channel->timer.loop, &poll->poll, fd) < 0) {
			free(poll); /* the look-up then ends by its retries */
			return;
		}
		DL_APPEND(channel->polls, poll);
	}
	(void)uv_poll_start(&poll->poll,
			    (wants_read ? UV_READABLE : 0) |
				    (wants_write ? UV_WRITABLE : 0),
			    on_poll);
}

static void
channel_free(struct channel *channel)
{
	if (channel->resolver != NULL)
		DL_DELETE(channel->resolver->channels, channel);
	channel->resolver = NULL;
	ares_destroy(channel->ares);
	uv_close((uv_handle_t *)&channel->timer, channel_closed);
}

static struct channel *
channel_new(struct resolver *resolver)
{
	char lookups[] = "fb";
	struct channel *channel = mem_alloc(sizeof(*channel));
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH,
		.timeout = TRY_MS,
		.tries = TRIES,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = channel,
	};
	int rc = ares_init_options(&channel->ares, &options,
				   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
	if (rc == ARES_SUCCESS && resolver->servers != NULL) {
		rc = ares_set_servers_ports_csv(channel->ares, resolver->servers);
		if (rc != ARES_SUCCESS)
			ares_destroy(channel->ares);
	}
	if (rc != ARES_SUCCESS) {
		log_error("dns", "event=init-failed why=\"%s\"", ares_strerror(rc));
		free(channel);
		return NULL;
	}
	channel->resolver = resolver;
	channel->timer.data = channel;
	(void)uv_timer_init(resolver->loop, &channel->timer);
	DL_APPEND(resolver->channels, channel);
	return channel;
}

static struct timespec
resolv_conf_stamp(void)
{
	struct stat facts;
	if (stat("/etc/resolv.conf", &facts) < 0)
		return (struct timespec){0};
	return facts.st_mtim;
}

/* The channel for a new look-up: a new one if the system's servers changed. */
static struct channel *
pick_channel(struct resolver *resolver)
{
	struct timespec stamp = resolv_conf_stamp();
	if (resolver->current == NULL || stamp.tv_sec != resolver->stamp.tv_sec ||
	    stamp.tv_nsec != resolver->stamp.tv_nsec) {
		struct channel *fresh = channel_new(resolver);
		if (fresh != NULL)
			resolver->current = fresh;
		resolver->stamp = stamp;
	}
	struct channel *channel, *next;
	DL_FOREACH_SAFE (resolver->channels, channel, next) {
		if (channel != resolver->current && channel->asked == 0)
			channel_free(channel);
	}
	return resolver->current;
}

static enum resolver_status
status_of(int rc)
{
	switch (rc) {
	case ARES_SUCCESS:
		return RESOLVER_FOUND;
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
	case ARES_EBADNAME:
		return RESOLVER_NOTHING;
	case ARES_EDESTRUCTION:
	case ARES_ECANCELLED:
		return RESOLVER_GONE;
	default:
		return RESOLVER_FAILED;
	}
}

static size_t
copy_records(const struct ares_srv_reply *reply, struct srv_record records[SRV_MAX])
{
	size_t count = 0;
	for (; reply != NULL && count < SRV_MAX; reply = reply->next) {
		size_t len = strlen(reply->host);
		if (len > 0 && reply->host[len - 1] == '.')
			len--;
		if (len >= SRV_NAME_MAX)
			continue;
		struct srv_record *record = &records[count++];
		*record = (struct srv_record){
			.port = reply->port,
			.priority = reply->priority,
			.weight = reply->weight,
		};
		memcpy(record->host, reply->host, len);
	}
	return count;
}

static void
on_srv(void *data, int rc, int timeouts, unsigned char *answer, int len)
{
	struct asked *asked = data;
	struct srv_record records[SRV_MAX];
	struct ares_srv_reply *reply = NULL;
	size_t count = 0;
	(void)timeouts;
	if (rc == ARES_SUCCESS)
		rc = ares_parse_srv_reply(answer, len, &reply);
	if (rc == ARES_SUCCESS)
		count = copy_records(reply, records);
	if (reply != NULL)
		ares_free_data(reply);
	asked->channel->asked--;
	enum resolver_status status = status_of(rc);
	if (status == RESOLVER_FOUND && count == 0)
		status = RESOLVER_NOTHING;
	asked->srv(asked->data, status, records, count);
	free(asked);
}

static void
on_addresses(void *data, int rc, int timeouts, struct ares_addrinfo *info)
{
	struct asked *asked = data;
	struct sockaddr_storage addresses[RESOLVER_ADDRESSES_MAX] = {0};
	size_t count = 0;
	(void)timeouts;
	struct ares_addrinfo_node *node = info != NULL ? info->nodes : NULL;
	for (; node != NULL && count < RESOLVER_ADDRESSES_MAX; node = node->ai_next) {
		if (node->ai_addrlen <= sizeof(addresses[0]))
			memcpy(&addresses[count++], node->ai_addr, node->ai_addrlen);
	}
	if (info != NULL)
		ares_freeaddrinfo(info);
	asked->channel->asked--;
	enum resolver_status status = status_of(rc);
	if (status == RESOLVER_FOUND && count == 0)
		status = RESOLVER_NOTHING;
	asked->addresses(asked->data, status, addresses, count);
	free(asked);
}

void
resolver_srv(struct resolver *resolver, const char *name, resolver_srv_cb call,
	     void *data)
{
	struct channel *channel = pick_channel(resolver);
	if (channel == NULL) {
		call(data, RESOLVER_FAILED, NULL, 0);
		return;
	}
	struct asked *asked = mem_alloc(sizeof(*asked));
	*asked = (struct asked){.channel = channel, .srv = call, .data = data};
	channel->asked++;
	ares_query(channel->ares, name, ns_c_in, ns_t_srv, on_srv, asked);
	channel_rearm(channel);
}

void
resolver_addresses(struct resolver *resolver, const char *name, int family,
		   resolver_addresses_cb call, void *data)
{
	struct channel *channel = pick_channel(resolver);
	if (channel == NULL) {
		call(data, RESOLVER_FAILED, NULL, 0);
		return;
	}
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
	};
	struct asked *asked = mem_alloc(sizeof(*asked));
	*asked = (struct asked){.channel = channel, .addresses = call, .data = data};
	channel->asked++;
	ares_getaddrinfo(channel->ares, name, NULL, &hints, on_addresses, asked);
	channel_rearm(channel);
}

struct resolver *
resolver_new(uv_loop_t *loop, const char *servers)
{
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return NULL;
	struct resolver *resolver = mem_alloc(sizeof(*resolver));
	resolver->loop = loop;
	resolver->servers = mem_strdup(servers);
	resolver->stamp = resolv_conf_stamp();
	resolver->current = channel_new(resolver);
	if (resolver->current == NULL) {
		resolver_free(resolver);
		return NULL;
	}
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	struct channel *channel, *next;
	DL_FOREACH_SAFE (resolver->channels, channel, next) {
		channel_free(channel);
	}
	free(resolver->servers);
	free(resolver);
	ares_library_cleanup();
}
