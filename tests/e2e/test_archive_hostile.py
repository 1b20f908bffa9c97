"""Archives that lie, stumble or loop (XEP-0313): what is not proven is not shown, what is
there comes once and in order, and no page of any shape stops or empties the chat."""

import glob
import re
import sqlite3
import tempfile
import time

import pytest

from certificates import Authority
from deadline import Deadline
from house import House
from scripted_server import ScriptedServer

MAM, RSM, SID = "urn:xmpp:mam:2", "http://jabber.org/protocol/rsm", "urn:xmpp:sid:0"
DISCO = "http://jabber.org/protocol/disco#info"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ALICE, BOB = "alice@localhost", "bob@localhost"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


def stamp(number):
    return f"2020-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def unescape(text):
    return text.replace("&apos;", "'").replace("&quot;", '"').replace("&amp;", "&")


class Keeper(ScriptedServer):
    """A server with an archive: `archive` holds (id, message) of Alice, oldest first. Tests
    replace `page` (what answers a query) or parts of it."""

    def __init__(self, authority, **more):
        super().__init__(authority, **more)
        self.archive = []
        self.features = [MAM, SID]
        self.page_max = 50
        self.queries = []
        self.prefs = f"<prefs xmlns='{MAM}' default='always'><always/><never/></prefs>"
        self.on_stanza = self.reply
        self.keeps = lambda text: True
        self.answers_pings = False
        self.fences = 0
        self.count = 0

    def add(self, body, who=BOB, to=ALICE, ident=None, more="", key=None):
        """Puts a message into the archive; its archive id."""
        self.count += 1
        key = key or f"a{self.count:06}"
        ident = ident or f"m{self.count}"
        self.archive.append((key, f"<message xmlns='jabber:client' from='{who}/x' to='{to}' "
                                  f"type='chat' id='{ident}'><body>{body}</body>{more}</message>"))
        return key

    def reply(self, session, text):
        if text.startswith("<message"):
            if "<body>" in text and self.keeps(text):
                inner = re.sub(r"^<message", f"<message xmlns='jabber:client' from='{session.jid}'",
                               text)
                self.count += 1
                self.archive.append((f"a{self.count:06}", inner))
        elif DISCO in text and 'type="get"' in text:
            features = "".join(f"<feature var='{name}'/>" for name in self.features)
            session.answer(text, f"<query xmlns='{DISCO}'>{features}</query>")
        elif "jabber:iq:roster" in text and 'type="get"' in text:
            session.answer(text, "<query xmlns='jabber:iq:roster'>"
                           f"<item jid='{BOB}' subscription='both'/></query>")
        elif "<prefs" in text:
            session.answer(text, self.prefs)
        elif MAM in text and 'type="set"' in text:
            self.queries.append(text)
            self.page(session, text)
        elif "urn:xmpp:ping" in text and 'type="get"' in text and self.answers_pings:
            ident = re.search(r'\bid="([^"]*)', text)[1]
            session.send(f"<iq type='result' id='{ident}' from='localhost'/>")
        elif text.startswith("<iq") and ("blocklist" in text or "carbons" in text):
            session.answer(text, "<error type='cancel'><service-unavailable "
                           f"xmlns='{STANZAS}'/></error>", "error")

    # ---- an honest page

    @staticmethod
    def wish(text, name):
        match = re.search(rf"<{name}>([^<]*)</{name}>", text)
        if match:
            return unescape(match[1])
        return "" if f"<{name}/>" in text else None

    @staticmethod
    def field(text, name):
        match = re.search(rf'var="{name}"[^>]*><value>([^<]*)', text)
        return match[1] if match else None

    def select(self, text):
        rows = self.archive
        with_jid = self.field(text, "with")
        if with_jid:
            rows = [row for row in rows if f"'{with_jid}/" in row[1] or f'"{with_jid}"' in row[1]
                    or f"'{with_jid}'" in row[1]]
        return rows

    def result(self, query_id, key, message, number=0):
        return (f"<message from='{ALICE}' to='{ALICE}/x'><result xmlns='{MAM}' "
                f"queryid='{query_id}' id='{key}'><forwarded xmlns='urn:xmpp:forward:0'>"
                f"<delay xmlns='urn:xmpp:delay' stamp='{stamp(number)}'/>{message}</forwarded>"
                "</result></message>")

    def fin(self, rows, is_complete, marks=True):
        complete = " complete='true'" if is_complete else ""
        inner = (f"<first index='0'>{rows[0][0]}</first><last>{rows[-1][0]}</last>"
                 if rows and marks else "")
        return f"<fin xmlns='{MAM}'{complete}><set xmlns='{RSM}'>{inner}</set></fin>"

    def page(self, session, text):
        query_id = re.search(r'queryid="([^"]*)"', text)[1]
        rows = self.select(text)
        limit = min(int(self.wish(text, "max") or self.page_max), self.page_max)
        before, after = self.wish(text, "before"), self.wish(text, "after")
        keys = [key for key, _ in self.archive]
        if (after and after not in keys) or (before and before not in keys):
            session.answer(text, f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/>"
                           "</error>", "error")
            return
        order = {key: index for index, key in enumerate(keys)}
        if after:
            rows = [row for row in rows if order[row[0]] > order[after]]
        if before:
            rows = [row for row in rows if order[row[0]] < order[before]]
        is_complete = len(rows) <= limit
        rows = rows[-limit:] if before is not None else rows[:limit]
        self.give(session, text, query_id, rows, is_complete)

    def give(self, session, text, query_id, rows, is_complete):
        session.send("".join(self.result(query_id, key, message, int(key[1:]))
                             for key, message in rows))
        session.answer(text, self.fin(rows, is_complete))

    def fence(self, session, seconds=20):
        self.fences += 1
        name = f"fence-{self.fences}"
        session.send(f"<iq type='get' id='{name}' from='localhost'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        return session.wait(rf"<iq[^>]*id=\"{name}\"", seconds)


class Place:
    """Alice's profile "home", logged in at a Keeper, looked at over the bridge."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        self.bridge = self.session = None

    def come_online(self):
        self.house.create_profile(self.server, "alice", "secret")
        self.greet()
        self.bridge = self.house.bridge()
        self.bridge.call("profile.attach", profile="home")
        return self

    def greet(self):
        self.session = self.server.session(20)
        self.session.wait("<presence", 20)
        self.server.fence(self.session)

    def come_back(self):
        """The link breaks and the session is lost; the next one is online."""
        self.session.close()
        self.greet()

    def say(self, *texts):
        for text in texts:
            self.session.send(text)
        return self.server.fence(self.session)

    def live(self, body, key=None, by=ALICE, sender=f"{BOB}/x", ident="", origin=""):
        mark = f"<stanza-id xmlns='{SID}' by='{by}' id='{key}'/>" if key else ""
        mine = f"<origin-id xmlns='{SID}' id='{origin}'/>" if origin else ""
        name = f" id='{ident}'" if ident else ""
        return (f"<message from='{sender}' to='{ALICE}' type='chat'{name}><body>{body}</body>"
                f"{mark}{mine}</message>")

    def rows(self, jid=BOB, is_local=True):
        rows, before = [], None
        while True:
            more = {"before": before} if before else {}
            page = self.bridge.call("message.page", profile="home", jid=jid, limit=200,
                                    is_local=is_local, seconds=20, **more)
            lines = page.get("lines", [])
            rows = lines + rows
            if not lines or (is_local and len(lines) < 200):
                return rows
            before = lines[0]["place"]

    def bodies(self, jid=BOB, **more):
        return [row["body"] for row in self.rows(jid, **more)]

    def wait_bodies(self, expected, jid=BOB, seconds=8):
        deadline = Deadline(seconds)
        while (seen := self.bodies(jid)) != expected:
            assert not deadline.is_over(), f"{seen} is not {expected}"
            time.sleep(0.02)

    def wait_lines(self, check, jid=BOB, seconds=8):
        deadline = Deadline(seconds)
        while not check(rows := self.rows(jid)):
            assert not deadline.is_over(), [(r["body"], r["state"]) for r in rows]
            time.sleep(0.02)
        return rows

    def send(self, body, jid=BOB):
        return self.bridge.call("message.send", profile="home", jid=jid, body=body,
                                token=self.bridge.token())["id"]


@pytest.fixture(name="place")
def make_place(authority):
    with House() as house, Keeper(authority) as server:
        place = Place(house, server)
        yield place
        if place.bridge:
            place.bridge.close()


def sent_ids(session):
    """The ids of all messages with text that the client sent in SESSION."""
    return [re.search(r'id="([^"]*)"', text)[1] for text in session.log
            if text.startswith("<message") and "<body>" in text]


def wait_sent(session, ids, seconds=8):
    deadline = Deadline(seconds)
    while sent_ids(session)[:len(ids)] != ids:
        assert not deadline.is_over(), f"{sent_ids(session)} is not {ids}"
        time.sleep(0.02)


def numbers(first, last):
    return [str(n) for n in range(first, last + 1)]


# ------------------------------------------------------------------ an honest archive

def test_a_first_login_takes_the_newest_page_only(place):
    for body in numbers(1, 120):
        place.server.add(body)
    place.come_online()
    place.wait_bodies(numbers(71, 120))


def test_a_long_absence_is_caught_up_in_order_between_old_and_live(place):
    place.server.add("1")
    place.come_online()
    place.wait_bodies(["1"])
    for body in numbers(2, 330):
        place.server.add(body)
    place.come_back()
    key = place.server.add("331")
    place.say(place.live("331", key))
    place.wait_bodies(numbers(1, 331))


def test_messages_between_the_newest_page_and_presence_are_not_missed(place):
    place.come_online()
    for body in numbers(1, 60):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        honest(session, text, query_id, rows, is_complete)
        if "<before/>" in text and place.server.count == 60:
            place.server.add("61")
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 61))


def test_an_interrupted_catch_up_goes_on_where_it_stopped(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest, pages = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        if "<before/>" not in text:
            pages.append(text)
        if len(pages) == 3:
            pages.append("cut")
            session.send("".join(place.server.result(query_id, *row) for row in rows[:20]))
            session.close()
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.session.close()
    place.session = place.server.session(20)
    place.greet()
    place.wait_bodies(numbers(1, 400))
    after = [place.server.wish(text, "after") for text in place.server.queries
             if "<before/>" not in text]
    assert after.count(after[1]) <= 2, after


def test_a_killed_process_goes_on_where_it_stopped(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest, pages = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        pages.append(text)
        if len(pages) == 4:
            [pid] = place.house.session_pids()
            place.house.kill(pid)
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.session.close()
    place.session = place.server.session(20)
    place.greet()
    place.bridge.close()
    place.bridge = place.house.bridge()
    place.bridge.call("profile.attach", profile="home")
    place.wait_bodies(numbers(1, 400))


def test_older_pages_are_fetched_when_asked_for(place):
    for body in numbers(1, 260):
        place.server.add(body)
    place.server.add("other", who="carol@localhost")
    place.come_online()
    place.wait_bodies(numbers(212, 260))
    assert place.bodies(is_local=False) == numbers(1, 260)
    before = len(place.server.queries)
    assert place.bodies(is_local=False) == numbers(1, 260)
    assert len(place.server.queries) == before


def test_without_an_archive_everything_else_works(place):
    place.server.features = []
    place.server.add("kept by nobody")
    place.come_online()
    place.say(place.live("hi", "x1"))
    place.send("hello")
    place.session.wait("hello")
    place.wait_bodies(["hi", "hello"])
    assert not place.server.queries


def test_progress_is_shown_when_it_takes_long(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        time.sleep(0.4)
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 400), seconds=30)
    events = place.bridge.events
    busy = [index for index, (name, params) in enumerate(events) if name == "link.changed" and
            params["link"]["state"] == "catching-up"]
    assert busy and len(busy) <= 12
    assert events[busy[-1]][1]["link"]["caught"] > 0
    del events[:busy[-1] + 1]
    link = place.bridge.wait_event("link.changed")["link"]
    assert link["state"] == "online" and not link.get("caught")


# ------------------------------------------------------------------ pages of odd shapes

def no_marks(server, session, text, query_id, rows, is_complete):
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, is_complete, marks=False))


def empty_and_never_complete(server, session, text, query_id, rows, is_complete):
    session.answer(text, server.fin([], False))


def empty_with_marks(server, session, text, query_id, rows, is_complete):
    session.answer(text, server.fin(rows, is_complete))


def same_page_for_ever(server, session, text, query_id, rows, is_complete):
    rows = server.archive[:50]
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, False))


def two_pages_in_a_circle(server, session, text, query_id, rows, is_complete):
    server.turn = not getattr(server, "turn", False)
    rows = server.archive[:20] if server.turn else server.archive[20:40]
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, False))


def every_result_twice(server, session, text, query_id, rows, is_complete):
    session.send("".join(2 * server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, is_complete))


def no_fin(server, session, text, query_id, rows, is_complete):
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, "")


def refusal(server, session, text, query_id, rows, is_complete):
    session.answer(text, f"<error type='wait'><internal-server-error xmlns='{STANZAS}'/>"
                   "</error>", "error")


def nothing_known(server, session, text, query_id, rows, is_complete):
    session.answer(text, f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/></error>",
                   "error")


@pytest.mark.parametrize("shape, is_whole", [
    (no_marks, True), (every_result_twice, True), (empty_and_never_complete, False),
    (empty_with_marks, False), (same_page_for_ever, False), (two_pages_in_a_circle, False),
    (no_fin, False), (refusal, False), (nothing_known, False)],
    ids=lambda value: getattr(value, "__name__", None))
def test_pages_of_odd_shapes_are_survived(place, shape, is_whole):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 130):
        place.server.add(body)
    place.server.give = lambda *args: shape(place.server, *args)
    place.come_back()
    key = place.server.add("live")
    place.say(place.live("live", key))
    place.wait_lines(lambda rows: rows and rows[-1]["body"] == "live")
    if is_whole:
        place.wait_bodies(numbers(1, 130) + ["live"])
    seen = [int(body) for body in place.bodies()[:-1]]
    assert seen == sorted(set(seen))
    time.sleep(0.3)
    before = len(place.server.queries)
    place.send("still here")
    place.session.wait("still here")
    assert len(place.server.queries) - before <= 12
    # The next login has a better server, and asks anew.
    del place.server.give
    place.come_back()
    place.server.fence(place.session)
    assert place.bodies()[-1] == "still here"


def test_reordered_results_come_once(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)

    def give(session, text, query_id, rows, is_complete):
        session.send("".join(place.server.result(query_id, *row) for row in reversed(rows)))
        session.answer(text, place.server.fin(rows, is_complete))
    place.server.give = give
    place.come_back()
    place.wait_lines(lambda rows: len(rows) == 90)
    assert sorted(place.bodies(), key=int) == numbers(1, 90)


def test_an_archive_that_forgot_our_id_is_asked_by_time(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.archive.clear()
    for body in numbers(2, 130):
        place.server.add(body)
    place.come_back()
    place.wait_bodies(numbers(1, 130))
    assert any(place.server.field(text, "start") for text in place.server.queries)


@pytest.mark.parametrize("tries, expected", [
    (2, numbers(1, 90)), (250 * 16 + 2, ["1"] + numbers(3, 90))],
    ids=["twice in a page", "twice at an item"])
def test_what_killed_us_twice_is_taken_singly_and_then_passed_over(place, tries, expected):
    """The deaths are those that the store remembers of processes before."""
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)
    honest = place.server.give
    place.server.give = lambda session, *_: session.close()
    place.session.close()
    session = place.server.session(20)
    while not place.server.queries or "<before/>" not in place.server.queries[-1]:
        time.sleep(0.01)
    place.bridge.close()
    place.house.stop_daemon()
    [path] = glob.glob(place.house.data + "/tern/profiles/home/store.db")
    with sqlite3.connect(path) as store:
        store.execute("UPDATE gaps SET tries=?, after_id=?", [tries, "a000001"])
    store.close()
    place.server.give = honest
    while not place.server._online.empty():
        place.server._online.get()
    del place.server.queries[:]
    place.house.ctl("profile", "list")
    place.greet()
    place.bridge = place.house.bridge()
    place.bridge.call("profile.attach", profile="home")
    place.wait_bodies(expected)
    asked = [place.server.wish(text, "max") for text in place.server.queries
             if "<before/>" not in text]
    assert asked[:40] == ["1"] * 40 and session


# ------------------------------------------------------------------ forgeries

FORGED = "<message xmlns='jabber:client' from='bob@localhost/x' to='alice@localhost' " \
         "type='chat' id='f'><body>forged</body></message>"


@pytest.mark.parametrize("sender", ["mallory@evil.example", "bob@localhost", "localhost",
                                    "alice@localhost.evil", "evil@localhost"])
def test_results_of_others_are_dropped(place, sender):
    honest = place.server.give
    place.server.add("true")

    def give(session, text, query_id, rows, is_complete):
        forged = place.server.result(query_id, "f1", FORGED)
        session.send(forged.replace(f"from='{ALICE}'", f"from='{sender}'", 1))
        session.send(forged.replace(f"from='{ALICE}'",
                                    f"from='{sender}' xmlns:x='urn:x' x:from='{ALICE}'", 1))
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_online()
    place.wait_bodies(["true"])


def test_results_without_an_open_query_are_dropped(place):
    place.come_online()
    place.say(place.server.result("", "f1", FORGED), place.server.result("x", "f1", FORGED))
    place.say(place.server.result("x", "f1", FORGED).replace(" queryid='x'", ""))
    old = re.search(r'queryid="([^"]*)"', place.server.queries[0])[1]
    place.say(place.server.result(old, "f1", FORGED))
    assert place.bodies() == []


def test_results_of_another_query_id_are_dropped(place):
    honest = place.server.give
    place.server.add("true")

    def give(session, text, query_id, rows, is_complete):
        for wrong in (query_id[:-1], query_id + "0", query_id.upper() + "x", ""):
            session.send(place.server.result(wrong, "f1", FORGED))
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_online()
    place.wait_bodies(["true"])


def test_archived_messages_between_strangers_or_without_a_sender_are_dropped(place):
    place.server.archive += [
        ("a1", FORGED.replace(f"to='{ALICE}'", "to='carol@localhost'")),
        ("a2", FORGED.replace("from='bob@localhost/x' ", "")),
        ("a3", FORGED.replace("from='bob@localhost/x'", "from=''"))]
    place.server.add("true", key="a4")
    place.come_online()
    place.wait_bodies(["true"])
    assert place.bodies("carol@localhost") == []


# ------------------------------------------------------------------ sameness

def test_a_live_message_and_its_archive_copy_are_one(place):
    place.come_online()
    for number in range(1, 6):
        key = place.server.add(str(number), ident="same")
        place.say(place.live(str(number), key, ident="same"))
    place.say(place.live("5", key, ident="same"))  # the server says it again
    place.come_back()
    place.server.fence(place.session)
    time.sleep(0.2)
    assert place.bodies() == numbers(1, 5)


@pytest.mark.parametrize("by", ["mallory@evil.example", BOB, "localhost", ""])
def test_a_stanza_id_by_a_stranger_hides_nothing(place, by):
    place.come_online()
    key = place.server.add("true")
    place.say(place.live("forged", key, by=by, sender="mallory@evil.example/x"))
    place.say(place.live("true", key))
    assert place.bodies() == ["true"]
    assert place.bodies("mallory@evil.example") == ["forged"]
    # Nor does it move what the archive is known by.
    key = place.server.add("missed")
    place.say(place.live("forged again", key, by=by, sender="mallory@evil.example/x"))
    place.come_back()
    place.wait_bodies(["true", "missed"])


def test_two_stanza_ids_by_us_are_none(place):
    place.come_online()
    key = place.server.add("true")
    twice = f"<stanza-id xmlns='{SID}' by='{ALICE}' id='{key}'/>" * 2
    place.say(f"<message from='mallory@evil.example/x' to='{ALICE}' type='chat'>"
              f"<body>forged</body>{twice}</message>")
    place.say(place.live("true", key))
    assert place.bodies() == ["true"]


def test_the_ids_of_a_server_that_announces_none_count_for_nothing(place):
    place.server.features = []
    place.come_online()
    place.say(place.live("one", "k"), place.live("two", "k"),
              place.live("three", "k", sender="carol@localhost/x"))
    assert place.bodies() == ["one", "two"]
    assert place.bodies("carol@localhost") == ["three"]


def test_a_stranger_who_uses_our_origin_id_changes_nothing(place):
    place.server.keeps = lambda text: False
    place.come_online()
    place.send("mine")
    ident = re.search(r'id="([^"]*)"', place.session.wait("mine"))[1]
    place.say(place.live("not yours", place.server.add("not yours", ident=ident), ident=ident,
                         origin=ident))
    place.say(place.live("nor this", sender="mallory@evil.example/x", ident=ident, origin=ident))
    for who in (BOB, "mallory@evil.example"):
        place.server.add("mine", who=who, ident=ident,
                         more=f"<origin-id xmlns='{SID}' id='{ident}'/>")
    place.come_back()
    wait_sent(place.session, [ident])  # nobody proved it: it is sent again
    rows = place.wait_lines(lambda rows: len(rows) == 3)
    assert [(row["body"], row.get("is_own", False)) for row in rows if row["body"] != "mine"] == [
        ("not yours", False)]
    assert len([row for row in rows if row.get("is_own")]) == 1


def test_replayed_messages_come_once(place):
    place.come_online()
    stanzas = [place.live(str(n), ident=f"i{n}") for n in range(1, 4)]
    place.say(*stanzas)
    place.say(*reversed(stanzas))
    place.say(place.live("1", ident="i1", sender=f"{BOB}/another"))
    assert place.bodies() == ["1", "2", "3", "1"]


# ------------------------------------------------------------------ own lines after a break

def test_an_own_line_that_the_archive_has_is_settled_and_not_sent_again(place):
    place.come_online()
    place.send("kept")
    place.session.wait("kept")
    place.server.fence(place.session)
    place.come_back()
    rows = place.wait_lines(lambda rows: rows[0]["state"] == "acked")
    assert not rows[0].get("may_repeat") and len(rows) == 1
    assert sent_ids(place.session) == []


@pytest.mark.parametrize("prefs, may_repeat", [
    ("default='always'", False), ("default='roster'", False), ("default='never'", True)])
def test_an_own_line_that_the_archive_lacks_is_sent_again_in_order(place, prefs, may_repeat):
    place.server.prefs = f"<prefs xmlns='{MAM}' {prefs}/>"
    place.server.keeps = lambda text: "lost" not in text
    place.come_online()
    for body in ("kept", "lost 1", "lost 2"):
        place.send(body)
        place.session.wait(body)
    ids = sent_ids(place.session)
    place.session.close()
    place.send("later")
    place.server.keeps = lambda text: True
    place.greet()
    wait_sent(place.session, ids[1:])
    place.wait_lines(lambda rows: rows[-1]["state"] == "sent")
    rows = place.rows()
    assert [row["body"] for row in rows] == ["kept", "lost 1", "lost 2", "later"]
    assert [bool(row.get("may_repeat")) for row in rows] == [False, may_repeat, may_repeat, False]


def test_a_server_that_stores_nothing_gets_everything_again_marked(place):
    place.server.features = []
    place.come_online()
    place.send("hello")
    place.session.wait("hello")
    ids = sent_ids(place.session)
    place.come_back()
    wait_sent(place.session, ids)
    [row] = place.wait_lines(lambda rows: rows[0].get("may_repeat"))
    assert row["body"] == "hello"


def test_what_a_server_without_any_memory_answered_behind_is_not_sent_again(place):
    place.server.features = []
    place.server.answers_pings = True
    place.come_online()
    for body in ("one", "two"):
        place.send(body)
        place.session.wait(body)
    place.wait_lines(lambda rows: [row["state"] for row in rows] == ["acked", "acked"])
    place.come_back()
    place.send("three")
    place.session.wait("three")
    assert len(sent_ids(place.session)) == 1


def test_own_messages_written_elsewhere_are_own_and_read_what_is_before(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.add("2")
    place.server.archive.append(("a000090", FORGED.replace(
        f"from='{BOB}/x' to='{ALICE}'", f"from='{ALICE}/phone' to='{BOB}'").replace(
            "forged", "from the phone")))
    place.server.count = 90
    place.server.add("3")
    place.come_back()
    place.wait_bodies(["1", "2", "from the phone", "3"])
    row = place.rows()[2]
    assert row.get("is_own") and row["state"] == "acked"
    state = place.bridge.call("profile.attach", profile="home")
    assert [c["unread"] for c in state["conversations"]] == [1]


def test_an_own_line_that_waited_stands_behind_what_came_before_it_was_sent(place):
    place.come_online()
    place.session.close()
    place.send("mine")
    for body in numbers(1, 70):
        place.server.add(body)
    place.greet()
    place.wait_bodies(numbers(1, 70) + ["mine"])
