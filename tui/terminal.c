/*
 * Raw bytes are read when poll says so, one read a turn, so nothing blocks although the
 * descriptor stays as the shell gave it. A crash gives the terminal back too
 * (screen_rescue from the signal handler, which needs the one static pointer here).
 */
#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "widgets/keys.h"
#include "widgets/screen.h"

struct terminal {
	struct terminal_hooks hooks;
	void *data;
	struct screen *screen;
	struct keys *keys;
	uv_loop_t *loop;
	uv_poll_t input, output;
	uv_timer_t key_timer;
	uv_signal_t resized;
	bool has_output; /* the output handle is in use */
	bool is_gone;
	bool is_escape_key;
	int open_handles;
};

/* For the handler of deadly signals alone: a handler has no other way to the screen. */
static struct screen *rescued;

static void
on_deadly(int number)
{
	struct screen *screen = rescued;

	if (screen)
		screen_rescue(screen);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void
watch_deadly(struct screen *screen)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_handler = screen ? on_deadly : SIG_DFL,
				   .sa_flags = SA_NODEFER};

	rescued = screen;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		(void)sigaction(numbers[i], &action, NULL);
}

static void
tell_gone(struct terminal *terminal)
{
	if (terminal->is_gone)
		return;
	terminal->is_gone = true;
	(void)uv_poll_stop(&terminal->input);
	if (terminal->has_output)
		(void)uv_poll_stop(&terminal->output);
	terminal->hooks.on_gone(terminal->data);
}

static void on_key_timer(uv_timer_t *timer);

static void
drain(struct terminal *terminal)
{
	struct keys_event event;

	while (keys_next(terminal->keys, &event))
		terminal->hooks.on_key(terminal->data, &event);
	unsigned wait = keys_wait_ms(terminal->keys);
	if (wait > 0)
		(void)uv_timer_start(&terminal->key_timer, on_key_timer, wait, 0);
	else
		(void)uv_timer_stop(&terminal->key_timer);
}

static void
on_key_timer(uv_timer_t *timer)
{
	struct terminal *terminal = timer->data;

	keys_timeout(terminal->keys);
	drain(terminal);
}

static void
on_input(uv_poll_t *poll, int status, int events)
{
	struct terminal *terminal = poll->data;
	char bytes[4096];

	if (status < 0) {
		tell_gone(terminal);
		return;
	}
	if (!(events & (UV_READABLE | UV_DISCONNECT)))
		return;
	ssize_t len = read(STDIN_FILENO, bytes, sizeof bytes);
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0) {
		tell_gone(terminal);
		return;
	}
	keys_feed(terminal->keys, bytes, (size_t)len, uv_now(terminal->loop));
	drain(terminal);
}

static void
on_output(uv_poll_t *poll, int status, int events)
{
	struct terminal *terminal = poll->data;

	(void)status;
	(void)events;
	(void)uv_poll_stop(poll);
	terminal_flush(terminal);
}

static void
on_resized(uv_signal_t *handle, int number)
{
	struct terminal *terminal = handle->data;

	(void)number;
	if (screen_resize(terminal->screen))
		terminal->hooks.on_resize(terminal->data);
}

/* libuv makes what it polls non-blocking, which would reach the shell that shares the
 * descriptor and outlive us there: so its flags stay as they were. */
static int
poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	int result = uv_poll_init(loop, poll, fd);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags);
	return result;
}

static void
start_handles(struct terminal *terminal)
{
	uv_loop_t *loop = terminal->loop;

	(void)uv_timer_init(loop, &terminal->key_timer);
	terminal->key_timer.data = terminal;
	(void)uv_signal_init(loop, &terminal->resized);
	terminal->resized.data = terminal;
	(void)uv_signal_start(&terminal->resized, on_resized, SIGWINCH);
	(void)poll_init(loop, &terminal->input, STDIN_FILENO);
	terminal->input.data = terminal;
	(void)uv_poll_start(&terminal->input, UV_READABLE | UV_DISCONNECT, on_input);
	int fd = screen_output_fd(terminal->screen);
	terminal->has_output =
		fd != STDIN_FILENO && poll_init(loop, &terminal->output, fd) == 0;
	terminal->output.data = terminal;
	terminal->open_handles = terminal->has_output ? 4 : 3;
}

int
terminal_open(uv_loop_t *loop, const struct theme *theme,
	      const struct terminal_hooks *hooks, void *data,
	      struct terminal **ret_terminal, char **ret_error)
{
	struct screen *screen;
	int result = screen_start(STDIN_FILENO, STDOUT_FILENO, getenv("TERM"), theme,
				  &screen, ret_error);

	if (result < 0)
		return result;
	struct terminal *terminal = mem_alloc(sizeof *terminal);
	terminal->hooks = *hooks;
	terminal->data = data;
	terminal->loop = loop;
	terminal->screen = screen;
	terminal->keys = keys_new();
	start_handles(terminal);
	watch_deadly(screen);
	*ret_terminal = terminal;
	return 0;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct terminal *terminal = handle->data;

	if (--terminal->open_handles > 0)
		return;
	free(terminal);
}

void
terminal_close(struct terminal *terminal)
{
	if (!terminal)
		return;
	watch_deadly(NULL);
	screen_stop(terminal->screen);
	terminal->screen = NULL;
	keys_free(terminal->keys);
	terminal->keys = NULL;
	uv_close((uv_handle_t *)&terminal->key_timer, on_handle_closed);
	uv_close((uv_handle_t *)&terminal->resized, on_handle_closed);
	uv_close((uv_handle_t *)&terminal->input, on_handle_closed);
	if (terminal->has_output)
		uv_close((uv_handle_t *)&terminal->output, on_handle_closed);
}

struct screen *
terminal_screen(struct terminal *terminal)
{
	return terminal->screen;
}

void
terminal_flush(struct terminal *terminal)
{
	if (terminal->is_gone)
		return;
	int result = screen_flush(terminal->screen);
	if (result == -EAGAIN && terminal->has_output)
		(void)uv_poll_start(&terminal->output, UV_WRITABLE, on_output);
	else if (result < 0 && result != -EAGAIN)
		tell_gone(terminal);
}

void
terminal_set_escape_key(struct terminal *terminal, bool is_key)
{
	if (terminal->is_escape_key == is_key)
		return;
	terminal->is_escape_key = is_key;
	keys_set_escape(terminal->keys, is_key ? KEYS_ESCAPE_KEY : KEYS_ESCAPE_PREFIX);
}

bool
terminal_has_prefix(const struct terminal *terminal)
{
	return keys_has_prefix(terminal->keys);
}

void
terminal_suspend(struct terminal *terminal)
{
	screen_suspend(terminal->screen);
	(void)kill(0, SIGTSTP);
	screen_resume(terminal->screen);
	(void)screen_resize(terminal->screen);
	terminal->hooks.on_resize(terminal->data);
}
