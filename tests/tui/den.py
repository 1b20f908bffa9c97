"""A room with three in it beside us, as conftest.py furnishes it."""

DEN = "den@rooms.example.org"
SHED = "shed@rooms.example.org"


def open_den(screen, daemon):
    screen.line("/go den")
    daemon.called("room.occupants")
    screen.wait("The Den")
    screen.settle(0.1)
