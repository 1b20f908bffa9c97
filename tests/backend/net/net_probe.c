/*
 * A stream by hand, for the tests in Python: options say what to open, the first line of
 * standard input is the password, each later one is a command (/close, /drop, /open,
 * /pause, /resume, /bind, /resumed, /fail CONDITION, /count, /quit) or XML to send. Every
 * event is a line on standard output. Without --stay it ends with the stream.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "backend/net/net.h"
#include "backend/net/scram.h"
#include "backend/net/stream.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/parser.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/buf.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

struct probe {
	uv_loop_t loop;
	uv_pipe_t input;
	struct net *net;
	struct net_options options;
	struct stream_config config;
	struct jid account;
	struct scram_cache cache;
	struct stream *stream;
	struct buf lines;
	char *password;
	bool stays;
	bool waits; /* --wait: the owner resumes */
	size_t rows;
};

static void
say(const char *word, char *take_text)
{
	printf("%s ", word);
	for (const char *p = take_text; *p != '\0'; p++) {
		if (*p == '\n')
			fputs("\\n", stdout);
		else
			putchar(*p);
	}
	putchar('\n');
	(void)fflush(stdout);
	free(take_text);
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static void
on_phase(void *data, enum stream_phase phase)
{
	(void)data;
	say("phase", mem_strdup(stream_phase_name(phase)));
}

static bool
on_password(void *data, struct buf *secret)
{
	struct probe *probe = data;
	say("password", mem_strdup("asked"));
	if (probe->password == NULL || probe->password[0] == '\0')
		return false;
	buf_add_text(secret, probe->password);
	return true;
}

static enum stream_next
before_bind(void *data, const struct stream_features *features)
{
	struct probe *probe = data;
	(void)features;
	if (!probe->waits)
		return STREAM_DO_BIND;
	say("waiting", mem_strdup("bind-or-resume"));
	return STREAM_WAIT;
}

static void
on_online(void *data, const struct jid *full, const struct stream_features *features)
{
	struct probe *probe = data;
	say("online", mem_printf("%s%s%s%s max=%u", full->full,
				 features->has_roster_versions ? " rosterver" : "",
				 features->has_sm ? " sm" : "",
				 features->has_csi ? " csi" : "", features->max_bytes));
	say("summary", mem_strdup(stream_summary(probe->stream)));
}

static void
on_stanza(void *data, const struct stanza *stanza)
{
	(void)data;
	char *text = stanza_print(stanza);
	if (strlen(text) > 4000)
		text[4000] = '\0';
	say("stanza", text);
}

static int
batch_level(void *data, const char *id, const char *from)
{
	(void)data;
	(void)from;
	if (strncmp(id, "batch1", 6) == 0)
		return 1;
	return strncmp(id, "batch2", 6) == 0 ? 2 : 0;
}

static void
on_batch(void *data, const struct parser_batch *batch)
{
	struct probe *probe = data;
	if (batch->is_first)
		probe->rows = 0;
	const struct stanza *payload = stanza_payload(batch->stanza);
	probe->rows += stanza_count(payload, NULL, NULL);
	if (batch->is_last)
		say("batch", mem_printf("rows=%zu cut=%d dropped=%u", probe->rows,
					batch->is_cut, batch->dropped));
}

static void
on_too_large(void *data, const struct parser_skipped *skipped)
{
	static const char *const caps[] = {"size", "depth", "attributes", "children"};
	(void)data;
	say("too-large",
	    mem_printf("%s from=%s id=%s cap=%s", or_dash(skipped->name),
		       or_dash(skipped->from), or_dash(skipped->id), caps[skipped->cap]));
}

static void
on_drained(void *data)
{
	(void)data;
	say("drained", mem_strdup(""));
}

static void
finish(struct probe *probe)
{
	if (!uv_is_closing((uv_handle_t *)&probe->input))
		uv_close((uv_handle_t *)&probe->input, NULL);
	net_free(probe->net);
	probe->net = NULL;
}

static void
on_closed(void *data, const struct stream_error *error)
{
	struct probe *probe = data;
	probe->stream = NULL;
	say("closed", mem_printf("fault=%s retry=%d step=%s condition=%s text=[%s] %s",
				 fault_name(error->fault), error->may_retry,
				 stream_phase_name((enum stream_phase)error->step),
				 error->condition[0] != '\0' ? error->condition : "-",
				 error->text, error->sentence));
	if (!probe->stays)
		finish(probe);
}

static const struct stream_events events = {
	.phase = on_phase,
	.password = on_password,
	.before_bind = before_bind,
	.online = on_online,
	.stanza = on_stanza,
	.batch_level = batch_level,
	.batch = on_batch,
	.too_large = on_too_large,
	.drained = on_drained,
	.closed = on_closed,
};

static void
count(struct probe *probe)
{
	struct stream_counters now = stream_count(probe->stream);
	say("count",
	    mem_printf("in=%llu out=%llu xml-in=%llu xml-out=%llu stanzas=%llu "
		       "queued=%zu",
		       (unsigned long long)now.bytes_in,
		       (unsigned long long)now.bytes_out,
		       (unsigned long long)now.xml_bytes_in,
		       (unsigned long long)now.xml_bytes_out,
		       (unsigned long long)now.stanzas_in, stream_queued(probe->stream)));
}

static void
open_stream(struct probe *probe)
{
	probe->stream = stream_open(probe->net, &probe->config);
}

static void
command(struct probe *probe, const char *line)
{
	struct stream *stream = probe->stream;
	if (strcmp(line, "/quit") == 0) {
		stream_drop(stream);
		probe->stream = NULL;
		finish(probe);
	} else if (strcmp(line, "/open") == 0) {
		open_stream(probe);
	} else if (stream == NULL) {
		say("error", mem_strdup("no stream"));
	} else if (strcmp(line, "/close") == 0) {
		stream_close(stream);
	} else if (strcmp(line, "/drop") == 0) {
		stream_drop(stream);
		probe->stream = NULL;
		say("dropped", mem_strdup(""));
	} else if (strcmp(line, "/pause") == 0) {
		stream_pause_reading(stream);
	} else if (strcmp(line, "/resume") == 0) {
		stream_resume_reading(stream);
	} else if (strcmp(line, "/bind") == 0) {
		stream_bind(stream);
	} else if (strcmp(line, "/resumed") == 0) {
		stream_resumed(stream);
	} else if (strncmp(line, "/fail ", 6) == 0) {
		stream_fail(stream, line + 6, NULL);
	} else if (strcmp(line, "/count") == 0) {
		count(probe);
	} else {
		int rc = stream_send(stream, line, strlen(line));
		if (rc < 0)
			say("error", mem_strdup(uv_err_name(rc)));
	}
}

static void
take_line(struct probe *probe, const char *line)
{
	if (probe->password == NULL) {
		probe->password = mem_strdup(line);
		open_stream(probe);
		return;
	}
	if (line[0] != '\0')
		command(probe, line);
}

static void
on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
	(void)handle;
	*room = uv_buf_init(mem_alloc(wanted), (unsigned)wanted);
}

static void
on_input(uv_stream_t *handle, ssize_t len, const uv_buf_t *room)
{
	struct probe *probe = handle->data;
	if (len > 0)
		buf_add(&probe->lines, room->base, (size_t)len);
	free(room->base);
	if (len < 0) {
		(void)uv_read_stop(handle);
		if (probe->net != NULL)
			command(probe, "/quit");
		return;
	}
	uint8_t *end;
	while (probe->net != NULL && probe->lines.len > 0 &&
	       (end = memchr(probe->lines.data, '\n', probe->lines.len)) != NULL) {
		size_t size = (size_t)(end - probe->lines.data);
		char *line = mem_strndup((const char *)probe->lines.data, size);
		buf_consume(&probe->lines, size + 1);
		take_line(probe, line);
		free(line);
	}
}

static unsigned
number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

enum option_id {
	OPTION_HOST = 1,
	OPTION_PORT,
	OPTION_DIRECT,
	OPTION_CA,
	OPTION_RESOURCE,
	OPTION_DNS,
	OPTION_CA_FOLDER,
	OPTION_RESOLVE,
	OPTION_CONNECT,
	OPTION_STEP,
	OPTION_LOGIN,
	OPTION_CLOSE,
	OPTION_STAY,
	OPTION_WAIT,
	OPTION_DEBUG,
};

static const struct option options[] = {
	{"host", required_argument, NULL, OPTION_HOST},
	{"port", required_argument, NULL, OPTION_PORT},
	{"direct-tls", no_argument, NULL, OPTION_DIRECT},
	{"ca-file", required_argument, NULL, OPTION_CA},
	{"resource", required_argument, NULL, OPTION_RESOURCE},
	{"dns", required_argument, NULL, OPTION_DNS},
	{"ca-folder", required_argument, NULL, OPTION_CA_FOLDER},
	{"resolve-ms", required_argument, NULL, OPTION_RESOLVE},
	{"connect-ms", required_argument, NULL, OPTION_CONNECT},
	{"step-ms", required_argument, NULL, OPTION_STEP},
	{"login-ms", required_argument, NULL, OPTION_LOGIN},
	{"close-ms", required_argument, NULL, OPTION_CLOSE},
	{"stay", no_argument, NULL, OPTION_STAY},
	{"wait", no_argument, NULL, OPTION_WAIT},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{NULL, 0, NULL, 0},
};

static void
set_option(struct probe *probe, int id)
{
	struct stream_config *config = &probe->config;
	struct stream_times *times = &config->times;
	switch (id) {
	case OPTION_HOST:
		config->host = optarg;
		break;
	case OPTION_PORT:
		config->port = (uint16_t)number(optarg);
		break;
	case OPTION_DIRECT:
		config->is_direct_tls = true;
		break;
	case OPTION_CA:
		config->ca_file = optarg;
		break;
	case OPTION_RESOURCE:
		config->resource = optarg;
		break;
	case OPTION_DNS:
		probe->options.dns_servers = optarg;
		break;
	case OPTION_CA_FOLDER:
		probe->options.ca_folder = optarg;
		break;
	case OPTION_RESOLVE:
		times->resolve_ms = number(optarg);
		break;
	case OPTION_CONNECT:
		times->connect_ms = number(optarg);
		break;
	case OPTION_STEP:
		times->step_ms = number(optarg);
		break;
	case OPTION_LOGIN:
		times->login_ms = number(optarg);
		break;
	case OPTION_CLOSE:
		times->close_ms = number(optarg);
		break;
	case OPTION_STAY:
		probe->stays = true;
		break;
	case OPTION_WAIT:
		probe->waits = true;
		break;
	case OPTION_DEBUG:
		log_open("net_probe", 2, LOG_DEBUG);
		break;
	default:
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct probe probe = {0};
	int id;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(&probe, id);
	const char *reason = "give one address";
	if (optind + 1 != argc || jid_parse(argv[optind], &probe.account, &reason) < 0) {
		(void)fprintf(stderr, "net_probe: %s\n", reason);
		return 2;
	}
	probe.config.account = &probe.account;
	probe.config.cache = &probe.cache;
	probe.config.events = &events;
	probe.config.data = &probe;
	if (uv_loop_init(&probe.loop) < 0 ||
	    net_new(&probe.loop, &probe.options, &probe.net) < 0)
		return 1;
	probe.input.data = &probe;
	if (uv_pipe_init(&probe.loop, &probe.input, 0) < 0 ||
	    uv_pipe_open(&probe.input, 0) < 0 ||
	    uv_read_start((uv_stream_t *)&probe.input, on_alloc, on_input) < 0)
		return 1;
	(void)uv_run(&probe.loop, UV_RUN_DEFAULT);
	int rc = uv_loop_close(&probe.loop);
	if (rc < 0)
		say("error", mem_strdup("handles were left open"));
	jid_done(&probe.account);
	buf_done(&probe.lines);
	free(probe.password);
	mem_wipe(&probe.cache, sizeof(probe.cache));
	return rc < 0 ? 1 : 0;
}
