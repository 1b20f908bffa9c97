"""A room's form (XEP-0004) from the command line and in tern: every type of field, forms that
nobody should send, and the real ones of Prosody and ejabberd."""

import json

import pytest

from room_server import ROOM, error, make_authority, make_place  # noqa: F401

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
