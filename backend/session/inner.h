/*
 * The inside of a profile, for the files of this folder only; modules use profile.h.
 */
#ifndef TERN_SESSION_INNER_H
#define TERN_SESSION_INNER_H

#include <uv.h>

#include "backend/session/link.h"
#include "backend/session/module.h"
#include "backend/session/options.h"
#include "backend/session/outbox.h"
#include "backend/session/profile.h"
#include "backend/session/pulse.h"
#include "backend/session/sm.h"
#include "backend/session/watch.h"
#include "backend/store/profile_dir.h"
#include "backend/vault/secret.h"

struct ask;
struct opening;
struct vault;
struct vault_job;

/* Setting: this account was online once, so its address is not mistyped. */
#define SETTING_PROVEN "account.proven"

enum profile_phase {
	PROFILE_OPENING, /* folder, vault and store are being opened */
	PROFILE_LOCKED,	 /* open, but the vault waits for its password */
	PROFILE_READY,
	PROFILE_CLOSING,
};

struct profile {
	struct profile *next, *prev; /* in the process's list */
	struct process *process;
	char *name; /* NFC */
	char *twin; /* the same in NFD, or NULL where that is the same */
	enum profile_phase phase;
	struct opening *opening;       /* while opening */
	struct serve_request *waiting; /* requests that came while opening (utlist) */

	struct profile_dir dir;
	struct vault *vault;
	struct vault_job *vault_jobs; /* one runs, the others wait (utlist) */
	struct store *store;
	struct jid account; /* bare */
	char *resource;
	struct secret scram; /* a struct scram_cache in locked memory */
	struct options options;
	void *states[MODULE_COUNT];
	bool has_modules; /* their start hooks ran */

	struct link link;
	struct pulse pulse;
	struct watch watch;
	struct sm sm;
	bool has_session; /* the modules were told of a connection, not of its end */
	struct ask *asks; /* open iqs by id (uthash) */
	uv_timer_t ask_timer;
	struct outbox {
		bool is_pumping;
		bool is_held; /* open lines of the last session come first */
	} outbox;
	size_t arrivals;	/* stanzas that wait for their job */
	size_t arrival_bytes;	/* and their size on the wire */
	uint64_t seen_bytes;	/* of this stream, counted in arrival_bytes or done */
	uint64_t notices_since; /* loop time; about stanzas too large */
	unsigned notices;	/* of these since then */
	bool is_read_paused;
	int job_error;			 /* noted by profile_check in the running job */
	bool is_status_due;		 /* the router has to be told after the commit */
	struct due_badge *due_badges;	 /* that changed in this batch (uthash) */
	struct bridge_profile_info told; /* what it was told last: unread and requests */
	int handles;			 /* uv handles that are not closed yet */
	bool is_deleting;
	bool is_reopening;	/* its end is for another beginning */
	uint64_t reopen_before; /* loop time; not for damage met earlier than that */
	bool is_ending;		/* nothing on the pool is waited for any more */
	struct serve_request *close_request; /* answered when closed */
};

/* ---- opening.c ---- */

/* Opens the profile NAME with the vault's master KEY (NULL or empty: none), for REQUEST,
 * which is answered when it is ready or locked. */
void profile_open(struct process *process, const char *name, const struct bridge_bin *key,
		  struct serve_request *request);

/* Creates a profile as REQUEST (profile.create) asks, opens it, and answers. */
void profile_create(struct process *process, struct serve_request *request);

/* What a caller is told for a negative errno of folder, vault or store. */
enum bridge_error opening_error(int result);

/* ---- profile.c ---- */

/* Tells the router that the profile NAME is no more. */
void profile_tell_gone(struct process *process, const char *name);

/* Logs out, closes everything and forgets the profile; IS_DELETING: its folder as well.
 * REQUEST (may be NULL) is answered at the end. */
void profile_close(struct profile *profile, bool is_deleting,
		   struct serve_request *request);

/* Damage was met in the database: closes the profile, without a goodbye to its server,
 * for the router to have it opened again, which repairs what it can. */
void profile_reopen(struct profile *profile);

/* Goes on with the closing of a CLOSING profile if neither its opening nor work on its
 * vault is under way; else it is called again at the end of these. */
void profile_close_further(struct profile *profile);

/* The vault was unlocked: READY from now on; the router keeps the key, the link starts.
 */
void profile_unlocked(struct profile *profile);

/* Hands the master key to the router, for this process's successor. */
void profile_keep_key(struct profile *profile);

/* Forgets the master key and logs out. LOCKED from now on; not while a vault job runs. */
void profile_lock_now(struct profile *profile);

/* Fills the router's view of it; strings are borrowed. */
void profile_fill_info(struct profile *profile, struct bridge_profile_info *ret_info,
		       struct bridge_link *ret_link);

/* Tells the router what it should know now. */
void profile_tell_status(struct profile *profile);

/* Adds or gives back a uv handle of the profile; the last one frees a closed profile. */
void profile_hold(struct profile *profile);
void profile_release(struct profile *profile);

/* ---- ask.c ---- */

/* The row level (struct module_ask) of the open iq of ours that has ID and was sent to
 * FROM; 0 if there is none. */
int ask_row_level(struct profile *profile, const char *id, const char *from);

/* Gives an answer to whoever asked. Inside a job. Unasked ones are dropped. */
void ask_answer(struct profile *profile, const struct stanza *iq, bool is_last);

/* Answers every open question with NULL, in a job. */
void ask_fail_all(struct profile *profile);

/* Takes up the lasting questions of the session that another process began. */
void ask_recall(struct profile *profile);

/* Every open question gets its whole time again: the session was resumed. */
void ask_renew(struct profile *profile);

/* Answers every open question with NULL, at once: the store is closed. */
void ask_done(struct profile *profile);

/* ---- road.c ---- */

/* A stanza came from the stream (shared; NULL: one that was skipped): into a job,
 * through the modules. IS_LAST: it is no part before the last of a large result.
 * IS_COUNTED: the server counts it (XEP-0198). */
void road_arrive(struct profile *profile, const struct stanza *stanza, bool is_last,
		 bool is_counted);

/* A stanza over the caps was skipped: say so where it belongs. */
void road_too_large(struct profile *profile, const char *kind, const char *from);

/* The same for an iq get or set, whose sender waits for an answer. */
void road_refuse_large(struct profile *profile, const char *id, const char *from);

/* COUNT rows of an answer to us were too large and are missing. */
void road_rows_dropped(struct profile *profile, unsigned count);

/* Stops or starts reading the socket, by what waits here and at the router. */
void road_look_at_pressure(struct profile *profile);

/* Runs every module's on_connect or on_disconnect in a job. */
void road_connected(struct profile *profile, bool is_resumed);
void road_disconnected(struct profile *profile);

/* ---- outbox.c ---- */

/* Sends queued lines, oldest first, if the stream is online; marks each as sent. */
void outbox_pump(struct profile *profile);

/* ---- speak.c ---- */

/* As profile_send, for a message that carries the line MESSAGE. Inside a job. */
void speak_line(struct profile *profile, struct stanza *take_stanza, int64_t message);

#endif
