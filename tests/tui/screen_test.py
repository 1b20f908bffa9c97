"""tern on a terminal, its daemon played by Python: what is shown, and what keys do."""

import re
import shutil
import time

import pytest

from fake_daemon import FakeDaemon, Failure
from house import switches_of
from terminal import Terminal

ANNA, BOB = "anna@example.org", "bob@example.org"
DAY = 86400


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact(ANNA, "Anna", ["Friends"])
        one.contact(BOB, "Bob Lee")
        one.presence(ANNA, "away", "at lunch")
        yield one


@pytest.fixture
def screen(house, daemon):
    with house.tern() as one:
        one.wait("Bob Lee")
        yield one


def open_chat(screen, name="Anna"):
    screen.line(f'/msg "{name}"')
    screen.wait(f"{name}:")


# ---- pages ----

@pytest.mark.parametrize("columns,lines", [(200, 50), (80, 24), (40, 12), (20, 6)])
def test_contacts_and_a_conversation_at_every_size(house, daemon, columns, lines):
    daemon.receive(ANNA, "a line that is long enough to be wrapped on a narrow screen, ok?")
    with house.tern(columns=columns, lines=lines) as screen:
        screen.wait("Anna")
        screen.line("/msg anna")
        screen.wait("a line")
        screen.keys("typed")
        screen.wait("typed")
        row, column = screen.cursor
        assert screen.row(row)[:column].endswith("typed")


def test_resizing_in_the_middle_of_anything(house, daemon, screen):
    daemon.receive(ANNA, "before")
    open_chat(screen)
    for columns, lines in [(40, 12), (200, 50), (10, 3), (1, 1), (80, 24)]:
        screen.keys("x")
        screen.resize(columns, lines)
        screen.settle(0.1)
    screen.wait("before")
    screen.wait("xxxxx")
    screen.keys("\x1bh")
    screen.wait("/contacts")
    screen.resize(60, 10)
    screen.keys("\x1b\x1b")
    screen.wait("before")


def test_nothing_yet_says_what_to_do(house):
    with FakeDaemon(house), house.tern() as screen:
        screen.wait("No contacts yet")
        screen.wait("No chats yet: /msg NAME")


def test_lines_have_times_days_and_the_mark_of_the_new(house, daemon, screen):
    daemon.receive(ANNA, "seen", when=1700000000)
    daemon.chats[ANNA]["read_place"] = daemon.lines[ANNA][0]["place"]
    daemon.receive(ANNA, "unread", when=1700000000 + DAY)
    daemon.receive(ANNA, "/me waves", when=1700000060 + DAY)
    open_chat(screen)
    screen.wait("waves")
    rows = [row for row in screen.lines() if row]
    first = next(i for i, row in enumerate(rows) if "seen" in row)
    assert "14 November 2023" in rows[first - 1]
    assert rows[first].startswith("22:13")
    assert any("new" in row for row in rows[first:first + 3])
    assert "* Anna waves" in screen.text()


def test_the_time_zone_is_changed_at_once(house, daemon, screen):
    daemon.receive(ANNA, "hello", when=1700000000)
    open_chat(screen)
    screen.wait("22:13  Anna: hello")
    screen.line("/set timezone Asia/Kolkata")
    screen.wait("03:43  Anna: hello")
    screen.line("/set timezone Mars/Base")
    screen.wait("no such time zone")
    screen.line("\x03/set timezone default")
    screen.wait("22:13  Anna: hello")


def test_others_text_is_cleaned(house, daemon, screen):
    daemon.receive(ANNA, "a\x1b[2Jb\x07c\u202ed")
    open_chat(screen)
    screen.wait("a\ufffd[2Jb\ufffdc\ufffdd")
    assert screen.bells <= 1


def test_wide_text_leaves_the_cursor_where_it_belongs(house, daemon, screen):
    open_chat(screen)
    screen.keys("日本e\u0301")
    screen.wait("日")
    screen.settle()
    assert screen.cursor[1] == 2 + 5


# ---- writing ----

def test_a_line_is_sent_once_and_shown_at_once(house, daemon, screen):
    open_chat(screen)
    screen.line("hello")
    assert daemon.called("message.send")["body"] == "hello"
    screen.wait("me: hello")
    screen.settle()
    assert screen.text().count("me: hello") == 1


def test_a_pending_line_is_marked_until_it_settles(house, daemon, screen):
    open_chat(screen)
    daemon.on["message.send"] = lambda params: (daemon.line(ANNA, "x"), {"id": 999,
                                                                         "state": "queued"})[1]
    screen.line("hello")
    screen.wait(re.compile(r"\d\d:\d\d\s?…\s*me: hello"))


def test_a_refused_line_comes_back_into_the_input(house, daemon, screen):
    def refuse(params):
        raise Failure("BAD_TEXT", "It holds characters that XMPP cannot carry.")
    daemon.on["message.send"] = refuse
    open_chat(screen)
    screen.line("bad text")
    screen.wait("Not sent: It holds characters")
    screen.wait("› bad text")


def test_a_failed_line_says_why(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "lost", is_own=True, state="failed", reason="no such user")
    screen.wait(re.compile(r"!\s*me: lost.*no such user"))
    daemon.receive(ANNA, "gone", is_own=True, state="failed", reason="service-unavailable")
    screen.wait("gone (not delivered: no such account, or it takes")


@pytest.mark.parametrize("typed,sent", [
    ("//x is y", "/x is y"), ("/me waves", "/me waves"), ("a\x1b\rb", "a\nb")])
def test_what_is_sent(house, daemon, screen, typed, sent):
    open_chat(screen)
    screen.line(typed)
    assert daemon.called("message.send")["body"] == sent


def test_an_unknown_command_stays_and_nothing_is_sent(house, daemon, screen):
    open_chat(screen)
    screen.line("/hlep me")
    screen.wait("/help?")
    screen.wait("› /hlep me")
    assert daemon.count("message.send") == 0


def test_a_paste_of_lines_is_held_and_sent_as_one(house, daemon, screen):
    open_chat(screen)
    screen.paste("/one\ntwo\nthree\n")
    screen.wait(re.compile(r"3 lines"))
    assert daemon.count("message.send") == 0
    screen.keys("\r")
    assert daemon.called("message.send")["body"] == "/one\ntwo\nthree"


def test_a_paste_of_one_line_waits_without_its_end(house, daemon, screen):
    open_chat(screen)
    screen.paste("just this\n")
    screen.wait("› just this")
    screen.settle()
    assert daemon.count("message.send") == 0


def test_unbracketed_lines_in_one_read_are_a_paste(house, daemon, screen):
    open_chat(screen)
    screen.keys("a\rb\rc\rd\re\rf\r")
    screen.wait("6 lines")
    screen.settle()
    assert daemon.count("message.send") == 0


def test_control_c_clears_the_line_and_never_ends(house, daemon, screen):
    open_chat(screen)
    screen.keys("something")
    screen.wait("› something")
    screen.keys("\x03\x03\x03")
    screen.wait_gone("› something")
    screen.keys("\x19")
    screen.wait("› something")


def test_text_without_a_conversation_is_kept(house, daemon, screen):
    screen.line("hello?")
    screen.wait("Your text is kept")
    screen.wait("› hello?")


def test_drafts_are_saved_within_a_second_and_come_back(house, daemon, screen):
    open_chat(screen)
    screen.keys("half a tho")
    started = time.monotonic()
    daemon.called("conversation.draft", match=lambda params: params["text"] == "half a tho")
    assert time.monotonic() - started < 1
    screen.keys("\x1bc")
    screen.wait("Bob Lee")
    open_chat(screen, "Bob Lee")
    screen.wait_gone("half a tho")
    open_chat(screen)
    screen.wait("› half a tho")


def test_typing_is_told_and_paused(house, daemon, screen):
    open_chat(screen)
    screen.keys("h")
    assert daemon.called("conversation.typing")["state"] == "composing"
    assert daemon.called("conversation.typing", count=2, seconds=8)["state"] == "paused"


def test_typing_is_not_told_when_it_is_off(house, daemon, screen):
    screen.line("/set typing off")
    daemon.called("settings.set")
    open_chat(screen)
    screen.keys("hello")
    daemon.called("conversation.draft")
    assert daemon.count("conversation.typing") == 0


def test_their_typing_is_shown(house, daemon, screen):
    open_chat(screen)
    daemon.tell("typing.changed", jid=ANNA, state="composing")
    screen.wait("Anna is typing")
    daemon.receive(ANNA, "done")
    screen.wait_gone("is typing")


def test_history_of_the_input_line(house, daemon, screen):
    open_chat(screen)
    screen.line("one")
    screen.line("two")
    screen.keys("\x1b[A")
    screen.wait("› two")
    screen.keys("\x1bOA")
    screen.wait("› one")


# ---- moving ----

def test_going_from_one_conversation_to_another(house, daemon, screen):
    daemon.receive(ANNA, "from anna")
    daemon.receive(BOB, "from bob")
    screen.wait("2 Bob Lee")
    for keys, text in [("\x1b1", "from anna"), ("\x1b2", "from bob"), ("\x10", "from anna"),
                       ("\x0e", "from bob"), ("/go 1\r", "from anna"),
                       ("/go bob\r", "from bob"), ("/contacts\r", "at lunch")]:
        screen.keys(keys)
        screen.wait(lambda s, text=text: text in s.text().rsplit("\n", 3)[0])
    daemon.receive(ANNA, "news")
    screen.wait("1 Anna (1)")
    screen.keys("\x1ba")
    screen.wait("news")


def test_scrolled_back_the_view_holds_still(house, daemon, screen):
    for number in range(200):
        row = daemon.line(ANNA, f"line {number}.")
    daemon.chat(ANNA)["read_place"] = row["place"]
    daemon.badge(ANNA)
    open_chat(screen)
    screen.wait("line 199.")
    screen.keys("\x1b[5~")
    screen.wait_gone("line 199.")
    screen.settle()
    before = screen.lines()[:18]
    daemon.receive(ANNA, "arrived meanwhile")
    screen.wait(re.compile(r"↓ \d+"))
    assert screen.lines()[:18] == before
    for _ in range(12):
        screen.keys("\x1b[5~")
        screen.settle(0.1)
    screen.wait("line 0.")
    assert daemon.called("message.page", match=lambda params: params.get("before"))
    screen.keys("\x1b>")
    screen.wait("arrived meanwhile")


def test_the_page_can_be_shown_bare(house, daemon, screen):
    daemon.receive(ANNA, "https://example.org/" + "long" * 40)
    open_chat(screen)
    screen.wait("https://")
    screen.keys("\x0f")
    screen.wait(lambda s: "Anna: https://example.org/" + "long" * 40 in "".join(s.lines()))
    screen.keys(" ")
    screen.wait("       long")


@pytest.mark.parametrize("keys", ["\x1bOP", "\x1b[11~", "\x1bh", "/help\r"])
def test_help_in_every_way(house, daemon, screen, keys):
    screen.keys(keys)
    screen.wait("/contacts")
    screen.keys("\x1b\x1b")
    screen.wait("Bob Lee")


def test_help_is_read_whole_on_a_narrow_screen(house, daemon):
    house.write("home/.config/tern/config", "ascii_marks = on\n")
    with house.tern(columns=40, lines=12) as screen:
        screen.wait("Bob Lee")
        screen.line("/help")
        screen.wait("/contacts")
        seen = ""
        for _ in range(40):
            seen += "\n".join(screen.lines()[:9])
            screen.keys("\x1b[6~")
            screen.settle(0.03)
        assert "…" not in seen.replace("[GROUP]…", "").replace("VALUE…", "")
        assert "Opens a conversation, and sends" in seen
        assert "newest line" in seen


def test_enter_in_help_begins_the_command(house, daemon, screen):
    screen.line("/help")
    screen.wait("/contacts")
    screen.keys("\x1b[B" * 2, "\r")
    screen.wait("› /msg")


def test_options_are_a_list_with_values_and_help(house, daemon, screen):
    screen.line("/set")
    screen.wait("bell = on")
    screen.wait("Rings the terminal's bell")
    screen.wait('timezone = ""')
    screen.line("/set bell off")
    screen.wait(lambda s: s.text().count("bell = off") == 2)
    assert "bell = on" not in screen.text()
    screen.line("/set typing off")
    assert daemon.called("settings.set")["value"] == "no"
    screen.wait("typing = off")
    assert "yes" not in screen.text()


def test_a_contact_without_a_name_is_called_by_its_address(house, daemon, screen):
    screen.line('/rename "Bob Lee"')
    assert daemon.called("roster.set")["name"] == ""
    daemon.contact("blank@example.org", " ")
    screen.wait("bob  bob@example.org")
    screen.wait("blank  blank@example.org")


def test_help_of_one_command(house, daemon, screen):
    screen.line("/help msg")
    screen.wait("/msg NAME|ADDRESS [TEXT]: Opens a conversation")


def test_redraw(house, daemon, screen):
    before = screen.lines()
    screen.screen.reset()
    screen.keys("\x0c")
    screen.wait("Bob Lee")
    screen.settle()
    assert screen.lines() == before


# ---- commands ----

def test_an_ambiguous_name_lists_the_candidates(house, daemon, screen):
    daemon.contact("anna2@example.net", "Anna")
    screen.line("/msg anna hi")
    screen.wait("anna@example.org")
    screen.wait("anna2@example.net")
    assert daemon.count("message.send") == 0
    screen.wait("› /msg anna hi")


def test_msg_to_an_address_opens_and_sends(house, daemon, screen):
    screen.line("/msg Carl@Example.ORG hello there")
    sent = daemon.called("message.send")
    assert (sent["jid"], sent["body"]) == ("carl@example.org", "hello there")
    screen.wait("me: hello there")


@pytest.mark.parametrize("line,method,expected", [
    ("/add new@example.org New One", "roster.set",
     {"jid": "new@example.org", "name": "New One", "subscribe": True}),
    ("/remove bob", "roster.remove", {"jid": BOB}),
    ("/rename bob Robert L", "roster.set", {"jid": BOB, "name": "Robert L"}),
    ('/group bob Work "Old Friends"', "roster.set",
     {"jid": BOB, "set_groups": True, "groups": ["Work", "Old Friends"]}),
    ("/block bob", "block.add", {"jid": BOB}),
    ("/away gone fishing", "presence.set", {"show": "away", "text": "gone fishing"}),
    ("/xa", "presence.set", {"show": "xa"}),
    ("/dnd", "presence.set", {"show": "dnd"}),
    ("/online", "presence.set", {"show": "online"}),
    ("/disconnect", "link.disconnect", {}),
    ("/connect", "link.connect", {}),
])
def test_commands_become_calls(house, daemon, screen, line, method, expected):
    screen.line(line)
    params = daemon.called(method)
    assert {**params, **expected} == params


def test_requests_are_shown_and_answered(house, daemon, screen):
    daemon.request("zed@example.net", "hi, it is me")
    screen.wait("1 request")
    screen.wait("hi, it is me")
    screen.line("/accept")
    assert daemon.called("subscription.accept")["jid"] == "zed@example.net"
    screen.wait_gone("1 request")


def test_completion(house, daemon, screen):
    screen.keys("/conta\t")
    screen.wait("› /contacts")
    screen.keys("\x03/msg bo\t")
    screen.wait('› /msg "Bob Lee"')
    screen.keys("\x03/set be\t")
    screen.wait("› /set bell")
    screen.keys("o\t")
    screen.keys("\x03/co\t")
    screen.wait("› /config")
    screen.keys("\t")
    screen.wait("› /connect")
    screen.keys("\t")
    screen.wait("› /contacts")


def test_bindings_are_kept(house, daemon, screen):
    screen.line("/bind C-t contacts")
    screen.wait("C-t does contacts")
    screen.line("/detach")
    screen.wait_exit()
    with house.tern() as again:
        again.wait("Bob Lee")
        open_chat(again)
        again.keys("\x14")
        again.wait("at lunch")


def test_an_unknown_option_and_a_wrong_value(house, daemon, screen):
    screen.line("/set nonsense 1")
    screen.wait("no option nonsense")
    screen.line("\x03/set bell loud")
    screen.wait("bell")
    screen.line("\x03/set bell off")
    screen.wait("bell = off")


def test_an_unknown_theme_is_refused(house, daemon, screen):
    screen.line("/theme nonsense")
    screen.wait("There is no theme nonsense; /theme shows which there are.")
    for name in ("default", "mine"):
        house.write(f"home/.config/tern/themes/{name}.theme", "")
    screen.line("\x03/theme")
    screen.wait("The theme is default. There are: default, mine.")


# ---- being told ----

def test_the_bell_rings_once_in_five_seconds(house, daemon, screen):
    open_chat(screen)
    screen.settle()
    before = screen.bells
    daemon.receive(BOB, "one")
    daemon.receive(BOB, "two")
    screen.wait("Bob Lee (2)")
    screen.settle()
    assert screen.bells == before + 1


def test_no_bell_when_it_is_off_or_read(house, daemon, screen):
    open_chat(screen)
    screen.focus(True)
    daemon.receive(ANNA, "read at once")
    screen.wait("read at once")
    screen.line("/set bell off")
    screen.wait("bell = off")
    daemon.receive(BOB, "quiet")
    screen.wait("Bob Lee (1)")
    screen.settle()
    assert screen.bells == 0


def test_the_title_counts_the_unread(house, daemon, screen):
    daemon.receive(BOB, "one")
    screen.wait(lambda s: s.title.startswith("(1)"))
    open_chat(screen, "Bob Lee")
    screen.focus(True)
    screen.wait(lambda s: s.title == "Bob Lee - tern")


def test_focus_decides_what_is_read(house, daemon, screen):
    open_chat(screen)
    screen.focus(False)
    daemon.receive(ANNA, "while away")
    screen.wait("while away")
    screen.settle()
    assert daemon.count("conversation.read") == 0
    screen.focus(True)
    assert daemon.called("conversation.read")["place"] == daemon.lines[ANNA][0]["place"]


def test_without_focus_reports_the_next_key_reads(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "unseen")
    screen.wait("unseen")
    screen.settle()
    assert daemon.count("conversation.read") == 0
    screen.keys("x")
    daemon.called("conversation.read")


# ---- terminals ----

def test_a_terminal_that_is_not_known(house, daemon):
    with house.tern(TERM="xterm-nonsense") as screen:
        screen.wait("does not know the terminal xterm-nonsense")


@pytest.mark.parametrize("term,sentence", [("dumb", "TERM is dumb"), ("", "TERM is not set")])
def test_a_terminal_that_cannot_draw(house, term, sentence):
    with house.tern(TERM=term) as screen:
        assert screen.wait_exit() == 1
        assert sentence in screen.text()


def test_without_a_terminal(house):
    done = house.run("tern", code=1)
    assert "needs a terminal" in done.stderr


def test_without_a_utf8_locale(house, daemon):
    with house.tern(LANG="C", LC_ALL="C") as screen:
        screen.wait("Bob Lee")
        screen.wait("●")


@pytest.mark.parametrize("tool", ["tmux", "screen"])
def test_inside(house, daemon, tool):
    path = shutil.which(tool)
    if not path:
        pytest.skip(f"{tool} is not installed")
    argv = {"tmux": [path, "-f", "/dev/null", "-S", house.path("tmux"), "new-session",
                     house.program("tern")],
            "screen": [path, "-c", "/dev/null", "-U", house.program("tern")]}[tool]
    env = {**house.env, "SCREENDIR": house.path("screens")}
    with Terminal(argv, env=env, cwd=house.home) as screen:
        screen.wait("Bob Lee", 15)
        screen.line('/msg "Bob Lee" hello')
        assert daemon.called("message.send")["body"] == "hello"
        screen.wait("me: hello")
        screen.keys("\x1b")
        screen.keys("c")
        screen.wait("at lunch")
        screen.line("/detach")
        screen.wait_exit()


def test_suspend_and_come_back(house, daemon):
    with Terminal(["/bin/bash", "--norc", "-i"], env={**house.env, "PS1": "shell> "},
                  cwd=house.home) as screen:
        screen.wait("shell>")
        screen.line("tern")
        screen.wait("Bob Lee")
        screen.keys("\x1a")
        screen.wait("Stopped")
        screen.line("fg")
        screen.wait("Bob Lee")
        screen.wait("F1: help")
        screen.line("/detach")
        screen.wait("stays online")


# ---- idleness ----

def test_idle_means_no_wakeups(house, daemon, screen):
    screen.settle(1)
    before = switches_of(screen.pid)
    screen.settle(2, seconds=2.5)
    assert switches_of(screen.pid) == before
