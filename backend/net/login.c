/*
 * SASL (RFC 6120 §6) on a stream: asks the owner for the password as late as possible,
 * runs PBKDF2 on the pool, and takes <success/> only after the server has proven that it
 * knows the password too. The salted password reaches the owner's cache only then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/b64.h"
#include "backend/net/stream_inner.h"
#include "backend/net/tls.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/mem.h"

/* PBKDF2 on the pool; outlives the stream if need be. */
struct login_work {
	uv_work_t request;
	struct stream *stream; /* NULL once nobody wants the result */
	struct buf password;
	enum scram_hash hash;
	uint32_t iterations;
	size_t salt_len;
	uint8_t salt[SCRAM_SALT_MAX];
	uint8_t salted[SCRAM_HASH_MAX];
	int rc;
};

static void
work_free(struct login_work *work)
{
	buf_done(&work->password);
	mem_wipe(work, sizeof(*work));
	free(work);
}

/* Sends <NAME> with MESSAGE in base64; an empty first message is written "=". */
static void
send_element(struct stream *stream, const char *name, const char *mechanism,
	     const struct buf *message)
{
	struct buf xml = {.is_secret = true};
	buf_printf(&xml, "<%s xmlns='" NS_SASL "'", name);
	if (mechanism != NULL)
		buf_printf(&xml, " mechanism='%s'", mechanism);
	buf_add_byte(&xml, '>');
	if (message != NULL)
		b64_encode(&xml, message->data, message->len);
	buf_printf(&xml, "</%s>", name);
	wire_send(stream, (const char *)xml.data, xml.len);
	buf_done(&xml);
	stream->state = STATE_AUTH;
	stream_limit(stream, stream->config.times.step_ms);
}

/* The password, prepared; false if the stream has ended, by the owner or for want of it.
 */
static bool
ask_password(struct stream *stream, struct buf *password)
{
	const struct stream_events *events = stream->events;
	*password = (struct buf){.is_secret = true};
	enum stream_state state = stream->state;
	bool has_one = events->password != NULL &&
		       events->password(stream->config.data, password);
	if (stream->state != state) {
		buf_done(password);
		return false;
	}
	if (!has_one) {
		buf_done(password);
		stream_end(stream, STREAM_NO_PASSWORD, NULL, NULL);
		return false;
	}
	if (scram_prepare(password) < 0) {
		buf_done(password);
		stream_end(stream, STREAM_AUTH_FAILED, "bad-password", NULL);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------------- the beginning
 */

static void
begin_plain(struct stream *stream)
{
	struct buf password;
	if (!ask_password(stream, &password))
		return;
	struct buf message = {.is_secret = true};
	buf_add_byte(&message, '\0');
	buf_add_text(&message, stream->local);
	buf_add_byte(&message, '\0');
	buf_add(&message, password.data, password.len);
	stream->out.is_secret = true;
	send_element(stream, "auth", stream->choice.mechanism->name, &message);
	stream->is_proven = true; /* the certificate is all the proof that PLAIN gives */
	buf_done(&message);
	buf_done(&password);
}

static void
begin_scram(struct stream *stream)
{
	struct buf bound = {0};
	struct buf message = {0};
	const struct sasl_choice *choice = &stream->choice;
	if (choice->flag == 'p' && tls_bind(stream->tls, choice->binding, &bound) < 0) {
		stream_end(stream, STREAM_AUTH_MECHANISM, NULL, "channel binding failed");
		return;
	}
	scram_begin(&stream->scram,
		    &(struct scram_start){
			    .hash = choice->mechanism->hash,
			    .user = stream->local,
			    .flag = choice->flag,
			    .binding = choice->binding_name,
			    .bound = &bound,
			    .max_iterations = stream->config.limits.max_iterations,
		    },
		    &message);
	stream->has_scram = true;
	send_element(stream, "auth", choice->mechanism->name, &message);
	buf_done(&message);
	buf_done(&bound);
}

void
login_begin(struct stream *stream, const struct stanza *features)
{
	struct sasl_channel channel = {
		.is_tls13 = strcmp(tls_version(stream->tls), "TLSv1.3") == 0,
	};
	for (int kind = 0; kind < SASL_BINDINGS; kind++)
		channel.can_bind[kind] =
			tls_can_bind(stream->tls, (enum tls_binding)kind);
	stream_set_phase(stream, STREAM_AUTHENTICATING);
	if (stream->state == STATE_DEAD || stream->state == STATE_CLOSING)
		return;
	if (stream->local == NULL ||
	    sasl_choose(features, &channel, &stream->choice) < 0) {
		char *offered = sasl_offered(features);
		stream_end(stream, STREAM_AUTH_MECHANISM, NULL, offered);
		free(offered);
		return;
	}
	stream->summary = arena_printf(&stream->arena, "%s %s %s %s",
				       tls_version(stream->tls), tls_cipher(stream->tls),
				       stream->choice.mechanism->name, stream->place);
	if (stream->choice.mechanism->is_plain)
		begin_plain(stream);
	else
		begin_scram(stream);
}

/* ------------------------------------------------------------------------- the challenge
 */

/* Answers with the proof from SALTED, which is kept for the owner's cache. */
static void
answer(struct stream *stream, const uint8_t *salted)
{
	struct buf message = {0};
	struct scram *scram = &stream->scram;
	if (scram_finish(scram, salted, &message) < 0) {
		stream_end(stream, STREAM_LOCAL, NULL, "SCRAM failed");
		return;
	}
	struct scram_cache *fresh = &stream->fresh;
	*fresh = (struct scram_cache){
		.is_set = true,
		.hash = scram->hash,
		.iterations = scram->iterations,
		.salt_len = scram->salt_len,
	};
	memcpy(fresh->salt, scram->salt, scram->salt_len);
	memcpy(fresh->salted, salted, scram_hash_len(scram->hash));
	send_element(stream, "response", NULL, &message);
	buf_done(&message);
}

static void
run_hash(uv_work_t *request)
{
	struct login_work *work = request->data;
	work->rc = scram_salt(work->hash, &work->password, work->salt, work->salt_len,
			      work->iterations, work->salted);
}

static void
on_hashed(uv_work_t *request, int status)
{
	struct login_work *work = request->data;
	struct stream *stream = work->stream;
	if (stream != NULL) {
		stream->work = NULL;
		/* In any other state the stream is closing: nothing to say any more. */
		if (stream->state == STATE_HASHING && (status < 0 || work->rc < 0))
			stream_end(stream, STREAM_LOCAL, NULL,
				   "the password hash failed");
		else if (stream->state == STATE_HASHING)
			answer(stream, work->salted);
	}
	work_free(work);
}

static void
start_hash(struct stream *stream)
{
	struct buf password;
	if (!ask_password(stream, &password))
		return;
	struct login_work *work = mem_alloc(sizeof(*work));
	work->request.data = work;
	work->stream = stream;
	work->password = password;
	work->hash = stream->scram.hash;
	work->iterations = stream->scram.iterations;
	work->salt_len = stream->scram.salt_len;
	memcpy(work->salt, stream->scram.salt, work->salt_len);
	stream->work = work;
	stream->state = STATE_HASHING;
	stream_limit(stream, 0); /* our own time; login_ms goes on */
	if (uv_queue_work(stream->net->loop, &work->request, run_hash, on_hashed) < 0)
		abort(); /* only without a function to run */
}

static bool
cache_fits(const struct scram_cache *cache, const struct scram *scram)
{
	return cache != NULL && cache->is_set && cache->hash == scram->hash &&
	       cache->iterations == scram->iterations &&
	       cache->salt_len == scram->salt_len &&
	       memcmp(cache->salt, scram->salt, scram->salt_len) == 0;
}

/* The text of a SASL element, decoded; "=" and nothing are both empty. -EINVAL. */
static int
read_text(const struct stanza *element, struct buf *out)
{
	const char *text = stanza_text(element);
	if (text == NULL || strcmp(text, "=") == 0)
		return 0;
	return b64_decode(out, text, strlen(text));
}

/* The server's signature as a challenge of its own (RFC 6120 §6.4.3 allows both). */
static void
check_signature(struct stream *stream, const struct buf *message)
{
	if (!scram_verify(&stream->scram, (const char *)message->data, message->len)) {
		stream_end(stream, STREAM_SERVER_PROOF, NULL, NULL);
		return;
	}
	stream->is_proven = true;
	send_element(stream, "response", NULL, NULL);
}

void
login_challenge(struct stream *stream, const struct stanza *challenge)
{
	struct buf message = {0};
	int rc = -EPROTO;
	bool is_first = stream->scram.server_first.len == 0;
	if (read_text(challenge, &message) < 0 || message.len == 0 ||
	    !stream->has_scram || stream->is_proven) {
		buf_done(&message);
		stream_end(stream, STREAM_SERVER_PROOF, NULL, NULL);
		return;
	}
	if (is_first)
		rc = scram_challenge(&stream->scram, (const char *)message.data,
				     message.len);
	else
		check_signature(stream, &message);
	buf_done(&message);
	if (!is_first)
		return;
	if (rc < 0) {
		stream_end(stream, rc == -ERANGE ? STREAM_AUTH_WEAK : STREAM_SERVER_PROOF,
			   NULL, NULL);
		return;
	}
	stream->is_from_cache = cache_fits(stream->config.cache, &stream->scram);
	if (stream->is_from_cache)
		answer(stream, stream->config.cache->salted);
	else
		start_hash(stream);
}

/* ------------------------------------------------------------------------- the outcome
 */

void
login_success(struct stream *stream, const struct stanza *success)
{
	struct buf message = {0};
	bool is_readable = read_text(success, &message) == 0;
	if (is_readable && !stream->is_proven && stream->has_scram && message.len > 0)
		stream->is_proven = scram_verify(&stream->scram,
						 (const char *)message.data, message.len);
	buf_done(&message);
	if (!is_readable || !stream->is_proven) {
		stream_end(stream, STREAM_SERVER_PROOF, NULL, NULL);
		return;
	}
	if (stream->config.cache != NULL && stream->fresh.is_set)
		*stream->config.cache = stream->fresh;
	login_done(stream);
	negotiate_authenticated(stream);
}

void
login_failure(struct stream *stream, const struct stanza *failure)
{
	const struct stanza *child = stanza_child(failure, NULL, NS_SASL);
	while (child != NULL && stanza_is(child, "text", NS_SASL))
		child = stanza_next(child, NULL, NS_SASL);
	const char *condition =
		child != NULL ? stanza_name(child) : "undefined-condition";
	const char *text = stanza_child_text(failure, "text", NS_SASL);
	if (strcmp(condition, "temporary-auth-failure") == 0) {
		stream_end(stream, STREAM_AUTH_TEMPORARY, condition, text);
		return;
	}
	if (stream->config.cache != NULL)
		mem_wipe(stream->config.cache, sizeof(*stream->config.cache));
	stream_end(stream, STREAM_AUTH_FAILED, condition, text);
}

void
login_done(struct stream *stream)
{
	if (stream->work != NULL) {
		stream->work->stream = NULL;
		(void)uv_cancel((uv_req_t *)&stream->work->request);
	}
	stream->work = NULL;
	if (stream->has_scram)
		scram_done(&stream->scram);
	stream->has_scram = false;
	mem_wipe(&stream->fresh, sizeof(stream->fresh));
}
