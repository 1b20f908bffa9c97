/*
 * The run of ctl.h. Calls wait for their answer by turning the loop here, never inside a
 * callback.
 */
#include "bridge/ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/secret.h"
#include "bridge/daemon.h"

enum {
	CONNECT_MS = 10000,
	AGAIN_TRIES = 400, /* 20 s */
	AGAIN_MS = 50,
	TRIES = 3,
	INPUT_MAX = 1024 * 1024,
};

/* ---- words ----------------------------------------------------------------------- */

int
ctl_complain(int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = mem_vprintf(format, args);
	va_end(args);
	char *clean = clean_text(text, CLEAN_LINE, 4096);
	(void)fprintf(stderr, "ternctl: %s\n", clean);
	free(clean);
	free(text);
	return code;
}

void
ctl_put(struct ctl *ctl, struct buf *out)
{
	if (out->len &&
	    (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0))
		ctl->has_output_failed = true;
	buf_clear(out);
}

void
ctl_put_json(struct ctl *ctl, const struct bridge_record_row *row, const void *record,
	     const char *key, const char *value)
{
	struct buf out = {0};
	print_json(&out, row, record, key, value);
	ctl_put(ctl, &out);
	buf_done(&out);
}

int
ctl_put_rows(struct ctl *ctl, const struct bridge_record_row *row, const void *records,
	     size_t count, ctl_add *add)
{
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) {
		const void *record = (const char *)records + i * row->size;
		if (ctl->command->is_json)
			print_json(&out, row, record, NULL, NULL);
		else
			add(&out, record);
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
ctl_password(const struct ctl_command *command, enum ctl_option option,
	     const char *prompt, struct buf *out)
{
	const char *path = command->values[option];
	char *problem = NULL;
	out->is_secret = true;
	if (path && secret_read(path, out, &problem) < 0) {
		(void)ctl_complain(CTL_USAGE, "%s", problem);
		free(problem);
		return CTL_USAGE;
	}
	if (path)
		return CTL_OK;
	if (!secret_can_ask())
		return ctl_complain(
			CTL_USAGE, "Without a terminal the password has to come by --%s.",
			ctl_options[option].name);
	if (secret_ask(prompt, out) < 0)
		return ctl_complain(CTL_USAGE, "There was no password.");
	return CTL_OK;
}

int
ctl_room_password(const struct ctl_command *command, struct buf *out,
		  const char **ret_password)
{
	int code = CTL_OK;
	if (command->values[CTL_PASSWORD_FILE])
		code = ctl_password(command, CTL_PASSWORD_FILE, "", out);
	if (code == CTL_OK)
		*ret_password =
			out->len ? (const char *)out->data : command->link_password;
	return code;
}

int
ctl_read_input(struct buf *out)
{
	for (;;) {
		ssize_t count = read(0, buf_room(out, 4096), 4096);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return ctl_complain(CTL_USAGE,
					    "Standard input cannot be read: %s.",
					    strerror(errno));
		if (count == 0)
			break;
		out->len += (size_t)count;
		if (out->len > INPUT_MAX)
			return ctl_complain(CTL_USAGE, "Standard input is over 1 MiB.");
	}
	buf_add(out, "", 0);
	const char *text = (const char *)out->data;
	if (memchr(text, 0, out->len) || !utf8_is_valid(text, out->len))
		return ctl_complain(CTL_USAGE, "Standard input is no text in UTF-8.");
	return CTL_OK;
}

/* ---- the connection -------------------------------------------------------------- */

static void
on_hello(void *data, const char *problem, const struct bridge_hello_result *result)
{
	struct ctl *ctl = data;
	ctl->has_hello = true;
	ctl->hello_code = CTL_OK;
	if (problem && !ctl->is_closed)
		(void)ctl_complain(CTL_BRIDGE, "%s", problem);
	if (!result)
		ctl->hello_code = CTL_BRIDGE;
}

static void
on_event(void *data, enum bridge_event event, const void *record)
{
	struct ctl *ctl = data;
	if (ctl->on_event)
		ctl->on_event(ctl, event, record);
}

static void
on_closed(void *data, const char *problem)
{
	struct ctl *ctl = data;
	(void)problem;
	ctl->is_closed = true;
}

static void
on_patience_over(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Waits for the daemon's hello, for a while: it may hang. */
static int
wait_hello(struct ctl *ctl)
{
	uv_timer_t patience;
	bool is_over = false;
	(void)uv_timer_init(&ctl->loop, &patience);
	patience.data = &is_over;
	(void)uv_timer_start(&patience, on_patience_over, CONNECT_MS, 0);
	while (!ctl->has_hello && !ctl->is_closed && !is_over)
		(void)uv_run(&ctl->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&patience, NULL);
	/* The handle is on the stack: its closing has to end before we do. */
	(void)uv_run(&ctl->loop, UV_RUN_NOWAIT);
	if (is_over && !ctl->has_hello)
		return ctl_complain(CTL_NO_BACKEND, "The daemon does not answer.");
	return ctl_wait(ctl, &ctl->has_hello);
}

/* Says hello over the connected FD. 0, or an exit code; a sentence was printed. */
static int
greet(struct ctl *ctl, int fd)
{
	static const struct client_hooks hooks = {
		.on_hello = on_hello,
		.on_event = on_event,
		.on_closed = on_closed,
	};
	(void)uv_loop_init(&ctl->loop);
	ctl->client = client_new(&ctl->loop, fd, "ternctl", &hooks, ctl);
	if (!ctl->client)
		return ctl_complain(CTL_BRIDGE, "The connection cannot be used: %s.",
				    strerror(errno));
	int code = wait_hello(ctl);
	return code ? code : ctl->hello_code;
}

int
ctl_open(struct ctl *ctl)
{
	struct daemon_place place;
	bool is_shy = ctl->command->verb->is_shy;
	int fd = daemon_connect(!is_shy, CONNECT_MS, &place);
	if (fd < 0 && is_shy && place.state != DAEMON_UNREADABLE)
		return CTL_NO_BACKEND;
	if (fd < 0)
		return ctl_complain(CTL_NO_BACKEND, "%s", place.problem);
	return greet(ctl, fd);
}

int
ctl_open_again(struct ctl *ctl)
{
	struct daemon_place place = {0};
	int fd = -1;
	ctl_close(ctl);
	/* While it restarts, a daemon holds its lock and does not say where it is. */
	for (int i = 0; fd < 0 && i < AGAIN_TRIES; i++) {
		if (i > 0)
			(void)nanosleep(
				&(struct timespec){.tv_nsec = AGAIN_MS * 1000000L}, NULL);
		fd = daemon_connect(false, CONNECT_MS, &place);
		if (place.state != DAEMON_UNREADABLE || place.pid)
			break;
	}
	if (fd < 0)
		return ctl_complain(CTL_BRIDGE,
				    "The daemon ended, or the connection to it broke.");
	ctl->is_closed = false;
	ctl->has_hello = false;
	return greet(ctl, fd);
}

void
ctl_close(struct ctl *ctl)
{
	if (!ctl->client)
		return;
	ctl->is_closed = true;
	client_free(ctl->client);
	ctl->client = NULL;
	(void)uv_run(&ctl->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&ctl->loop);
}

int
ctl_wait(struct ctl *ctl, const bool *is_done)
{
	while (!*is_done && !ctl->is_closed)
		(void)uv_run(&ctl->loop, UV_RUN_ONCE);
	if (*is_done)
		return CTL_OK;
	return ctl_complain(CTL_BRIDGE,
			    "The daemon ended, or the connection to it broke.");
}

/* ---- calls ----------------------------------------------------------------------- */

struct waiting {
	struct ctl *ctl;
	ctl_take *take;
	void *data;
	bool is_done;
	int code;
	int error; /* enum bridge_error; -1 for none or unknown */
	char *message;
};

static int
exit_code_of(int error)
{
	return error == ERROR_LOCKED	     ? CTL_LOCKED
	       : error == ERROR_BACKEND_GONE ? CTL_BRIDGE
					     : CTL_REFUSED;
}

static void
on_answer(void *data, const struct bridge_failure *failure, const void *result)
{
	struct waiting *waiting = data;
	waiting->is_done = true;
	if (failure) {
		waiting->error = bridge_error_named(failure->code);
		waiting->message = mem_strdup(failure->message);
		waiting->code = exit_code_of(waiting->error);
	} else {
		waiting->code =
			waiting->take ? waiting->take(waiting->ctl, result, waiting->data)
				      : CTL_OK;
	}
}

/* One call: its answer is in WAITING afterwards. */
static void
call_once(struct waiting *waiting, enum bridge_method method, const void *params)
{
	free(waiting->message);
	waiting->message = NULL;
	waiting->error = -1;
	waiting->is_done = false;
	peer_call(client_peer(waiting->ctl->client), method, params, 0, on_answer,
		  waiting);
	/* The answer always comes: when the connection ends, as BACKEND_GONE. */
	while (!waiting->is_done)
		(void)uv_run(&waiting->ctl->loop, UV_RUN_ONCE);
}

/* Reads the profile password for the next try; false when there is none to be had. */
static bool
next_password(struct ctl *ctl, const char *profile, int try, struct buf *out)
{
	bool has_file = ctl->command->values[CTL_PROFILE_PASSWORD_FILE] != NULL;
	if (try >= (has_file ? 1 : TRIES) || (!has_file && !secret_can_ask()))
		return false;
	char *clean = clean_text(profile, CLEAN_LINE, 256);
	bool is_default = strcmp(profile, "@DEFAULT@") == 0;
	char *prompt = mem_printf("Profile password%s%s: ", is_default ? "" : " of ",
				  is_default ? "" : clean);
	int code = ctl_password(ctl->command, CTL_PROFILE_PASSWORD_FILE, prompt, out);
	free(prompt);
	free(clean);
	return code == CTL_OK && out->len > 0;
}

/* Unlocks PROFILE: 0, or an exit code; a sentence was printed. */
static int
unlock(struct ctl *ctl, const char *profile, const char *locked_message)
{
	struct waiting waiting = {.ctl = ctl};
	int code = CTL_LOCKED;
	for (int try = 0; code == CTL_LOCKED; try++) {
		struct buf password = {.is_secret = true};
		if (!next_password(ctl, profile, try, &password)) {
			buf_done(&password);
			if (try == 0)
				(void)ctl_complain(CTL_LOCKED, "%s", locked_message);
			break;
		}
		struct bridge_profile_unlock_params params = {
			.profile = profile,
			.password = (const char *)password.data,
		};
		call_once(&waiting, METHOD_profile_unlock, &params);
		buf_done(&password);
		bool is_wrong = waiting.error == ERROR_WRONG_PASSWORD;
		code = is_wrong ? CTL_LOCKED : waiting.code;
		if (waiting.message)
			(void)ctl_complain(code, "%s", waiting.message);
	}
	free(waiting.message);
	return code;
}

/* The profile that PARAMS name, if they do. */
static const char *
profile_of(enum bridge_method method, const void *params)
{
	const struct bridge_record_row *row = bridge_methods[method].params;
	for (int i = 0; i < row->field_count; i++) {
		if (strcmp(row->fields[i].name, "profile") == 0)
			return *(
				const char *const *)(const void *)((const char *)params +
								   row->fields[i].offset);
	}
	return NULL;
}

int
ctl_call(struct ctl *ctl, enum bridge_method method, const void *params, ctl_take *take,
	 void *data)
{
	struct waiting waiting = {.ctl = ctl, .take = take, .data = data};
	call_once(&waiting, method, params);
	if (waiting.error == ERROR_LOCKED && profile_of(method, params)) {
		int code = unlock(ctl, profile_of(method, params), waiting.message);
		if (code != CTL_OK) {
			free(waiting.message);
			return code;
		}
		call_once(&waiting, method, params);
	}
	if (waiting.message)
		(void)ctl_complain(waiting.code, "%s", waiting.message);
	free(waiting.message);
	return waiting.code;
}
