/*
 * The table of everything that can end a stream, with the words for it. A row with a
 * condition stands for that condition, the row without one for all others of the fault;
 * every fault has such a last row (a test holds this).
 */
#include "backend/net/fault.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/utf8.h"

enum { QUOTE_MAX = 200 }; /* bytes of the server's own words in a sentence */

struct fault_row {
	enum stream_fault fault;
	const char *condition; /* NULL: any */
	bool may_retry;
	/* $d is the domain, $c the condition, $t " (a detail)" or nothing, $s at the end
	 * a sentence with the server's own words, or nothing */
	const char *sentence;
};

static const char *const names[STREAM_FAULT_COUNT] = {
	[STREAM_CLOSED] = "closed",
	[STREAM_NO_HOST] = "no-host",
	[STREAM_NO_SERVICE] = "no-service",
	[STREAM_DNS_FAILED] = "dns-failed",
	[STREAM_REFUSED] = "refused",
	[STREAM_UNREACHABLE] = "unreachable",
	[STREAM_TIMEOUT] = "timeout",
	[STREAM_LOST] = "lost",
	[STREAM_TLS_MISSING] = "tls-missing",
	[STREAM_TLS_FAILED] = "tls-failed",
	[STREAM_CERT] = "cert",
	[STREAM_CA_FILE] = "ca-file",
	[STREAM_NO_PASSWORD] = "no-password",
	[STREAM_AUTH_FAILED] = "auth-failed",
	[STREAM_AUTH_TEMPORARY] = "auth-temporary",
	[STREAM_AUTH_MECHANISM] = "auth-mechanism",
	[STREAM_AUTH_WEAK] = "auth-weak",
	[STREAM_SERVER_PROOF] = "server-proof",
	[STREAM_BIND_FAILED] = "bind-failed",
	[STREAM_PROTOCOL] = "protocol",
	[STREAM_XML] = "xml",
	[STREAM_REMOTE_ERROR] = "remote-error",
	[STREAM_CONFLICT] = "conflict",
	[STREAM_NOT_AUTHORIZED] = "not-authorized",
	[STREAM_SHUTDOWN] = "shutdown",
	[STREAM_SEE_OTHER_HOST] = "see-other-host",
	[STREAM_REMOTE_CLOSED] = "remote-closed",
	[STREAM_LOCAL] = "local",
};

static const struct fault_row rows[] = {
	{STREAM_CLOSED, NULL, false, "Disconnected."},
	{STREAM_NO_HOST, NULL, true,
	 "There is no host named $d. Check the address for a typing error, and that this "
	 "computer is online."},
	{STREAM_NO_SERVICE, NULL, false,
	 "$d says that it has no XMPP service. Check the part of the address behind the "
	 "@."},
	{STREAM_DNS_FAILED, NULL, true,
	 "The name server gave no answer about $d. Check the network; it will be tried "
	 "again."},
	{STREAM_REFUSED, NULL, true,
	 "The server of $d refuses connections. It may be down, or host and port are "
	 "wrong."},
	{STREAM_UNREACHABLE, NULL, true,
	 "The server of $d cannot be reached$t. Check the network; it will be tried "
	 "again."},
	{STREAM_TIMEOUT, "connecting", true,
	 "The server of $d did not answer in time. It may be down, or a firewall drops "
	 "the "
	 "connection."},
	{STREAM_TIMEOUT, NULL, true,
	 "The server of $d fell silent ($c). It may be overloaded; it will be tried "
	 "again."},
	{STREAM_LOST, NULL, true,
	 "The connection to $d broke off$t. It will be tried again."},
	{STREAM_TLS_MISSING, NULL, false,
	 "The server of $d offers no encryption on this port, or somebody on the way "
	 "removed "
	 "the offer. Nothing was sent to it; try direct TLS or another network."},
	{STREAM_TLS_FAILED, NULL, true,
	 "No encrypted connection to $d could be made$t. The server may be too old (TLS "
	 "1.2 "
	 "is needed), or the port is not one for XMPP."},
	{STREAM_CERT, "expired", true,
	 "The certificate of $d has expired$t. Its operator must renew it; also check "
	 "the "
	 "clock of this computer."},
	{STREAM_CERT, "not-yet-valid", true,
	 "The certificate of $d is not valid yet$t. Check the clock of this computer."},
	{STREAM_CERT, "wrong-name", false,
	 "The certificate is for another name than $d$t. This may be the wrong server, "
	 "or "
	 "somebody in between."},
	{STREAM_CERT, "no-name", false,
	 "The certificate of $d names no host in a way that is still accepted (it has no "
	 "subjectAltName). Its operator must replace it."},
	{STREAM_CERT, "self-signed", false,
	 "The certificate of $d is self-signed. If it is your own server, give its "
	 "certificate as CA file."},
	{STREAM_CERT, "unknown-issuer", false,
	 "The certificate of $d comes from an issuer that is not trusted here$t. If you "
	 "trust it, give its certificate as CA file."},
	{STREAM_CERT, "revoked", false,
	 "The certificate of $d was revoked. Do not use it; tell its operator."},
	{STREAM_CERT, NULL, false, "The certificate of $d is not good$t."},
	{STREAM_CA_FILE, NULL, false,
	 "The CA file cannot be used$t. It must be a readable PEM file with at least one "
	 "certificate."},
	{STREAM_NO_PASSWORD, NULL, false, "There is no password for $d. Enter it."},
	{STREAM_AUTH_FAILED, "not-authorized", false,
	 "$d does not accept this name and password.$s"},
	{STREAM_AUTH_FAILED, "account-disabled", false,
	 "$d has disabled this account. Ask its operator.$s"},
	{STREAM_AUTH_FAILED, "credentials-expired", false,
	 "The password has expired at $d. Set a new one there.$s"},
	{STREAM_AUTH_FAILED, "bad-password", false,
	 "The password holds characters that cannot be used. Enter it again."},
	{STREAM_AUTH_FAILED, NULL, false, "$d refused the login: $c.$s"},
	{STREAM_AUTH_TEMPORARY, NULL, true,
	 "$d cannot check logins at the moment. It will be tried again.$s"},
	{STREAM_AUTH_MECHANISM, NULL, false,
	 "$d offers no way to log in that tern can use$t. SCRAM-SHA-1, -256, -512 and "
	 "PLAIN "
	 "are known."},
	{STREAM_AUTH_WEAK, NULL, false,
	 "$d asks for a login with unsafe or absurd parameters, which was refused to "
	 "protect "
	 "the password. Tell its operator."},
	{STREAM_SERVER_PROOF, NULL, false,
	 "$d did not prove that it knows the password. This may not be the true server; "
	 "nothing from it was accepted."},
	{STREAM_BIND_FAILED, "conflict", true,
	 "$d says that this client is logged in already. It will be tried again."},
	{STREAM_BIND_FAILED, "resource-constraint", true,
	 "$d allows no more clients of this account at once. Log out elsewhere.$s"},
	{STREAM_BIND_FAILED, "not-allowed", false,
	 "$d does not allow this client to log in.$s"},
	{STREAM_BIND_FAILED, NULL, true, "$d could not complete the login: $c.$s"},
	{STREAM_PROTOCOL, NULL, true,
	 "The server of $d does not follow the XMPP standard$t. The connection was "
	 "ended."},
	{STREAM_XML, NULL, true,
	 "The server of $d sent something that is not proper XML$t. The connection was "
	 "ended."},
	{STREAM_REMOTE_ERROR, "host-unknown", false,
	 "The server does not serve $d. Check the address, or host and port."},
	{STREAM_REMOTE_ERROR, "host-gone", false,
	 "The server no longer serves $d. Its operator may have moved it."},
	{STREAM_REMOTE_ERROR, NULL, true, "$d ended the connection: $c.$s"},
	{STREAM_CONFLICT, NULL, false,
	 "The same client logged in to $d from elsewhere and took over. Connect again to "
	 "take it back."},
	{STREAM_NOT_AUTHORIZED, NULL, false,
	 "$d ended the connection: not authorized.$s"},
	{STREAM_SHUTDOWN, NULL, true,
	 "The server of $d is going down or restarting. It will be tried again.$s"},
	{STREAM_SEE_OTHER_HOST, NULL, false,
	 "$d sends this client to another host$t, which was not followed. If you trust "
	 "it, "
	 "set it as the host of the profile."},
	{STREAM_REMOTE_CLOSED, NULL, true,
	 "$d closed the connection. It will be tried again."},
	{STREAM_LOCAL, NULL, true, "This computer could not open a connection$t."},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct fault_row *
row_of(enum stream_fault fault, const char *condition)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].fault == fault &&
		    (rows[i].condition == NULL ||
		     (condition != NULL && strcmp(rows[i].condition, condition) == 0)))
			return &rows[i];
	}
	return &rows[ROWS - 1];
}

const char *
fault_name(enum stream_fault fault)
{
	return (unsigned)fault < STREAM_FAULT_COUNT ? names[fault] : "unknown";
}

bool
fault_may_retry(enum stream_fault fault, const char *condition)
{
	return row_of(fault, condition)->may_retry;
}

/* The server's words, cleaned, behind what we say ourselves. */
static void
add_quote(struct buf *out, const char *words)
{
	char *clean = clean_text(words, CLEAN_LINE, QUOTE_MAX);
	size_t len = strlen(clean);
	if (len > 0)
		buf_printf(out, " It says: %s%s", clean,
			   strchr(".!?", clean[len - 1]) ? "" : ".");
	free(clean);
}

char *
fault_sentence(const struct stream_error *error, const char *domain)
{
	struct buf out = {0};
	const char *text = row_of(error->fault, error->condition)->sentence;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '$') {
			buf_add_byte(&out, (uint8_t)*p);
			continue;
		}
		p++;
		if (*p == 'd')
			buf_add_text(&out, domain);
		else if (*p == 'c' && error->condition != NULL)
			buf_add_text(&out, error->condition);
		else if (*p == 's' && error->text != NULL)
			add_quote(&out, error->text);
		else if (*p == 't' && error->text != NULL && error->text[0] != '\0')
			buf_printf(&out, " (%s)", error->text);
	}
	return buf_take_text(&out);
}
