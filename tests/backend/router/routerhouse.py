"""A house whose daemon runs fake session processes and is in a hurry."""

import os

from house import House

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_session.py")


class RouterHouse(House):
    """The daemon starts with start_daemon(); profiles are made before or through it."""

    def __init__(self, **env):
        super().__init__(**env)
        # A daemon has no standard error to complain to.
        self.reports = self._make("reports")
        self.env["ASAN_OPTIONS"] = (self.env.get("ASAN_OPTIONS", "") +
                                    f":log_path={self.reports}/asan").lstrip(":")

    def remove(self):
        self.stop_daemon()
        complaints = ""
        for name in os.listdir(self.reports):
            with open(os.path.join(self.reports, name), encoding="utf-8") as file:
                complaints += file.read()
        super().remove()
        assert not complaints, complaints

    def profile(self, name, *marks):
        """Makes the folder of profile NAME with empty files MARKS in it."""
        folder = os.path.join(self.data, "tern", "profiles", name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        for mark in marks:
            with open(os.path.join(folder, mark), "w", encoding="utf-8"):
                pass
        return folder

    def start_daemon(self, hurry=1, session=FAKE, code=0):
        return self.run("ternd", "--session", session, "--hurry", str(hurry), code=code)

    def configure(self, **settings):
        self.write("home/.config/tern/ternd.conf",
                   "".join(f"{name} = {value}\n" for name, value in settings.items()))

    def log(self):
        """The daemon's log."""
        path = os.path.join(self.env["XDG_STATE_HOME"], "tern", "ternd.log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()


def pid_of(bridge, name):
    """The session process of profile NAME, by profile.list."""
    return next(row.get("pid", 0) for row in bridge.call("profile.list")["profiles"]
                if row["name"] == name)


def info_of(bridge, name):
    return next(row for row in bridge.call("profile.list").get("profiles", [])
                if row["name"] == name)


def ask(bridge, profile, text, seconds=10):
    """Has the fake session of PROFILE do TEXT."""
    return bridge.call("presence.set", seconds, profile=profile, show="online", text=text)
