"""What other devices keep at our account (XEP-0163) reaches us whenever they publish it: before
our presence, which asks to be told of changes, or before the server knows what it asks for. The
server here tells nobody of anything."""

import re
import tempfile

import pytest

from certificates import Authority
from sm_server import DISCO, ROSTER, place_at

ALICE = "alice@localhost"
PUBSUB = "http://jabber.org/protocol/pubsub"
BOOKMARKS, POSITIONS = "urn:xmpp:bookmarks:1", "urn:xmpp:mds:displayed:0"
ROOM, OTHER = "den@rooms.localhost", "pit@rooms.localhost"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


class Account:
    """Of Alice, as the server has it: `rooms` are bookmarked, `fetched` are the nodes that she
    asked for. A question with HELD in it waits in `waiting`."""

    def __init__(self, place, held=None):
        self.place, self.held = place, held
        self.rooms, self.fetched, self.waiting = [], [], []
        self.honest = place.server.answer_request
        place.server.answer_request = self.answer

    def answer(self, session, text):
        if self.held and self.held in text:
            self.waiting.append((session, text))
        else:
            self.tell(session, text)

    def tell(self, session, text):
        if DISCO in text:
            session.answer(text, f"<query xmlns='{DISCO}'><identity category='pubsub' type='pep'/>"
                                 f"<feature var='{PUBSUB}#publish-options'/></query>")
        elif "<items" in text:
            node = re.search(r'node="([^"]*)', text)[1]
            self.fetched.append(node)
            session.answer(text, self.items(node))
        else:
            self.honest(session, text)

    def items(self, node):
        rows = "".join(f"<item id='{room}'><conference xmlns='{BOOKMARKS}' name='{room}'/></item>"
                       for room in self.rooms if node == BOOKMARKS)
        return f"<pubsub xmlns='{PUBSUB}'><items node='{node}'>{rows}</items></pubsub>"

    def release(self):
        """Answers what waits, on the present session."""
        waiting, self.waiting = self.waiting, []
        for _, question in waiting:
            self.tell(self.place.session, question)

    def seen(self):
        rows = self.place.bridge.call("bookmark.list", profile="home").get("bookmarks", [])
        return {row["jid"] for row in rows}

    def wait(self, *rooms):
        self.place.until(lambda: self.seen() == set(rooms), self.seen)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


def begin(place):
    place.house.create_profile(place.server, "alice", "secret")
    place.session = place.server.session()
    return place.attach()


def ask_for_caps(place):
    """As a server to which the hash in our presence is new; what it hears."""
    presence = next(text for text in place.session.log if text.startswith("<presence"))
    node, version = (re.search(rf'{name}="([^"]*)', presence)[1] for name in ("node", "ver"))
    place.session.send(f"<iq type='get' id='caps' from='{ALICE}' to='{place.session.jid}'>"
                       f"<query xmlns='{DISCO}' node='{node}#{version}'/></iq>")
    return place.session.wait('<iq[^>]*id="caps"')


def test_what_is_kept_before_our_presence_is_seen(place):
    account = Account(place, held=ROSTER)
    begin(place)
    place.until(lambda: account.waiting, place.log)
    place.server.fence(place.session)
    account.rooms.append(ROOM)
    account.held = None
    account.release()
    account.wait(ROOM)
    place.server.fence(place.session)
    assert sorted(account.fetched) == [BOOKMARKS, POSITIONS]


def test_what_is_kept_before_the_server_knows_what_we_want_is_seen(place):
    account = Account(place)
    account.rooms += [ROOM, OTHER]
    begin(place)
    account.wait(ROOM, OTHER)
    account.rooms.remove(OTHER)
    assert f"{BOOKMARKS}+notify" in ask_for_caps(place)
    account.wait(ROOM)
    place.until(lambda: sorted(account.fetched) == 2 * [BOOKMARKS] + 2 * [POSITIONS],
                lambda: account.fetched)
    ask_for_caps(place)
    place.server.fence(place.session)
    assert len(account.fetched) == 4


def test_a_question_that_overtakes_the_answer_is_followed_by_another(place):
    """The server asks what we are before it gives what it has."""
    account = Account(place, held="<items")
    begin(place)
    place.until(lambda: len(account.waiting) == 2, place.log)
    ask_for_caps(place)
    place.server.fence(place.session)
    assert len(account.waiting) == 2
    account.release()
    place.until(lambda: len(account.waiting) == 2, place.log)
    account.rooms.append(ROOM)
    account.release()
    account.wait(ROOM)
    place.server.fence(place.session)
    assert len(account.fetched) == 4 and not account.waiting


def test_a_resume_asks_for_nothing(place):
    account = Account(place)
    begin(place)
    place.until(lambda: len(account.fetched) == 2, place.log)
    place.server.fence(place.session)
    for _ in range(2):
        place.cut()
        place.server.fence(place.session)
    assert len(account.fetched) == 2 and len(place.server.resumes) == 2


def test_a_resume_leaves_an_open_question_open(place):
    account = Account(place, held="<items")
    begin(place)
    place.until(lambda: len(account.waiting) == 2, place.log)
    place.server.fence(place.session)
    place.cut()
    place.server.fence(place.session)
    assert len(account.waiting) == 2
    account.rooms.append(ROOM)
    account.release()
    account.wait(ROOM)
    place.server.fence(place.session)
    assert len(account.fetched) == 2 and not account.waiting
