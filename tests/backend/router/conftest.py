"""The house of the router's tests."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from routerhouse import RouterHouse  # noqa: E402


@pytest.fixture
def rooms():
    """A RouterHouse of this test's own."""
    with RouterHouse() as house:
        yield house
