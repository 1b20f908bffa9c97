/*
 * What a profile says: events and answers to the router, stanzas to the stream. Inside a
 * job each becomes an effect of the store, told in order after the commit, so nothing is
 * said that is not durable; outside it leaves at once.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream.h"
#include "backend/session/inner.h"
#include "backend/session/process.h"
#include "backend/store/store.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/scan.h"
#include "bridge/serve.h"

enum { WORDS_MAX = 300 }; /* bytes of what a server says itself */

/* Something to say, held until the commit. */
struct speech {
	struct profile *profile;
	bool is_stanza;
	bool is_answer; /* then ID is answered with STORAGE if the job is undone */
	uint32_t id;
	uint64_t stream; /* generation of the one that an uncounted stanza is for */
	int64_t number;	 /* of a stanza in the session (XEP-0198); 0: not counted */
	int64_t message; /* the line that a counted stanza carries, or 0 */
	struct buf bytes;
};

/* Gives a stanza to the stream. A counted one is kept: when the stream is not ready for
 * it, the next one that resumes the session takes it. */
static void
say_stanza(struct speech *speech)
{
	struct profile *profile = speech->profile;
	const struct sm *sm = &profile->sm;
	bool is_kept = speech->number && !sm->is_refused;
	bool is_ready = is_kept ? sm->is_flowing && speech->number > sm->out_sent
				: speech->stream == profile->link.generation;
	if (!is_ready || !profile_is_online(profile))
		return;
	int sent = stream_send(profile->link.stream, (const char *)speech->bytes.data,
			       speech->bytes.len);
	if (sent == 0) {
		if (is_kept)
			sm_said(profile, speech->number, speech->message != 0);
		pulse_said(profile);
		return;
	}
	log_warn("session", "stanza not sent error=%d bytes=%zu", sent,
		 speech->bytes.len);
	/* Those behind it must not overtake it. */
	if (speech->number)
		link_lose(profile, "Too much waits to be sent.");
}

static void
say(struct speech *speech, int status)
{
	struct profile *profile = speech->profile;
	struct peer *router = profile->process->router;
	if (status < 0 && speech->is_answer) {
		buf_clear(&speech->bytes);
		frame_failure(&speech->bytes, speech->id, ERROR_STORAGE,
			      store_sentence(status));
		status = 0;
	}
	if (status < 0)
		return;
	if (!speech->is_stanza) {
		if (router)
			peer_send_bytes(router, speech->bytes.data, speech->bytes.len,
					false);
		return;
	}
	say_stanza(speech);
}

static void
say_later(void *data, int status)
{
	struct speech *speech = data;
	struct profile *profile = speech->profile;
	say(speech, status);
	buf_done(&speech->bytes);
	free(speech);
	profile_release(profile);
}

/* Says SPEECH now or after the commit; its bytes are taken over. */
static void
hold_or_say(const struct speech *speech)
{
	struct profile *profile = speech->profile;
	if (profile->store && store_is_in_job(profile->store)) {
		struct speech *held = mem_alloc(sizeof *held);
		*held = *speech;
		profile_hold(profile);
		store_on_commit(profile->store, say_later, held);
		return;
	}
	struct speech now = *speech;
	say(&now, 0);
	buf_done(&now.bytes);
}

void
profile_emit(struct profile *profile, enum bridge_event event, const void *record)
{
	struct speech speech = {.profile = profile};
	frame_event(&speech.bytes, event, record);
	if (speech.bytes.len > SCAN_FRAME_MAX) {
		log_warn("session", "event too large name=%s bytes=%zu",
			 bridge_events[event].wire, speech.bytes.len);
		buf_done(&speech.bytes);
		return;
	}
	hold_or_say(&speech);
}

static void
decorate(struct profile *profile, struct stanza *stanza)
{
	if (stanza_is(stanza, "iq", NULL))
		return;
	for (int id = 0; id < MODULE_COUNT; id++) {
		if (modules[id]->on_outgoing)
			modules[id]->on_outgoing(profile, stanza);
	}
}

/* A counted stanza that is said outside of any job needs one of its own. */
static int
keep_job(struct store *store, void *data)
{
	struct speech *speech = data;
	struct profile *profile = speech->profile;
	(void)store;
	profile->job_error = 0;
	int64_t number = sm_keep(profile, speech->bytes.data, speech->bytes.len, 0);
	speech->number = number > 0 ? number : 0;
	return number < 0 ? (int)number : 0;
}

static void
keep_done(void *data, int status)
{
	struct speech *speech = data;
	struct profile *profile = speech->profile;
	if (status < 0 && status != -ESHUTDOWN)
		link_lose_storage(profile, status);
	say_later(data, status);
}

static void
send_counted(struct speech *speech)
{
	struct profile *profile = speech->profile;
	if (store_is_in_job(profile->store)) {
		int64_t number = sm_keep(profile, speech->bytes.data, speech->bytes.len,
					 speech->message);
		speech->number = number > 0 ? number : 0;
		if (number > 0)
			hold_or_say(speech);
		else
			buf_done(&speech->bytes);
		return;
	}
	struct speech *held = mem_alloc(sizeof *held);
	*held = *speech;
	profile_hold(profile);
	if (store_submit(profile->store, keep_job, keep_done, held) < 0)
		keep_done(held, -ESHUTDOWN);
}

void
speak_line(struct profile *profile, struct stanza *take_stanza, int64_t message)
{
	struct speech speech = {
		.profile = profile,
		.is_stanza = true,
		.stream = profile->link.generation,
		.message = message,
	};
	if (!profile->link.stream && !profile->sm.is_counting) {
		stanza_free(take_stanza);
		return;
	}
	decorate(profile, take_stanza);
	if (stanza_write(take_stanza, &speech.bytes, STANZA_SEND_MAX) < 0) {
		log_warn("session", "stanza too large name=%s", stanza_name(take_stanza));
		buf_done(&speech.bytes);
	} else if (profile->sm.is_counting) {
		send_counted(&speech);
	} else {
		hold_or_say(&speech);
	}
	stanza_free(take_stanza);
}

void
profile_send(struct profile *profile, struct stanza *take_stanza)
{
	speak_line(profile, take_stanza, 0);
}

void
profile_send_nonza(struct profile *profile, const char *xml, bool has_to_arrive)
{
	if (!profile_is_online(profile))
		return;
	(void)stream_send(profile->link.stream, xml, strlen(xml));
	if (has_to_arrive)
		pulse_said(profile);
}

void
profile_reply(struct profile *profile, struct serve_request *request, const void *result)
{
	struct speech speech = {
		.profile = profile,
		.is_answer = true,
		.id = request->id,
	};
	serve_result_to(request, result, &speech.bytes);
	/* The router would take it for a broken process. */
	if (speech.bytes.len > SCAN_FRAME_MAX) {
		log_warn("session", "answer too large bytes=%zu", speech.bytes.len);
		buf_clear(&speech.bytes);
		frame_failure(&speech.bytes, speech.id, ERROR_TOO_LARGE,
			      "The answer is too large; ask for less.");
	}
	hold_or_say(&speech);
}

void
profile_refuse(struct profile *profile, struct serve_request *request,
	       enum bridge_error error, const char *format, ...)
{
	struct speech speech = {
		.profile = profile,
		.is_answer = true,
		.id = request->id,
	};
	va_list args;
	va_start(args, format);
	char *sentence = mem_vprintf(format, args);
	va_end(args);
	serve_fail_to(request, error, &speech.bytes, "%s", sentence);
	free(sentence);
	hold_or_say(&speech);
}

void
profile_refuse_iq(struct profile *profile, struct serve_request *request,
		  const struct stanza *answer)
{
	struct stanza_error error;
	if (!answer) {
		profile_refuse(profile, request, ERROR_TIMEOUT,
			       "The server did not answer; try again when the profile is "
			       "online.");
		return;
	}
	if (stanza_read_error(answer, &error) < 0)
		error = (struct stanza_error){.condition = "undefined-condition"};
	char *words = clean_text(error.text, CLEAN_LINE, WORDS_MAX);
	size_t len = strlen(words);
	while (len > 0 && words[len - 1] == '.')
		words[--len] = '\0';
	profile_refuse(profile, request, ERROR_SERVER_REFUSED,
		       "The server refused: %s%s%s.", error.condition, len ? ", " : "",
		       words);
	free(words);
}

static void
status_committed(void *data, int status)
{
	struct profile *profile = data;
	(void)status;
	if (profile->is_status_due)
		profile_tell_status(profile);
	profile_release(profile);
}

void
profile_status_changed(struct profile *profile)
{
	if (profile->is_status_due)
		return;
	profile->is_status_due = true;
	if (!profile->store || !store_is_in_job(profile->store)) {
		profile_tell_status(profile);
		return;
	}
	profile_hold(profile);
	store_on_commit(profile->store, status_committed, profile);
}
