/*
 * Making, finding and forgetting what the model holds. The owner of all its memory; how
 * it changes is in model_apply.c.
 */
#include "tui/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/nick.h"

struct model *
model_new(void)
{
	struct model *model = mem_alloc(sizeof *model);

	model->profile = mem_strdup("");
	model->jid = mem_strdup("");
	model->status_text = mem_strdup("");
	return model;
}

void
model_drop_presences(struct model_contact *contact)
{
	struct model_presence *next;

	for (struct model_presence *p = contact->presences; p; p = next) {
		next = p->next;
		free(p->resource);
		free(p->text);
		free(p);
	}
	contact->presences = NULL;
}

static void
contact_free(struct model_contact *contact)
{
	if (!contact)
		return;
	model_drop_presences(contact);
	for (size_t i = 0; i < contact->group_count; i++)
		free(contact->groups[i]);
	free(contact->groups);
	free(contact->jid);
	free(contact->name);
	free(contact);
}

void
model_drop_contact(struct model *model, const char *jid)
{
	contact_free(by_jid_take(&model->contacts, jid));
	model->dirty |= MODEL_CONTACTS | MODEL_CHATS;
}

static void
forget_lists(struct model *model)
{
	for (size_t i = 0; i < model->requests.count; i++) {
		struct model_request *request = model->requests.rows[i];

		free(request->jid);
		free(request->text);
		free(request);
	}
	by_jid_done(&model->requests);
	for (size_t i = 0; i < model->blocked_count; i++)
		free(model->blocked[i]);
	free(model->blocked);
	model->blocked = NULL;
	model->blocked_count = 0;
	for (size_t i = 0; i < model->setting_count; i++) {
		free(model->settings[i].name);
		free(model->settings[i].value);
		free(model->settings[i].type);
		free(model->settings[i].help);
	}
	free(model->settings);
	model->settings = NULL;
	model->setting_count = 0;
}

void
model_forget(struct model *model)
{
	for (size_t i = 0; i < model->contacts.count; i++)
		contact_free(model->contacts.rows[i]);
	by_jid_done(&model->contacts);
	model_drop_rooms(model);
	free(model->invited);
	model->invited = NULL;
	forget_lists(model);
	for (size_t i = 0; i < model->chats.count; i++) {
		struct chat *chat = model->chats.rows[i];

		chat_expire(chat, true);
		chat->is_open = false;
		chat->unread = chat->mentions = chat->read_place = 0;
		mem_replace(&chat->draft, "");
	}
	model->open_count = 0;
	model->epoch = model->seq = 0;
	model->dirty = MODEL_ALL;
}

void
model_free(struct model *model)
{
	if (!model)
		return;
	model_forget(model);
	for (size_t i = 0; i < model->chats.count; i++)
		chat_free(model->chats.rows[i]);
	by_jid_done(&model->chats);
	free(model->open);
	free(model->profile);
	free(model->jid);
	free(model->status_text);
	free(model->link.reason);
	free(model->link.condition);
	free(model);
}

struct model_contact *
model_contact(const struct model *model, const char *jid)
{
	return by_jid_find(&model->contacts, jid);
}

struct chat *
model_chat(const struct model *model, const char *jid)
{
	return by_jid_find(&model->chats, jid);
}

struct chat *
model_need_chat(struct model *model, const char *jid)
{
	struct chat *chat = model_chat(model, jid);

	if (!chat) {
		chat = chat_new(jid);
		by_jid_add(&model->chats, chat);
	}
	return chat;
}

size_t
model_number(const struct model *model, const struct chat *chat)
{
	for (size_t i = 0; i < model->open_count; i++)
		if (model->open[i] == chat)
			return i + 1;
	return 0;
}

void
model_set_open(struct model *model, struct chat *chat, bool is_open)
{
	size_t number = model_number(model, chat);

	chat->is_open = is_open;
	if (is_open == (number > 0))
		return;
	model->dirty |= MODEL_CHATS;
	if (is_open) {
		model->open = mem_resize(model->open, model->open_count + 1,
					 sizeof *model->open);
		model->open[model->open_count++] = chat;
		return;
	}
	model->open_count--;
	memmove(model->open + number - 1, model->open + number,
		(model->open_count - number + 1) * sizeof *model->open);
}

const char *
model_name(struct model *model, const char *jid, char *buffer, size_t size)
{
	const struct model_contact *contact = model_contact(model, jid);
	const struct model_room *room = model_room(model, jid);
	size_t bare = strcspn(jid, "/");

	if (room)
		return room->name;
	if (jid[bare] && size > 0) {
		char *nick = nick_shown(jid + bare + 1);

		(void)snprintf(buffer, size, "%s (%.*s)", nick, (int)strcspn(jid, "@/"),
			       jid);
		free(nick);
		buffer[utf8_cut(buffer, strlen(buffer), size)] = '\0';
		return buffer;
	}
	if (!contact)
		return jid;
	if (contact->name)
		return contact->name;
	const char *at = strchr(jid, '@');
	if (!at || (size_t)(at - jid) >= size)
		return jid;
	(void)snprintf(buffer, size, "%.*s", (int)(at - jid), jid);
	return buffer;
}

/* How available SHOW is: more is better. */
static int
rank(enum bridge_show show)
{
	static const int ranks[show_COUNT] = {
		[show_CHAT] = 5, [show_ONLINE] = 4, [show_AWAY] = 3,
		[show_XA] = 1,	 [show_DND] = 2,
	};

	return ranks[show];
}

bool
model_is_online(const struct model *model)
{
	return model->link.state == link_state_ONLINE ||
	       model->link.state == link_state_CATCHING_UP;
}

const struct model_presence *
model_best(const struct model_contact *contact)
{
	const struct model_presence *best = NULL;

	for (const struct model_presence *p = contact->presences; p; p = p->next) {
		if (!best || p->priority > best->priority ||
		    (p->priority == best->priority && rank(p->show) > rank(best->show)))
			best = p;
	}
	return best;
}

int64_t
model_told(const struct model *model, const struct chat *chat)
{
	const struct model_room *room = model_room(model, chat->jid);

	if (!room || room->notify == notify_ALL)
		return chat->unread;
	return room->notify == notify_NOTHING ? 0 : chat->mentions;
}

int64_t
model_unread(const struct model *model)
{
	int64_t sum = 0;

	for (size_t i = 0; i < model->chats.count; i++)
		sum += model_told(model, model->chats.rows[i]);
	return sum;
}

const struct model_setting *
model_setting(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->setting_count; i++)
		if (strcmp(model->settings[i].name, name) == 0)
			return &model->settings[i];
	return NULL;
}

bool
model_setting_is_switch(const struct model_setting *setting)
{
	return setting->type && strcmp(setting->type, "bool") == 0;
}

static bool
is_on(const struct model_setting *setting)
{
	static const char *const on[] = {"on", "true", "yes", "1"};

	for (size_t i = 0; i < sizeof on / sizeof on[0]; i++)
		if (strcmp(setting->value, on[i]) == 0)
			return true;
	return false;
}

const char *
model_setting_shown(const struct model_setting *setting)
{
	if (model_setting_is_switch(setting))
		return is_on(setting) ? "on" : "off";
	return setting->value;
}

char *
model_setting_takes(const struct model_setting *setting)
{
	const char *type = setting->type ? setting->type : "text";

	if (model_setting_is_switch(setting))
		return mem_strdup("on|off");
	if (strcmp(type, "int") == 0 && setting->most == 0)
		return mem_strdup("a number");
	if (strcmp(type, "int") == 0)
		return mem_printf("%lld to %lld", (long long)setting->least,
				  (long long)setting->most);
	return mem_strdup(type);
}

bool
model_setting_is_on(const struct model *model, const char *name, bool is_default)
{
	const struct model_setting *setting = model_setting(model, name);

	return setting ? is_on(setting) : is_default;
}

bool
model_is_blocked(const struct model *model, const char *jid)
{
	for (size_t i = 0; i < model->blocked_count; i++)
		if (strcmp(model->blocked[i], jid) == 0)
			return true;
	return false;
}
