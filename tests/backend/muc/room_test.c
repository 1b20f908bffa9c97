/*
 * One room: what presences do to it. Tables of single steps, and long random sequences
 * that are compared with a model too simple to be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/muc/room.h"
#include "bridge/base/mem.h"

static struct room *
entering(const char *wish)
{
	struct room *room = room_new("den@rooms.example");
	room->wish = mem_strdup(wish);
	room->state = room_state_ENTERING;
	room->step = ROOM_STEP_PRESENCE;
	return room;
}

static enum room_change
take(struct room *room, const char *nick, bool is_gone, bool is_self,
     const char *new_nick)
{
	struct room_presence presence = {
		.nick = nick,
		.is_gone = is_gone,
		.is_self = is_self,
		.new_nick = new_nick,
		.role = role_PARTICIPANT,
		.show = show_ONLINE,
	};
	return room_take(room, &presence);
}

static void
assert_nick(const struct room *room, const char *nick)
{
	assert_non_null(room->nick);
	assert_string_equal(room->nick, nick);
	assert_non_null(room_self(room));
}

static void
our_own_presence_is_the_door(void **state)
{
	struct room *room = entering("me");
	(void)state;
	assert_int_equal(take(room, "bob", false, false, NULL), ROOM_CAME);
	assert_int_equal(room->state, room_state_ENTERING);
	assert_int_equal(take(room, "me", false, true, NULL), ROOM_ENTERED);
	assert_int_equal(room->state, room_state_IN);
	assert_nick(room, "me");
	room_free(room);
}

static void
a_service_without_status_110_lets_in_too(void **state)
{
	struct room *room = entering("me");
	(void)state;
	assert_int_equal(take(room, "me", false, false, NULL), ROOM_ENTERED);
	room_free(room);
}

static void
a_service_may_choose_our_nick(void **state)
{
	struct room *room = entering("me");
	(void)state;
	assert_int_equal(take(room, "me-2", false, true, NULL), ROOM_ENTERED);
	assert_nick(room, "me-2");
	room_free(room);
}

static void
a_nick_changes_and_its_owner_stays(void **state)
{
	struct room *room = entering("me");
	(void)state;
	(void)take(room, "bob", false, false, NULL);
	(void)take(room, "me", false, true, NULL);
	assert_int_equal(take(room, "bob", true, false, "rob"), ROOM_RENAMED);
	assert_null(room_find(room, "bob"));
	assert_non_null(room_find(room, "rob"));
	assert_int_equal(take(room, "me", true, true, "you"), ROOM_RENAMED);
	assert_nick(room, "you");
	assert_string_equal(room->wish, "you");
	assert_int_equal(take(room, "you", false, true, NULL), ROOM_NOTHING);
	/* Onto a nick that is taken: a lie, and nobody is there twice. */
	assert_int_equal(take(room, "rob", true, false, "you"), ROOM_RENAMED);
	assert_int_equal(HASH_COUNT(room->occupants), 1);
	room_free(room);
}

static void
our_going_empties_the_room(void **state)
{
	static const struct {
		const char *nick;
		bool is_self;
	} rows[] = {{"me", true}, {"me", false}, {"whoever", true}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct room *room = entering("me");
		(void)take(room, "bob", false, false, NULL);
		(void)take(room, "me", false, true, NULL);
		assert_int_equal(take(room, rows[i].nick, true, rows[i].is_self, NULL),
				 ROOM_LEFT);
		assert_int_equal(room->state, room_state_OUT);
		assert_int_equal(HASH_COUNT(room->occupants), 0);
		assert_null(room->nick);
		assert_int_equal(take(room, "bob", false, false, NULL), ROOM_NOTHING);
		room_free(room);
	}
}

static void
only_our_own_going_is_the_end_of_the_room(void **state)
{
	struct room_presence presence = {
		.nick = "bob", .is_gone = true, .is_destroyed = true};
	struct room *room = entering("me");
	(void)state;
	(void)take(room, "bob", false, false, NULL);
	assert_int_equal(room_take(room, &presence), ROOM_WENT);
	(void)take(room, "bob", false, false, NULL);
	(void)take(room, "me", false, true, NULL);
	assert_int_equal(room_take(room, &presence), ROOM_WENT);
	assert_int_equal(room->state, room_state_IN);
	presence.nick = "me";
	assert_int_equal(room_take(room, &presence), ROOM_LEFT);
	room->state = room_state_ENTERING;
	room->step = ROOM_STEP_PRESENCE;
	assert_int_equal(room_take(room, &presence), ROOM_LEFT);
	room_free(room);
}

static void
what_was_left_is_not_entered_by_a_late_presence(void **state)
{
	struct room *room = entering("me");
	(void)state;
	room_clear(room);
	room->step = ROOM_STEP_LEAVING;
	assert_int_equal(take(room, "me", false, true, NULL), ROOM_NOTHING);
	assert_int_equal(take(room, "bob", false, false, NULL), ROOM_NOTHING);
	assert_int_equal(take(room, "me", true, true, NULL), ROOM_LEFT);
	room_free(room);
}

static void
strange_nicks_do_no_harm(void **state)
{
	static const char *const nicks[] = {"/quit", " ",
					    "\xe2\x80\xae"
					    "bob",
					    "a/b", ""};
	struct room *room = entering("me");
	char *huge = mem_alloc(1001);
	(void)state;
	memset(huge, 'x', 1000);
	(void)take(room, "me", false, true, NULL);
	for (size_t i = 0; i < sizeof nicks / sizeof *nicks; i++)
		assert_int_equal(take(room, nicks[i], false, false, NULL),
				 *nicks[i] ? ROOM_CAME : ROOM_NOTHING);
	assert_int_equal(take(room, huge, false, false, NULL), ROOM_CAME);
	assert_int_equal(take(room, huge, true, false, "short"), ROOM_RENAMED);
	free(huge);
	room_free(room);
}

static void
a_server_cannot_name_people_without_end(void **state)
{
	struct room *room = entering("me");
	char nick[32];
	(void)state;
	for (int i = 0; i < ROOM_OCCUPANTS_MAX + 10; i++) {
		(void)snprintf(nick, sizeof nick, "n%d", i);
		(void)take(room, nick, false, false, NULL);
	}
	assert_int_equal(HASH_COUNT(room->occupants), ROOM_OCCUPANTS_MAX);
	assert_int_equal(take(room, "me", false, true, NULL), ROOM_ENTERED);
	assert_int_equal(room->state, room_state_IN);
	room_free(room);
}

/* ---- against a model ---- */

enum { NICKS = 8, WISH = 5, SEEDS = 20, STEPS = 2000 };

static const char *const nicks[NICKS] = {"a", "b", "c", "d", "e", "me", "/x", " "};

struct somebody {
	bool is_there;
	enum bridge_role role;
	enum bridge_affiliation affiliation;
};

struct model {
	struct somebody people[NICKS];
	bool is_in, is_out;
	int own;
};

/* What a server may say, however little sense it makes. */
struct step {
	int nick, new_nick; /* new_nick: -1 for none */
	struct room_presence presence;
};

static bool
one_in(unsigned *random, int count)
{
	return rand_r(random) % count == 0;
}

static struct step
random_step(unsigned *random)
{
	static const enum occupant_way {
		COMES,	/* or changes its role, affiliation, availability */
		LEAVES, /* or is put out */
		RENAMES,
		RENAMES_PUT_OUT, /* both in one presence */
		MOVES,		 /* the room is destroyed, with another to go to */
	} ways[] = {COMES, COMES, COMES, COMES, LEAVES, LEAVES, RENAMES, RENAMES_PUT_OUT};
	enum occupant_way way =
		one_in(random, 64) ? MOVES
				   : ways[rand_r(random) % (sizeof ways / sizeof *ways)];
	bool is_rename = way == RENAMES || way == RENAMES_PUT_OUT;
	struct step step = {
		.nick = rand_r(random) % NICKS,
		.new_nick = is_rename ? rand_r(random) % NICKS : -1,
	};
	step.presence = (struct room_presence){
		.nick = nicks[step.nick],
		.new_nick = is_rename ? nicks[step.new_nick] : NULL,
		.is_gone = way != COMES,
		.is_self = one_in(random, 24),
		.role = (enum bridge_role)(rand_r(random) % role_COUNT),
		.affiliation =
			(enum bridge_affiliation)(rand_r(random) % affiliation_COUNT),
		.show = one_in(random, 4) ? show_AWAY : show_ONLINE,
		.text = one_in(random, 4) ? "text" : NULL,
		.id = one_in(random, 2) ? "id" : NULL,
	};
	if (way == RENAMES_PUT_OUT)
		step.presence.end = (enum bridge_occupant_end)(
			1 + rand_r(random) % (occupant_end_COUNT - 1));
	else if (way == LEAVES)
		step.presence.end =
			(enum bridge_occupant_end)(rand_r(random) % occupant_end_COUNT);
	if (way == MOVES) {
		step.presence.is_destroyed = true;
		step.presence.end = occupant_end_DESTROYED;
		step.presence.elsewhere = "pit@rooms.example";
	}
	return step;
}

static void
model_rename(struct model *model, const struct step *step)
{
	struct somebody *from = &model->people[step->nick];
	if (step->new_nick == step->nick)
		return;
	if (model->is_in && (step->presence.is_self || step->nick == model->own))
		model->own = step->new_nick;
	if (!from->is_there)
		return;
	model->people[step->new_nick] = *from;
	from->is_there = false;
}

static void
model_step(struct model *model, const struct step *step)
{
	const struct room_presence *presence = &step->presence;
	bool is_own = step->nick == model->own;
	if (presence->is_gone && step->new_nick >= 0 &&
	    presence->end == occupant_end_LEFT) {
		model_rename(model, step);
	} else if (presence->is_gone) {
		bool is_sure = model->is_in || presence->is_destroyed;
		if (presence->is_self || (is_sure && is_own))
			*model = (struct model){.is_out = true};
		else
			model->people[step->nick].is_there = false;
	} else {
		model->people[step->nick] =
			(struct somebody){true, presence->role, presence->affiliation};
		if (presence->is_self || (!model->is_in && is_own)) {
			model->own = step->nick;
			model->is_in = true;
		}
	}
}

static void
compare(const struct room *room, const struct model *model, int step)
{
	unsigned count = 0;
	for (int i = 0; i < NICKS; i++) {
		const struct somebody *wanted = &model->people[i];
		const struct occupant *occupant = room_find(room, nicks[i]);
		count += wanted->is_there;
		if (!occupant != !wanted->is_there)
			fail_msg("step %d: %s", step, nicks[i]);
		if (occupant && (occupant->role != wanted->role ||
				 occupant->affiliation != wanted->affiliation))
			fail_msg("step %d: what %s is", step, nicks[i]);
	}
	if (HASH_COUNT(room->occupants) != count)
		fail_msg("step %d: how many", step);
	if ((room->state == room_state_IN) != model->is_in ||
	    (room->state == room_state_OUT) != model->is_out)
		fail_msg("step %d: in", step);
	if (model->is_in && strcmp(room->nick, nicks[model->own]) != 0)
		fail_msg("step %d: nick", step);
	if (model->is_out && (room->nick || room->watchers))
		fail_msg("step %d: something is left", step);
}

static void
any_sequence_leaves_what_a_simple_model_has(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct room *room = entering("me");
		struct model model = {.own = WISH};
		unsigned random = seed;
		for (int number = 0; number < STEPS; number++) {
			struct step step = random_step(&random);
			(void)room_take(room, &step.presence);
			model_step(&model, &step);
			compare(room, &model, number);
			if (model.is_out) {
				room_free(room);
				room = entering("me");
				model = (struct model){.own = WISH};
			}
			room->watchers = room->state == room_state_IN;
		}
		room_free(room);
	}
}

static void
a_frontend_watches_once_however_often_it_says_so(void **state)
{
	struct room *room = room_new("den@rooms.example.org");
	(void)state;
	room_watch(room, 1);
	room_watch(room, 1);
	room_watch(room, 2);
	assert_false(room_unwatch(room, 3)); /* never did */
	assert_false(room_unwatch(room, 1));
	assert_false(room_unwatch(room, 1)); /* is not 2 */
	assert_true(room_unwatch(room, 2));
	assert_false(room_unwatch(room, 2));
	/* They may come and go without a word. */
	for (int64_t number = 0; number < 10 * ROOM_WATCHERS_MAX; number++)
		room_watch(room, number);
	assert_int_equal(room->watchers, ROOM_WATCHERS_MAX);
	assert_false(room_unwatch(room, 0));
	for (int64_t number = 9 * ROOM_WATCHERS_MAX; number < 10 * ROOM_WATCHERS_MAX;
	     number++)
		assert_int_equal(room_unwatch(room, number),
				 number == 10 * ROOM_WATCHERS_MAX - 1);
	room_free(room);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_presence_is_the_door),
		cmocka_unit_test(a_service_without_status_110_lets_in_too),
		cmocka_unit_test(a_service_may_choose_our_nick),
		cmocka_unit_test(a_nick_changes_and_its_owner_stays),
		cmocka_unit_test(our_going_empties_the_room),
		cmocka_unit_test(only_our_own_going_is_the_end_of_the_room),
		cmocka_unit_test(what_was_left_is_not_entered_by_a_late_presence),
		cmocka_unit_test(strange_nicks_do_no_harm),
		cmocka_unit_test(a_server_cannot_name_people_without_end),
		cmocka_unit_test(a_frontend_watches_once_however_often_it_says_so),
		cmocka_unit_test(any_sequence_leaves_what_a_simple_model_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
