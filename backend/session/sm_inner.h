/*
 * What the files of stream management share: work in jobs that nobody answers, and the
 * counts of the wire. sm.c counts and acknowledges, sm_resume.c begins and resumes.
 */
#ifndef TERN_SESSION_SM_INNER_H
#define TERN_SESSION_SM_INNER_H

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct stanza;

/* The counts on the wire go modulo this. */
#define SM_WRAP (INT64_C(1) << 32)

/* Work in a job that nobody answers. */
struct chore {
	struct profile *profile;
	uint64_t stream; /* the generation of the stream it belongs to */
	int (*run)(struct profile *profile, struct chore *chore);   /* may be NULL */
	void (*then)(struct profile *profile, struct chore *chore); /* durable; or NULL */
	int64_t number;
	char *text;
};

/* ---- sm_chore.c ---- */

/* Runs a copy of CHORE in a job; its text is taken over. */
void sm_submit(struct profile *profile, const struct chore *chore);

/* Whether the stream GENERATION is the present one. */
bool sm_is_current(const struct profile *profile, uint64_t generation);

/* Says XML on the present stream, if there is one. */
void sm_send_nonza(struct profile *profile, const char *xml);

/* Milliseconds of CLOCK_BOOTTIME. */
int64_t sm_boot_ms(void);

/* ---- sm.c ---- */

/* The wide count of which H is the wire's. -EINVAL if it is above LAST or no number;
 * -ERANGE if it is below ACKED. */
int sm_widen(const char *h, int64_t acked, int64_t last, int64_t *ret_count);

/* Inside a job: what we said up to NUMBER arrived. 0 or a negative errno. */
int sm_take_acked(struct profile *profile, int64_t number);

/* The server claims H where LAST is what it can have: the session is given up, and the
 * stream ends with the error that XEP-0198 section 4 has for it. */
void sm_refuse_count(struct profile *profile, const char *h, int64_t last);

/* The session is over, for the reason WHY (for the log). */
void sm_discard(struct profile *profile, const char *why);

/* Inside a job: nothing of the session is kept. For struct chore. */
int sm_forget_chore(struct profile *profile, struct chore *chore);

/* ---- sm_resume.c ---- */

/* The nonzas that begin and resume sessions. */
void sm_on_enabled(struct profile *profile, const struct stanza *stanza);
void sm_on_resumed(struct profile *profile, const struct stanza *stanza);
void sm_on_failed(struct profile *profile, const struct stanza *stanza);

/* An answer came after <enable/> or a resume, or none will come. */
void sm_heard(struct profile *profile);

#endif
