/*
 * A stream of one stanza: header, text, end. The text is at fault if the stream ended
 * within it, did not end behind it, or held none or several.
 */
#include "backend/xmpp/snippet.h"

#include <errno.h>
#include <stdbool.h>

#include "backend/xmpp/ns.h"
#include "backend/xmpp/parser.h"
#include "backend/xmpp/stanza.h"

static const char header[] = "<s:stream xmlns:s='" NS_STREAM "' xmlns='" NS_CLIENT "'>";
static const char trailer[] = "</s:stream>";

struct snippet {
	struct stanza *stanza;
	bool is_unfit;
	bool is_closed;
};

static void
on_open(void *data, const struct parser_open *open)
{
	(void)data, (void)open;
}

static void
take_stanza(void *data, struct stanza *stanza)
{
	struct snippet *snippet = data;
	if (snippet->stanza) {
		snippet->is_unfit = true;
		stanza_free(stanza);
		return;
	}
	snippet->stanza = stanza;
}

static void
on_skipped(void *data, const struct parser_skipped *skipped)
{
	struct snippet *snippet = data;
	(void)skipped;
	snippet->is_unfit = true;
}

static void
on_close(void *data)
{
	struct snippet *snippet = data;
	snippet->is_closed = true;
}

static bool
feed_all(struct parser *parser, const struct snippet *snippet, const char *text,
	 size_t len)
{
	return parser_feed(parser, header, sizeof header - 1) == 0 &&
	       parser_feed(parser, text, len) == 0 && !snippet->is_closed &&
	       parser_feed(parser, trailer, sizeof trailer - 1) == 0 &&
	       snippet->is_closed;
}

int
snippet_read(struct stanza_ctx *ctx, const char *text, size_t len,
	     struct stanza **ret_stanza)
{
	static const struct parser_hooks hooks = {
		.on_open = on_open,
		.take_stanza = take_stanza,
		.on_skipped = on_skipped,
		.on_close = on_close,
	};
	struct snippet snippet = {0};
	struct parser *parser = parser_new(ctx, &hooks, NULL, &snippet);
	bool is_fit = feed_all(parser, &snippet, text, len);
	parser_free(parser);
	if (!is_fit || !snippet.stanza || snippet.is_unfit) {
		stanza_free(snippet.stanza);
		return -EINVAL;
	}
	*ret_stanza = snippet.stanza;
	return 0;
}
