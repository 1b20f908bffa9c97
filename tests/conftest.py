"""Puts tests/support on the path and its fixtures before every test file."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))

pytest_plugins = ["leavings", "tern_fixtures"]
