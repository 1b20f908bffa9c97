/*
 * The shared context: TLS, resolver, stanzas, and the turn of the loop. Input that was
 * read in one turn is parsed together in the check phase; output is written together in
 * the prepare phase, the last one before the loop sleeps, so that nothing queued anywhere
 * in a turn is left behind.
 */
#include "backend/net/net.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <utlist.h>

#include "backend/net/net_inner.h"
#include "backend/net/resolver.h"
#include "backend/net/stream_inner.h"
#include "backend/net/tls.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"

static void
on_check(uv_check_t *check)
{
	struct net *net = check->data;
	/* A stream marked from here on waits for the next turn: others get theirs first.
	 */
	struct stream *list = net->to_pump;
	struct stream *last = list != NULL ? list->pump_prev : NULL;
	while (net->to_pump != NULL) {
		struct stream *stream = net->to_pump;
		DL_DELETE2(net->to_pump, stream, pump_prev, pump_next);
		stream->is_to_pump = false;
		wire_pump(stream);
		if (stream == last)
			break;
	}
}

static void
on_prepare(uv_prepare_t *prepare)
{
	struct net *net = prepare->data;
	while (net->to_flush != NULL) {
		struct stream *stream = net->to_flush;
		DL_DELETE2(net->to_flush, stream, flush_prev, flush_next);
		stream->is_to_flush = false;
		wire_flush(stream);
	}
}

void
net_mark_pump(struct net *net, struct stream *stream)
{
	if (stream->is_to_pump)
		return;
	stream->is_to_pump = true;
	DL_APPEND2(net->to_pump, stream, pump_prev, pump_next);
}

void
net_mark_flush(struct net *net, struct stream *stream)
{
	if (stream->is_to_flush)
		return;
	stream->is_to_flush = true;
	DL_APPEND2(net->to_flush, stream, flush_prev, flush_next);
}

void
net_unmark(struct net *net, struct stream *stream)
{
	if (stream->is_to_pump)
		DL_DELETE2(net->to_pump, stream, pump_prev, pump_next);
	if (stream->is_to_flush)
		DL_DELETE2(net->to_flush, stream, flush_prev, flush_next);
	stream->is_to_pump = stream->is_to_flush = false;
}

static void
on_closed(uv_handle_t *handle)
{
	struct net *net = handle->data;
	if (--net->open_handles > 0)
		return;
	/* Only here: net_free may have been called from inside any of these. */
	tls_shared_free(net->tls);
	resolver_free(net->resolver);
	stanza_ctx_free(net->stanzas);
	free(net);
}

int
net_new(uv_loop_t *loop, const struct net_options *options, struct net **ret_net)
{
	static const struct net_options none = {0};
	if (options == NULL)
		options = &none;
	struct tls_shared *tls = tls_shared_new(options->ca_folder);
	struct resolver *resolver = resolver_new(loop, options->dns_servers);
	if (tls == NULL || resolver == NULL) {
		tls_shared_free(tls);
		resolver_free(resolver);
		return -EIO;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	struct net *net = mem_alloc(sizeof(*net));
	net->loop = loop;
	net->tls = tls;
	net->resolver = resolver;
	net->stanzas = stanza_ctx_new();
	net->prepare.data = net;
	net->check.data = net;
	net->open_handles = 2;
	(void)uv_prepare_init(loop, &net->prepare);
	(void)uv_check_init(loop, &net->check);
	(void)uv_prepare_start(&net->prepare, on_prepare);
	(void)uv_check_start(&net->check, on_check);
	uv_unref((uv_handle_t *)&net->prepare);
	uv_unref((uv_handle_t *)&net->check);
	*ret_net = net;
	return 0;
}

void
net_free(struct net *net)
{
	if (net == NULL)
		return;
	uv_close((uv_handle_t *)&net->prepare, on_closed);
	uv_close((uv_handle_t *)&net->check, on_closed);
}

uv_loop_t *
net_loop(const struct net *net)
{
	return net->loop;
}

struct stanza_ctx *
net_stanzas(const struct net *net)
{
	return net->stanzas;
}
