"""`make install` as the build's install rules do it: into DESTDIR under PREFIX, with everything
in the place where the programs look for it."""

import os
import subprocess

import pytest

from house import BUILD, SOURCE


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The installed tree of the build that is tested."""
    folder = tmp_path_factory.mktemp("installed")
    done = subprocess.run(["cmake", "--install", BUILD, "--prefix", "/opt/tern"],
                          env={**os.environ, "DESTDIR": str(folder)}, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "opt" / "tern"


def test_programs_scripts_and_themes_are_in_their_places(tree):
    for name in ("bin/tern", "bin/ternctl", "bin/ternd", "libexec/tern/session",
                 "libexec/tern/demo", "libexec/tern/packages"):
        assert os.access(tree / name, os.X_OK), f"{name} is missing"
    assert sorted(path.name for path in (tree / "share/tern/themes").iterdir()) == sorted(
        name for name in os.listdir(os.path.join(SOURCE, "themes")) if name.endswith(".theme"))


@pytest.mark.parametrize("page", ["man1/tern.1", "man1/ternctl.1", "man8/ternd.8",
                                  "man7/tern-bridge.7", "man5/tern-theme.5"])
def test_man_pages_are_installed(tree, page):
    assert (tree / "share/man" / page).stat().st_size > 0


def test_nothing_lands_elsewhere(tree):
    assert {path.name for path in tree.iterdir()} <= {"bin", "libexec", "share", "lib"}
    assert os.listdir(tree.parent.parent) == ["opt"]


def test_installed_demo_finds_its_packages_script(tree):
    assert subprocess.run([tree / "libexec/tern/demo", "--packages"],
                          check=False).returncode == 0
    assert subprocess.run([tree / "libexec/tern/demo", "--install"],
                          check=False).returncode == 0


def test_installed_programs_say_their_version(tree):
    for name in ("tern", "ternctl", "ternd"):
        done = subprocess.run([tree / "bin" / name, "--version"], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0 and done.stdout.startswith(name), done.stdout + done.stderr


def test_the_build_tree_has_the_same_layout():
    for name in ("bin/tern", "libexec/tern/session", "libexec/tern/demo",
                 "libexec/tern/packages", "share/tern/themes"):
        assert os.path.exists(os.path.join(BUILD, name)), f"{name} is missing"


def test_make_takes_folders_with_blanks_and_patterns_for_ctest(tmp_path):
    told = subprocess.run(["make", "-n", "install", "PREFIX=/o p", "DESTDIR=/a b"], cwd=SOURCE,
                          capture_output=True, text=True, check=True).stdout
    assert 'DESTDIR="/a b" cmake --install build/release --prefix "/o p"' in told
    assert '"-DCMAKE_INSTALL_PREFIX=/o p"' in told
    (tmp_path / "CTestTestfile.cmake").write_text("".join(
        f"add_test({name} /bin/true)\n" for name in ("one", "two", "three")))
    makefile = tmp_path / "Makefile"
    makefile.write_text("check:\n\t@%s/tests/support/run_tests.py %s\n" % (SOURCE, tmp_path))
    with open(os.path.join(SOURCE, "Makefile"), encoding="utf-8") as file:
        makefile.write_text("".join(row for row in file if "CTEST" in row)
                            + makefile.read_text())
    done = subprocess.run(["make", "-C", tmp_path, "check", "CTEST=-R '^(one|two)$$'"],
                          capture_output=True, text=True, check=False)
    assert "2 passed, 0 failed" in done.stdout, done.stdout + done.stderr
