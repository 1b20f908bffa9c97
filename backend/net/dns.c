/*
 * A job asks for SRV records, then for the addresses of every target at once. It counts
 * what it still waits for and is done at zero; a cancelled job stays in memory, mute,
 * until the resolver has answered everything.
 */
#include "backend/net/dns.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/mem.h"

#define PORT_STARTTLS 5222
#define PORT_DIRECT 5223
#define TARGETS_MAX 8
#define PLACES_MAX 64

struct dns_job {
	struct resolver *resolver;
	const struct dns_hooks *hooks;
	void *data;
	char *domain;
	bool is_direct_tls;
	bool is_cancelled;
	bool is_refused;   /* a "." target: RFC 2782, decidedly not available here */
	bool has_failed;   /* at least one look-up without an answer */
	unsigned services; /* SRV look-ups without an answer */
	unsigned waiting;  /* all look-ups without an answer, and dns_start's own hold */
	unsigned places;
	struct srv_record records[2 * SRV_MAX];
	size_t record_count;
};

struct srv_asked {
	struct dns_job *job;
	bool is_direct_tls;
};

struct address_asked {
	struct dns_job *job;
	uint16_t port;
	unsigned rank;
	bool is_direct_tls;
};

static uint32_t
draw(void *data, uint32_t most)
{
	uint32_t random = 0;
	(void)data;
	(void)uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
	return random % (most + 1);
}

static void
set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET)
		((struct sockaddr_in *)address)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

static void
add_place(struct dns_job *job, const struct sockaddr_storage *address,
	  const struct address_asked *asked)
{
	struct dns_place place = {
		.address = *address,
		.rank = asked->rank,
		.is_direct_tls = asked->is_direct_tls,
	};
	if (job->is_cancelled || job->places >= PLACES_MAX)
		return;
	set_port(&place.address, asked->port);
	job->places++;
	job->hooks->found(job->data, &place);
}

/* One thing less to wait for; at zero the job ends. Returns whether it still lives. */
static bool
job_unwait(struct dns_job *job)
{
	if (--job->waiting > 0)
		return true;
	if (!job->is_cancelled) {
		enum stream_fault fault = STREAM_CLOSED;
		if (job->places == 0 && job->has_failed)
			fault = STREAM_DNS_FAILED;
		else if (job->places == 0)
			fault = job->is_refused ? STREAM_NO_SERVICE : STREAM_NO_HOST;
		job->hooks->done(job->data, fault);
	}
	free(job->domain);
	free(job);
	return false;
}

static void
on_addresses(void *data, enum resolver_status status,
	     const struct sockaddr_storage *addresses, size_t count)
{
	struct address_asked *asked = data;
	struct dns_job *job = asked->job;
	if (status == RESOLVER_GONE)
		job->is_cancelled = true;
	if (status == RESOLVER_FAILED)
		job->has_failed = true;
	for (size_t i = 0; i < count; i++)
		add_place(job, &addresses[i], asked);
	free(asked);
	(void)job_unwait(job);
}

/* A host that is an address already needs no look-up. */
static bool
add_literal(struct dns_job *job, const char *host, const struct address_asked *asked)
{
	struct sockaddr_storage address = {0};
	char bare[INET6_ADDRSTRLEN + 20];
	size_t len = strlen(host);
	bool has_brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
	if (len >= sizeof(bare))
		return false;
	memcpy(bare, host + (has_brackets ? 1 : 0), len + 1);
	if (has_brackets)
		bare[len - 2] = '\0';
	if (uv_ip4_addr(bare, 0, (struct sockaddr_in *)&address) < 0 &&
	    uv_ip6_addr(bare, 0, (struct sockaddr_in6 *)&address) < 0)
		return false;
	add_place(job, &address, asked);
	return true;
}

/* RFC 6761 §6.3: such names are the loopback, whatever anybody else says. */
static bool
is_this_machine(const char *name)
{
	size_t len = strlen(name);
	return strcasecmp(name, "localhost") == 0 ||
	       (len > 10 && strcasecmp(name + len - 10, ".localhost") == 0);
}

static void
ask_addresses(struct dns_job *job, const char *host, const struct address_asked *like)
{
	static const int families[] = {AF_INET6, AF_INET};
	if (is_this_machine(host)) {
		(void)add_literal(job, "::1", like);
		(void)add_literal(job, "127.0.0.1", like);
		return;
	}
	if (add_literal(job, host, like))
		return;
	for (size_t i = 0; i < 2; i++) {
		struct address_asked *asked = mem_alloc(sizeof(*asked));
		*asked = *like;
		job->waiting++;
		resolver_addresses(job->resolver, host, families[i], on_addresses, asked);
	}
}

static void
ask_domain(struct dns_job *job, const char *host, uint16_t port)
{
	ask_addresses(job, host,
		      &(struct address_asked){
			      .job = job,
			      .port = port != 0		   ? port
				      : job->is_direct_tls ? PORT_DIRECT
							   : PORT_STARTTLS,
			      .is_direct_tls = job->is_direct_tls,
		      });
}

/* Both services answered: their targets, or the domain itself (RFC 6120 §3.2.2). */
static void
use_records(struct dns_job *job)
{
	if (job->record_count == 0 && !job->is_refused) {
		job->has_failed = false; /* the fallback may do without SRV */
		ask_domain(job, job->domain, 0);
		return;
	}
	srv_order(job->records, job->record_count, draw, NULL);
	for (size_t i = 0; i < job->record_count && i < TARGETS_MAX; i++) {
		const struct srv_record *record = &job->records[i];
		ask_addresses(job, record->host,
			      &(struct address_asked){
				      .job = job,
				      .port = record->port,
				      .rank = (unsigned)i,
				      .is_direct_tls = record->is_direct_tls,
			      });
	}
}

static void
on_srv(void *data, enum resolver_status status, const struct srv_record *records,
       size_t count)
{
	struct srv_asked *asked = data;
	struct dns_job *job = asked->job;
	if (status == RESOLVER_GONE)
		job->is_cancelled = true;
	for (size_t i = 0; i < count; i++) {
		if (records[i].host[0] == '\0' || records[i].port == 0) {
			job->is_refused = true;
			continue;
		}
		job->records[job->record_count] = records[i];
		job->records[job->record_count++].is_direct_tls = asked->is_direct_tls;
	}
	free(asked);
	if (--job->services == 0 && !job->is_cancelled)
		use_records(job);
	(void)job_unwait(job);
}

static void
ask_srv(struct dns_job *job, const char *service, bool is_direct_tls)
{
	struct srv_asked *asked = mem_alloc(sizeof(*asked));
	*asked = (struct srv_asked){.job = job, .is_direct_tls = is_direct_tls};
	char *name = mem_printf("%s._tcp.%s", service, job->domain);
	resolver_srv(job->resolver, name, on_srv, asked);
	free(name);
}

/* RFC 6761: such names are this machine, no name server is asked. Addresses have no SRV.
 */
static bool
has_no_srv(const char *domain)
{
	size_t len = strlen(domain);
	struct sockaddr_in6 ignored;
	return strcasecmp(domain, "localhost") == 0 ||
	       (len > 10 && strcasecmp(domain + len - 10, ".localhost") == 0) ||
	       domain[0] == '[' ||
	       uv_ip4_addr(domain, 0, (struct sockaddr_in *)&ignored) == 0;
}

struct dns_job *
dns_start(struct resolver *resolver, const struct dns_question *question,
	  const struct dns_hooks *hooks, void *data)
{
	struct dns_job *job = mem_alloc(sizeof(*job));
	*job = (struct dns_job){
		.resolver = resolver,
		.hooks = hooks,
		.data = data,
		.domain = mem_strdup(question->domain),
		.is_direct_tls = question->is_direct_tls,
		.waiting = 1, /* held here, so that an answer at once cannot end it */
	};
	if (question->host != NULL || question->port != 0 || has_no_srv(job->domain)) {
		ask_domain(job, question->host != NULL ? question->host : job->domain,
			   question->port);
		return job_unwait(job) ? job : NULL;
	}
	job->services = job->is_direct_tls ? 1 : 2;
	job->waiting += job->services;
	ask_srv(job, "_xmpps-client", true);
	if (!job->is_direct_tls)
		ask_srv(job, "_xmpp-client", false);
	return job_unwait(job) ? job : NULL;
}

void
dns_cancel(struct dns_job *job)
{
	if (job != NULL)
		job->is_cancelled = true;
}
