"""A room's form (XEP-0004) from the command line and in tern: every type of field, and forms that
nobody should send; requests for a voice, which are forms as well. The real ones are in
test_rooms_admin.py."""

import json
import re

import pytest

from room_server import (ALICE, MUC, ROOM, error, make_authority,  # noqa: F401
                         make_place, occupant)

FORM = """<title>The den</title><instructions>Fill it in</instructions>
<field type='hidden' var='FORM_TYPE'><value>t</value></field>
<field type='fixed'><value>Be kind.</value></field>
<field type='boolean' var='m#c_open' label='Open to all'><value>1</value></field>
<field type='text-single' var='m#c_name' label='Name'><required/><desc>What it is called</desc>
<value>Den</value></field>
<field type='text-multi' var='m#c_words' label='Words'><value>one</value><value>two</value></field>
<field type='text-private' var='m#c_secret' label='Secret'><value>sesame</value></field>
<field type='list-single' var='m#c_whois' label='Who may see addresses'>
<option label='Everybody'><value>all</value></option>
<option label='Moderators'><value>mods</value></option><value>all</value></field>
<field type='list-multi' var='m#c_roles' label='Shown'>
<option label='Visitors'><value>v</value></option><option><value>p</value></option>
<option label='Moderators'><value>m</value></option><value>v</value></field>
<field type='jid-single' var='m#c_owner' label='Owner'><value>a@b.c</value></field>
<field type='jid-multi' var='m#c_admins' label='Admins'><value>a@b.c</value></field>"""
PLAIN = {"FORM_TYPE": ["t"], "m#c_open": ["1"], "m#c_name": ["Den"], "m#c_words": ["one", "two"],
         "m#c_secret": ["sesame"], "m#c_whois": ["all"], "m#c_roles": ["v"],
         "m#c_owner": ["a@b.c"], "m#c_admins": ["a@b.c"]}


@pytest.fixture(name="den")
def make_den(place):  # noqa: F811
    place.join()
    place.server.form = FORM
    return place


def config(den, *words, code=0, **more):
    done = den.house.run("ternctl", "room", "config", ROOM, *words, code=code, **more)
    return done.stderr if code else done.stdout


def submitted(den):
    """What the last submission changed in the form, which always comes whole."""
    fields = den.server.submitted[-1]
    assert set(fields) == set(PLAIN)
    return {var.rpartition("_")[2]: values for var, values in fields.items()
            if values != PLAIN[var]}


# ------------------------------------------------------------------ from the command line

def test_json_sets_every_type_of_field(den):
    wish = {"open": False, "name": "Lair", "words": ["three", "four\nfive"], "secret": "pst",
            "whois": "Moderators", "roles": ["p", "m"], "owner": "x@y.z",
            "m#c_admins": ["x@y.z", "u@v.w"]}
    meant = {"open": ["0"], "name": ["Lair"], "words": ["three", "four", "five"],
             "secret": ["pst"], "whois": ["mods"], "roles": ["p", "m"], "owner": ["x@y.z"],
             "admins": ["x@y.z", "u@v.w"]}
    config(den, json.dumps(wish))
    assert submitted(den) == meant
    config(den, "-", input=json.dumps(wish, indent=1))
    assert submitted(den) == meant and len(den.server.submitted) == 2
    config(den, '{"words": null, "admins": [], "roles": []}')
    assert submitted(den) == {"words": [], "admins": [], "roles": []}
    config(den, "{}")
    assert submitted(den) == {}


def test_pairs_set_every_type_of_field(den):
    config(den, "open=off", "name=Lair", "words=three", "words=four", "secret=pst", "whois=mods",
           "roles=p", "roles=m", "owner=x@y.z", "admins=x@y.z", "admins=u@v.w")
    assert submitted(den) == {
        "open": ["0"], "name": ["Lair"], "words": ["three", "four"], "secret": ["pst"],
        "whois": ["mods"], "roles": ["p", "m"], "owner": ["x@y.z"],
        "admins": ["x@y.z", "u@v.w"]}


def test_the_form_is_printed_as_json_and_read_back(den):
    form = json.loads(den.house.run("ternctl", "--json", "room", "config", ROOM).stdout)
    assert form["title"] == "The den" and form["instructions"] == "Fill it in"
    assert [field["type"] for field in form["fields"]] == [
        "hidden", "fixed", "boolean", "text-single", "text-multi", "text-private",
        "list-single", "list-multi", "jid-single", "jid-multi"]
    config(den, "-", input=json.dumps({field["var"]: field.get("values", [])
                                       for field in form["fields"]
                                       if field["type"] not in ("hidden", "fixed")}))
    assert submitted(den) == {}


@pytest.mark.parametrize("text,said,code", [
    ('{"open": maybe}', "line 1, column 10", 2),
    ('{"open": true', "a comma or }", 2),
    ('{"open": {}}', "column 10", 2),
    ('{"open": "often"}', "m#c_open is yes or no", 1),
    ('{"name": ""}', "m#c_name needs a value", 1),
    ('{"name": "a\\nb"}', "m#c_name is one line", 1),
    ('{"name": ["a", "b"]}', "m#c_name takes one value", 1),
    ('{"whois": "me"}', "m#c_whois is one of all, mods", 1),
    ('{"roles": ["v", "x"]}', "m#c_roles is one of v, p, m", 1),
    ('{"owner": "a b"}', "m#c_owner: a b is no address", 1),
    ('{"admins": ["a@b.c", "@"]}', "m#c_admins: @ is no address", 1),
    ('{"FORM_TYPE": "x"}', "FORM_TYPE cannot be set", 1),
    ('{"nonsense": 1}', "no field nonsense", 1)])
def test_what_is_wrong_is_told_with_its_place(den, text, said, code):
    assert said in config(den, text, code=code)
    assert said in config(den, "-", code=code, input=text)
    assert den.server.submitted == []


def test_json_stands_alone(den):
    assert "nothing may follow" in config(den, "{}", "name=x", code=2)
    assert "no text in UTF-8" in den.house.run("ternctl", "room", "config", ROOM, "-", code=2,
                                               input="{\0}").stderr


# ------------------------------------------------------------------ in tern

@pytest.fixture(name="screen", params=[(80, 24), (40, 12)], ids=["80x24", "40x12"])
def make_screen(den, request):
    columns, lines = request.param
    with den.house.tern("-p", "home", columns=columns, lines=lines) as screen:
        screen.wait("● home")
        screen.line(f"/join {ROOM}")
        screen.wait(re.compile(r"● home .*den"))
        yield screen


def show(screen):
    screen.line("/config")
    screen.wait("Fill it in")


def go(screen, label):
    """Moves down until LABEL has the focus."""
    for _ in range(20):
        if re.search(rf"^> (\[.\] )?{label}", screen.settle(0.05).text(), re.MULTILINE):
            return
        screen.keys("\t")
    raise AssertionError(f"{label} was never reached\n{screen.picture()}")


LEFT, DOWN, PAGE_DOWN, ESC = "\x1b[D", "\x1b[B", "\x1b[6~", "\x1b"


def test_a_form_is_filled_in_and_sent(den, screen):
    show(screen)
    go(screen, "Open to all")
    screen.keys(" ")
    screen.wait("[ ] Open to all")
    go(screen, "Name")
    screen.wait(re.compile(r"What it is called Needs a value\.\s+\(name\)"))
    screen.keys("\x15Lair")
    go(screen, "Words")
    screen.keys("\r", "three")
    screen.wait("│ three")
    go(screen, "Secret")
    assert "sesame" not in screen.text() and "••••••" in screen.text()
    screen.keys("\x15pst")
    go(screen, "Who may see addresses")
    screen.wait("‹ Everybody ›")
    screen.keys(LEFT)
    screen.wait("‹ Moderators ›")
    go(screen, "p$")
    screen.keys(" ")
    screen.wait("[x] p")
    go(screen, "Owner")
    screen.keys("\x15x@y.z")
    go(screen, "Admins")
    screen.keys("\r", "x@y.z")
    screen.keys("\t")
    screen.wait("Esc gives up.")
    screen.keys("\r")
    screen.wait("The room took it.")
    screen.wait("● home")
    assert submitted(den) == {
        "open": ["0"], "name": ["Lair"], "words": ["one", "two", "three"], "secret": ["pst"],
        "whois": ["mods"], "roles": ["v", "p"], "owner": ["x@y.z"],
        "admins": ["a@b.c", "x@y.z"]}


def test_what_does_not_fit_is_told_at_its_field(den, screen):
    show(screen)
    go(screen, "Owner")
    screen.keys("\x15a b", "\x13")
    screen.wait("is no address")
    assert "> Owner" in screen.text() and den.server.submitted == []
    # What the room says is told there too, and nothing that was typed is lost.
    den.server.configure = lambda session, text, room: (
        den.server.reply(session, text, error("not-acceptable", text="No owners today"), "error")
        if '"set"' in text else den.server.honest_configure(session, text, room))
    screen.keys("\x15x@y.z", "\x13")
    screen.wait("owners today")
    den.server.configure = den.server.honest_configure
    screen.keys("\x13")
    screen.wait("The room took it.")
    assert submitted(den) == {"owner": ["x@y.z"]}


def test_a_form_is_given_up(den, screen):
    show(screen)
    screen.keys(ESC)
    screen.wait("● home")
    screen.keys("half a line")
    screen.wait("half a line")
    screen.keys("\x15")
    show(screen)
    go(screen, "Name")
    screen.keys("!", "\r")  # Enter goes on and sends nothing
    screen.wait("> Words")
    screen.keys(ESC)
    screen.wait("Esc again gives up")
    screen.keys(ESC)
    screen.wait("● home")
    show(screen)
    assert "Den!" not in screen.text()
    screen.keys("\x1b[Z", "\r")
    screen.wait("● home")
    assert den.server.submitted == []


def test_a_refused_form_is_told_in_words(den, screen):
    den.server.configure = lambda session, text, room: den.server.reply(
        session, text, error("forbidden"), "error")
    screen.line("/config")
    screen.wait("You may not")
    den.server.configure = lambda session, text, room: den.server.reply(session, text)
    screen.line("/config")
    screen.wait("nothing to configure")


def test_a_form_that_comes_late_takes_no_keys(den, screen):
    held = []
    den.server.configure = lambda session, text, room: held.append((session, text, room))
    screen.line("/config")
    den.wait(lambda: held)
    screen.line("/contacts")
    screen.wait("Rooms")
    den.server.honest_configure(*held[0])
    screen.wait("/config there asks for it")
    assert "Fill it in" not in screen.text()


EVIL = "\N{RIGHT-TO-LEFT OVERRIDE}liev\N{PARAGRAPH SEPARATOR}\u2067x"
HOSTILE = {
    "many fields": "".join(f"<field var='f{n}' type='text-single' label='Field {n}'/>"
                           for n in range(900)),
    "many options": "<field var='f' type='list-multi'>" + "".join(
        f"<option><value>{n}</value></option>" for n in range(900)) + "</field>",
    "long": f"<field var='f' label='{'long ' * 2000}'><value>{'x' * 60000}</value></field>",
    "bidi": f"<title>{EVIL}</title><field var='f' label='{EVIL}'><desc>{EVIL}</desc>"
            f"<value>{EVIL}</value></field>",
    "empty": "<field/><field var=''/><field var='a' type='list-single'/><field var='b' "
             "type='list-multi'><option/><option label=''><value/></option></field>"
             "<field var='c' type='list-single'><option><value/></option></field>",
    "twice": "<field var='f'/><field var='f' type='boolean'/><field var='f' type='hidden'/>",
    "nothing": "",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_forms_are_shown_safely(den, kind):
    den.server.form = f"<instructions>Fill it in</instructions>{HOSTILE[kind]}"
    with den.house.tern("-p", "home", columns=40, lines=12) as screen:
        screen.wait("● home")
        screen.line(f"/join {ROOM}")
        screen.wait(re.compile(r"● home .*den"))
        show(screen)
        for _ in range(3):
            screen.keys(PAGE_DOWN, DOWN, " ")
        screen.keys("\x1b[Z", "\x1b[Z", "\t")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", screen.settle().text())
        assert screen.process.poll() is None
        screen.keys("\x13")
        screen.wait(re.compile(r"took it|XMPP\s+cannot\s+carry|is one of|is yes|cannot be set|needs"))


def test_each_of_many_fields_is_reached_and_set(den, screen):
    den.server.form = f"<instructions>Fill it in</instructions>{HOSTILE['many fields']}"
    show(screen)
    screen.keys("\x1b[Z", "\x1b[Z", "\x1b[Z", "last", "\x13")
    screen.wait("The room took it.")
    fields = den.server.submitted[-1]
    assert len(fields) == 900 and {var for var in fields if fields[var]} == {"f899"}
    config(den, json.dumps({f"f{n}": n for n in range(900)}))
    assert den.server.submitted[-1] == {f"f{n}": [str(n)] for n in range(900)}


def test_a_form_larger_than_all_is_left_out(den, screen):
    den.server.form = "".join(f"<field var='f{n}'/>" for n in range(3000))
    screen.line("/config")
    screen.wait(re.compile(r"too\s+large"))
    den.server.form = FORM
    show(screen)


def test_a_long_value_goes_back_whole_or_not_at_all(den):
    den.server.form = f"{FORM}<field var='long'><value>{'x' * 100000}</value></field>"
    config(den, "name=Lair")
    assert den.server.submitted[-1]["long"] == ["x" * 100000]
    den.server.form = f"{FORM}<field var='long'><value>{'x' * 300000}</value></field>"
    assert "nothing was changed" in config(den, "name=Lair", code=1)
    assert len(den.server.submitted) == 1
    config(den, "name=Lair", "long=short")
    assert den.server.submitted[-1]["long"] == ["short"]


# ------------------------------------------------------------------ requests for a voice

def request(nick="Bob", sender=ROOM, kind="", form="form", what=f"{MUC}#request"):
    return (f"<message from='{sender}' to='{ALICE}/x'{kind}><x xmlns='jabber:x:data' "
            f"type='{form}'><field var='FORM_TYPE'><value>{what}</value></field>"
            f"<field var='muc#roomnick'><value>{nick}</value></field></x></message>")


def test_a_request_for_a_voice_is_believed_from_the_room_alone(place):  # noqa: F811
    place.join()
    place.say(occupant("Bob", role="visitor"), occupant("Eve", role="visitor"))
    place.say(request("Bob"))  # while we are no moderator
    place.say(occupant("Alice", "110", role="moderator"))
    place.say(request("Bob", f"{ROOM}/Eve"), request("Bob", "pit@rooms.localhost"),
              request("Bob", "bob@localhost"), request("Bob", form="submit"),
              request("Bob", kind=" type='error'"), request("Bob", kind=" type='groupchat'"),
              request("Bob", what="t"), request("Nobody"), request(""), request("x" * 2000),
              request("Alice"), *[request("Bob")] * 50, request("Eve"))
    asked = [place.bridge.wait_event("room.voice_asked")["nick"] for _ in range(2)]
    assert asked == ["Bob", "Eve"]
    assert place.state() == "in" and all(not body for _, body, _ in place.talk())


def test_a_room_that_does_not_pass_it_on_is_told(place):  # noqa: F811
    place.server.enter = lambda session, room, nick: session.send(
        occupant(nick, "110", room=room, role="visitor"))
    place.join()
    place.bridge.call("room.voice", profile="home", jid=ROOM)
    place.wait(lambda: any(f"{MUC}#request" in text for text in place.session.log))
    sent = next(text for text in place.session.log if f"{MUC}#request" in text)
    ident = re.search(r' id="([^"]*)"', sent)[1]
    place.say(f"<message type='error' id='{ident}' from='{ROOM}/Eve' to='{ALICE}/x'>"
              f"{error('forbidden')}</message>",
              f"<message type='error' id='{ident}' from='{ROOM}' to='{ALICE}/x'>"
              f"{error('not-acceptable', text='Twice in an hour')}</message>")
    notice = place.bridge.wait_event("profile.notice")
    assert notice["jid"] == ROOM and "for a voice: Twice in an hour" in notice["text"]


def test_a_visitor_asks_in_tern(place):  # noqa: F811
    place.server.enter = lambda session, room, nick: session.send(
        occupant(nick, "110", room=room, role="visitor"))
    with place.house.tern("-p", "home", columns=99) as screen:
        screen.wait("● home")
        screen.line(f"/join {ROOM}")
        screen.wait("/voice asks for that.")
        screen.line("/voice")
        screen.wait("The moderators are asked to let you speak.")
        place.wait(lambda: any(f"{MUC}#request" in text for text in place.session.log))
        place.say(occupant("Alice", "110", role="participant"))
        screen.wait("You may speak here now.")
