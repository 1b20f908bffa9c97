"""What the tests of tern on a terminal begin with, where they name nothing else: a house
whose daemon is a double, the room of den.py in it, and tern on a screen."""

import pytest

from den import DEN
from fake_daemon import FakeDaemon, lone_tern
from house import House


@pytest.fixture
def house(tmp_path):
    with House(build=lone_tern(str(tmp_path / "tree"))) as one:
        yield one


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact("anna@example.org", "Anna")
        one.room(DEN, name="The Den")
        for nick in ("Bob", "Carl", "Anna Lee"):
            one.occupant(DEN, nick)
        yield one


@pytest.fixture
def screen(house, daemon):
    with house.tern() as one:
        one.wait("Anna")
        yield one
