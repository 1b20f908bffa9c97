"""The trial needs the programs of the build tree, which the tests above do without."""

from tern_fixtures import house

__all__ = ["house"]
