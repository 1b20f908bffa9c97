/*
 * The verbs about profiles and their connection: create, list, delete, default, password,
 * connect, disconnect, status.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "bridge/ctl/print.h"
#include "bridge/ctl/secret.h"
#include "bridge/ctl/verbs.h"

enum { NAME_MAX_BYTES = 1024 };

/* ---- create and password --------------------------------------------------------- */

/* The password that seals the vault: from its file, or asked twice when the other one is
 * asked as well, else none. */
static int
seal_password(const struct ctl_command *command, struct buf *out)
{
	struct buf again = {.is_secret = true};
	int code = CTL_OK;
	bool has_file = command->values[CTL_PROFILE_PASSWORD_FILE] != NULL;
	if (!has_file && (command->values[CTL_PASSWORD_FILE] || !secret_can_ask()))
		return CTL_OK;
	code = ctl_password(
		command, CTL_PROFILE_PASSWORD_FILE,
		"Profile password, to seal what is stored here (empty: none): ", out);
	if (code == CTL_OK && !has_file && out->len > 0) {
		code = ctl_password(command, CTL_PROFILE_PASSWORD_FILE,
				    "The profile password again: ", &again);
		if (code == CTL_OK && (again.len != out->len ||
				       memcmp(again.data, out->data, out->len) != 0))
			code = ctl_complain(CTL_USAGE,
					    "The two differ; nothing was made.");
	}
	buf_done(&again);
	return code;
}

/* The account's password; empty ones are refused. */
static int
account_password(const struct ctl_command *command, const char *whose, struct buf *out)
{
	char *clean = clean_text(whose, CLEAN_LINE, NAME_MAX_BYTES);
	char *prompt = mem_printf("Password of %s: ", clean);
	int code = ctl_password(command, CTL_PASSWORD_FILE, prompt, out);
	free(prompt);
	free(clean);
	if (code == CTL_OK && out->len == 0)
		code = ctl_complain(CTL_USAGE, "There was no password.");
	return code;
}

int
verb_profile_create(struct ctl *ctl, const struct ctl_command *command)
{
	struct buf password = {.is_secret = true};
	struct buf seal = {.is_secret = true};
	int code = account_password(command, command->words[1], &password);
	if (code == CTL_OK)
		code = seal_password(command, &seal);
	if (code == CTL_OK) {
		struct bridge_profile_create_params params = {
			.profile = command->words[0],
			.jid = command->words[1],
			.password = (const char *)password.data,
			.profile_password = seal.len ? (const char *)seal.data : NULL,
			.host = command->values[CTL_HOST],
			.port = command->port,
			.direct_tls = command->values[CTL_DIRECT_TLS] != NULL,
			.ca_file = command->values[CTL_CA_FILE],
		};
		char *ca_file = params.ca_file ? realpath(params.ca_file, NULL) : NULL;
		if (ca_file)
			params.ca_file = ca_file;
		code = ctl_call(ctl, METHOD_profile_create, &params, NULL, NULL);
		free(ca_file);
	}
	buf_done(&password);
	buf_done(&seal);
	return code;
}

int
verb_profile_password(struct ctl *ctl, const struct ctl_command *command)
{
	struct buf password = {.is_secret = true};
	int code = account_password(command, command->words[0], &password);
	if (code == CTL_OK) {
		struct bridge_profile_change_params params = {
			.profile = command->words[0],
			.password = (const char *)password.data,
		};
		code = ctl_call(ctl, METHOD_profile_change, &params, NULL, NULL);
	}
	buf_done(&password);
	return code;
}

/* ---- list and status ------------------------------------------------------------- */

static const char *
link_text(const struct bridge_profile_info *info)
{
	if (info->problem)
		return "unusable";
	if (info->is_locked)
		return "locked";
	return info->link ? bridge_link_state_text(info->link->state) : "offline";
}

static void
add_counts(struct buf *out, const struct bridge_profile_info *info)
{
	if (info->unread > 0)
		buf_printf(out, ", %lld unread", (long long)info->unread);
	if (info->requests > 0)
		buf_printf(out, ", %lld %s", (long long)info->requests,
			   info->requests == 1 ? "request" : "requests");
}

static void
add_profile(struct buf *out, const void *record)
{
	const struct bridge_profile_info *info = record;
	print_clean(out, info->is_default ? "* " : "  ", info->name);
	print_clean(out, "  ", info->jid);
	buf_printf(out, "  %s", link_text(info));
	add_counts(out, info);
	const char *reason = info->problem ? info->problem
			     : info->link  ? info->link->reason
					   : NULL;
	print_clean(out, ": ", reason);
	buf_add_byte(out, '\n');
}

static int
take_list(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_profile_list_result *list = result;
	(void)data;
	return ctl_put_rows(ctl, &record_profile_info, list->profiles,
			    list->profiles_count, add_profile);
}

int
verb_profile_list(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_nothing nothing = {0};
	(void)command;
	return ctl_call(ctl, METHOD_profile_list, &nothing, take_list, NULL);
}

/* The row of the profile that was asked for; NULL when there is none. */
static const struct bridge_profile_info *
find_profile(const struct bridge_profile_list_result *list, const char *name)
{
	bool is_default = strcmp(name, "@DEFAULT@") == 0;
	for (size_t i = 0; i < list->profiles_count; i++) {
		const struct bridge_profile_info *info = &list->profiles[i];
		bool is_named = strcmp(info->name, name) == 0 ||
				(info->twin && strcmp(info->twin, name) == 0);
		if (is_default ? info->is_default : is_named)
			return info;
	}
	return NULL;
}

static int
take_status(struct ctl *ctl, const void *result, void *data)
{
	const struct bridge_profile_list_result *list = result;
	const struct bridge_profile_info *info =
		find_profile(list, ctl->command->profile);
	struct buf out = {0};
	(void)data;
	if (!info && list->profiles_count == 0 &&
	    strcmp(ctl->command->profile, "@DEFAULT@") == 0)
		return ctl_complain(CTL_REFUSED, "There is no profile yet.");
	if (!info)
		return ctl_complain(CTL_REFUSED, "There is no such profile.");
	if (ctl->command->is_json) {
		print_json(&out, &record_profile_info, info, NULL, NULL);
	} else {
		buf_add_text(&out, link_text(info));
		add_counts(&out, info);
		buf_add_byte(&out, '\n');
	}
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_OK;
}

int
verb_status(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_nothing nothing = {0};
	if (ctl->client)
		return ctl_call(ctl, METHOD_profile_list, &nothing, take_status, NULL);
	struct buf out = {0};
	buf_add_text(&out, command->is_json ? "{\"running\":false}\n" : "not running\n");
	ctl_put(ctl, &out);
	buf_done(&out);
	return CTL_NO_BACKEND;
}

/* ---- delete and default ---------------------------------------------------------- */

static int
take_question(struct ctl *ctl, const void *result, void *data)
{
	const char *name = data;
	const struct bridge_profile_info *info = find_profile(result, name);
	struct buf text = {0};
	(void)ctl;
	if (!info)
		return ctl_complain(CTL_REFUSED, "There is no such profile.");
	print_clean(&text, "This deletes the profile ", info->name);
	print_clean(&text, " of ", info->jid);
	buf_add_text(&text,
		     ": its history and drafts, what waits to be sent, its keys and "
		     "the stored password. The account on the server stays.\n"
		     "Delete it? [y/N] ");
	bool is_sure = secret_confirm((const char *)text.data);
	buf_done(&text);
	return is_sure ? CTL_OK : ctl_complain(CTL_REFUSED, "Nothing was deleted.");
}

int
verb_profile_delete(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_nothing nothing = {0};
	struct bridge_profile_name params = {.profile = command->words[0]};
	int code = CTL_OK;
	if (!command->values[CTL_YES]) {
		if (!secret_can_ask())
			return ctl_complain(
				CTL_USAGE,
				"Without a terminal to ask on, --yes is needed.");
		code = ctl_call(ctl, METHOD_profile_list, &nothing, take_question,
				command->words[0]);
	}
	return code ? code : ctl_call(ctl, METHOD_profile_delete, &params, NULL, NULL);
}

int
verb_profile_default(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->words[0]};
	return ctl_call(ctl, METHOD_profile_default, &params, NULL, NULL);
}

int
verb_connect(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_link_connect, &params, NULL, NULL);
}

int
verb_disconnect(struct ctl *ctl, const struct ctl_command *command)
{
	struct bridge_profile_name params = {.profile = command->profile};
	return ctl_call(ctl, METHOD_link_disconnect, &params, NULL, NULL);
}
