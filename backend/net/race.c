/*
 * Everything happens in the timer: adding a place, a failure and the end of the list only
 * set it. So hooks never run inside a caller, and one function decides what comes next.
 */
#include "backend/net/race.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "bridge/base/log.h"
#include "bridge/base/mem.h"

/* RFC 8305 §3: how long the first answer waits for a better one (resolution delay). */
#define SETTLE_MS 50

struct attempt {
	struct race *race; /* NULL once the race is over */
	uv_tcp_t *tcp;
	uv_connect_t request;
	struct dns_place place;
	struct attempt *prev, *next;
};

struct entry {
	struct dns_place place;
	struct entry *prev, *next;
};

struct race {
	uv_timer_t timer;
	const struct race_hooks *hooks;
	void *data;
	unsigned stagger_ms;
	struct entry *waiting; /* not tried yet */
	struct attempt *running;
	bool has_all;	  /* no more places will come */
	bool has_begun;	  /* a first place was tried */
	bool has_settled; /* SETTLE_MS since the first place */
	int last_family;
	unsigned last_rank;
	int worst; /* libuv error that tells most */
};

static void
free_data(uv_handle_t *handle)
{
	free(handle->data);
}

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void on_timer(uv_timer_t *timer);

static void
race_arm(struct race *race, uint64_t ms)
{
	(void)uv_timer_start(&race->timer, on_timer, ms, 0);
}

/* A refusal says more than silence, and silence more than a missing route. */
static int
telling(int error)
{
	switch (error) {
	case 0:
		return 0;
	case UV_ENETUNREACH:
	case UV_EHOSTUNREACH:
	case UV_EADDRNOTAVAIL:
	case UV_EAFNOSUPPORT:
		return 1;
	case UV_ETIMEDOUT:
		return 2;
	case UV_ECONNREFUSED:
		return 4;
	default:
		return 3;
	}
}

static void
race_note(struct race *race, int error)
{
	if (telling(error) > telling(race->worst))
		race->worst = error;
}

static enum stream_fault
fault_of(int error)
{
	switch (error) {
	case UV_ECONNREFUSED:
		return STREAM_REFUSED;
	case UV_ETIMEDOUT:
		return STREAM_TIMEOUT;
	case UV_EMFILE:
	case UV_ENFILE:
	case UV_ENOBUFS:
	case UV_ENOMEM:
		return STREAM_LOCAL;
	default:
		return STREAM_UNREACHABLE;
	}
}

/* The next place: best rank first, families taking turns, IPv6 first. */
static struct entry *
pick(struct race *race)
{
	struct entry *best = NULL, *entry;
	DL_FOREACH (race->waiting, entry) {
		if (best == NULL || entry->place.rank < best->place.rank)
			best = entry;
	}
	if (best == NULL)
		return NULL;
	bool is_same_rank = race->has_begun && race->last_rank == best->place.rank;
	int wanted = is_same_rank && race->last_family == AF_INET6 ? AF_INET : AF_INET6;
	DL_FOREACH (race->waiting, entry) {
		if (entry->place.rank == best->place.rank &&
		    entry->place.address.ss_family == wanted)
			return entry;
	}
	return best;
}

static void
race_win(struct race *race, struct attempt *attempt)
{
	uv_tcp_t *tcp = attempt->tcp;
	struct dns_place place = attempt->place;
	const struct race_hooks *hooks = race->hooks;
	void *data = race->data;
	DL_DELETE(race->running, attempt);
	free(attempt);
	race_free(race);
	hooks->won(data, tcp, &place);
}

static void
on_connect(uv_connect_t *request, int status)
{
	struct attempt *attempt = request->data;
	struct race *race = attempt->race;
	if (race == NULL) { /* closed by race_free */
		free(attempt);
		return;
	}
	if (status == 0) {
		race_win(race, attempt);
		return;
	}
	log_debug("net", "event=connect-failed why=%s", uv_err_name(status));
	race_note(race, status);
	DL_DELETE(race->running, attempt);
	uv_close((uv_handle_t *)attempt->tcp, free_handle);
	free(attempt);
	race_arm(race, 0);
}

static void
start_one(struct race *race, struct entry *entry)
{
	struct attempt *attempt = mem_alloc(sizeof(*attempt));
	attempt->race = race;
	attempt->place = entry->place;
	attempt->tcp = mem_alloc(sizeof(*attempt->tcp));
	attempt->request.data = attempt;
	race->has_begun = true;
	race->last_family = entry->place.address.ss_family;
	race->last_rank = entry->place.rank;
	DL_DELETE(race->waiting, entry);
	free(entry);

	(void)uv_tcp_init(race->timer.loop, attempt->tcp);
	int rc = uv_tcp_connect(&attempt->request, attempt->tcp,
				(const struct sockaddr *)&attempt->place.address,
				on_connect);
	if (rc == 0) {
		DL_APPEND(race->running, attempt);
		race_arm(race, race->stagger_ms);
		return;
	}
	race_note(race, rc);
	uv_close((uv_handle_t *)attempt->tcp, free_handle);
	free(attempt);
	race_arm(race, 0);
}

static void
on_timer(uv_timer_t *timer)
{
	struct race *race = timer->data;
	race->has_settled = true;
	struct entry *entry = pick(race);
	if (entry != NULL) {
		start_one(race, entry);
		return;
	}
	if (!race->has_all || race->running != NULL)
		return; /* a place, the end of the list or an attempt will come back */
	enum stream_fault fault = fault_of(race->worst);
	const char *detail = race->worst != 0 ? uv_strerror(race->worst) : "";
	const struct race_hooks *hooks = race->hooks;
	void *data = race->data;
	race_free(race);
	hooks->lost(data, fault, detail);
}

struct race *
race_new(uv_loop_t *loop, unsigned stagger_ms, const struct race_hooks *hooks, void *data)
{
	struct race *race = mem_alloc(sizeof(*race));
	*race = (struct race){.hooks = hooks, .data = data, .stagger_ms = stagger_ms};
	race->timer.data = race;
	(void)uv_timer_init(loop, &race->timer);
	return race;
}

void
race_add(struct race *race, const struct dns_place *place)
{
	struct entry *entry = mem_alloc(sizeof(*entry));
	entry->place = *place;
	DL_APPEND(race->waiting, entry);
	/* While the timer runs it will see this one; when nothing runs it goes at once.
	 */
	if (uv_is_active((uv_handle_t *)&race->timer))
		return;
	race_arm(race, race->has_settled ? 0 : SETTLE_MS);
}

void
race_no_more(struct race *race)
{
	race->has_all = true;
	if (!race->has_begun || race->running == NULL)
		race_arm(race, 0);
}

void
race_free(struct race *race)
{
	if (race == NULL)
		return;
	struct entry *entry, *next_entry;
	DL_FOREACH_SAFE (race->waiting, entry, next_entry) {
		free(entry);
	}
	struct attempt *attempt, *next;
	DL_FOREACH_SAFE (race->running, attempt, next) {
		attempt->race = NULL;
		attempt->prev = attempt->next = NULL;
		uv_close((uv_handle_t *)attempt->tcp, free_handle);
	}
	uv_close((uv_handle_t *)&race->timer, free_data);
}
