"""The schemas of docs/schemas, against every JSON document that the programs print or store.

    check_schemas.py PROGRAMS     the folder with reconcile, reconcile-serve and sandbox
"""

import collections
import copy
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from documents import schema_of, story

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted((PROJECT / "docs/schemas").glob("*.json"))}
# Their readers refuse what they do not know.
CLOSED = {"manifest", "package-record", "accepted-losses", "configuration", "trust", "repairs"}
# The members of a settings file are the programs' options: see Settings below.
# A restore's report has the form of a run's, which has more of it.
NOT_COVERED = {"definitions", "log-line", "settings", "restore-report"}
SEAL = ("certificate", "certificateSignature", "signature")
# What records say of the one before them.
PREVIOUS = ("previous", "previous.key", "previous.sha256")
# What takes more to happen than the story has.
UNSEEN = {
    "allowed-deletions": {*SEAL},
    "show-configuration": {f"configuration.{name}" for name in SEAL + PREVIOUS},
    "trust": {"anchors.cutoff", "anchors.digest", "keys.from", "keys.until", "keys.stolen"},
    "package-record": {"previous.key", "previous.sha256"},
    "repairs": {*SEAL},
    "sign": {"contradicted.key", "contradicted.reason"},
    **dict.fromkeys(["drift", "restore-plan"], {"failures.needsRepair"}),
    "verify-report": {"message", "failureKind", "warnings", "findings.versionID", "notes.versionID", "notes.asset",
                      "acceptedLosses.versionID"},
    "accepted-losses": {"lost.versionID", "lost.versions", "lost.repositories", "lost.size"},
    "repair-plan": {"left.asset", "left.versionID"},
    "drill": {"failureKind", "untried.repository", "untried.namespace", "untried.package", "untried.version",
              "untried.asset", "untried.key", "untried.message", "notes.repository", "notes.namespace", "notes.package",
              "notes.version", "notes.asset", "notes.key", "notes.message"},
}


def objects(schema):
    """Every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if schema.get("type") in ("object", ["object", "null"]) and "properties" in schema:
            yield schema
        for name, part in schema.items():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def closed(schemas):
    """The schemas for a reader who wants to hear of members that they do not describe."""
    schemas = copy.deepcopy(schemas)
    for schema in schemas.values():
        for part in objects(schema):
            part.setdefault("additionalProperties", False)
    return schemas


def validators(schemas):
    registry = Registry().with_resources(
        (f"{name}.json", DRAFT202012.create_resource(schema)) for name, schema in schemas.items())
    return {name: Draft202012Validator({"$ref": f"{name}.json"}, registry=registry) for name in schemas}


OPEN, STRICT = validators(SCHEMAS), validators(closed(SCHEMAS))


def problems(validator, content):
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(content)]


def members(content, path=""):
    """The members of a document, as paths without indices."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield f"{path}{name}"
            yield from members(value, f"{path}{name}.")
    elif isinstance(content, list):
        for value in content:
            yield from members(value, path)


def described(name, schema, path=""):
    """The members that a schema describes, as the same paths."""
    if reference := schema.get("$ref"):
        file, _, pointer = reference.partition("#")
        name = file.removesuffix(".json") or name
        target = functools.reduce(lambda part, key: part[key], pointer.split("/")[1:], SCHEMAS[name])
        yield from described(name, target, path)
    for part in schema.get("anyOf", []):
        yield from described(name, part, path)
    if "items" in schema:
        yield from described(name, schema["items"], path)
    for member, part in schema.get("properties", {}).items():
        yield f"{path}{member}"
        yield from described(name, part, f"{path}{member}.")


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="documents-") as work, story(PROGRAMS, work) as played:
            cls.documents = played.play()
        cls.by_schema = collections.defaultdict(list)
        for document in cls.documents:
            cls.by_schema[document.schema].append(document)

    def test_every_document_is_as_its_schema_says(self):
        for document in self.documents:
            with self.subTest(document.source, schema=document.schema):
                self.assertEqual(problems(OPEN[document.schema], document.content), [])

    def test_no_document_has_a_member_that_its_schema_does_not_describe(self):
        for document in self.documents:
            with self.subTest(document.source, schema=document.schema):
                self.assertEqual(problems(STRICT[document.schema], document.content), [])

    def test_every_schema_has_a_document(self):
        self.assertEqual(set(self.by_schema) | {"definitions"}, set(SCHEMAS))

    def test_every_member_that_a_schema_describes_is_in_some_document(self):
        for name in SCHEMAS.keys() - NOT_COVERED:
            with self.subTest(name):
                seen = {path for document in self.by_schema[name] for path in members(document.content)}
                self.assertEqual(set(described(name, SCHEMAS[name])) - seen, UNSEEN.get(name, set()))

    def test_a_document_without_a_required_member_is_refused(self):
        for name, documents in self.by_schema.items():
            schema = SCHEMAS["run-report" if name == "restore-report" else name]
            required = schema.get("required", [])
            self.assertTrue(required or name == "settings", name)
            for member in required:
                content = {key: value for key, value in documents[0].content.items() if key != member}
                self.assertNotEqual(problems(OPEN[name], content), [], (name, member))

    def test_a_document_with_a_member_of_another_type_is_refused(self):
        for name, documents in self.by_schema.items():
            for member in SCHEMAS["run-report" if name == "restore-report" else name]["properties"]:
                content = documents[0].content | {member: {"of": ["another", "type"]}}
                self.assertNotEqual(problems(OPEN[name], content), [], (name, member))

    def test_a_document_of_another_format_is_refused(self):
        for name, documents in self.by_schema.items():
            if name not in ("settings", "log-line", "policy"):
                self.assertNotEqual(problems(OPEN[name], documents[0].content | {"format": 2}), [], name)

    def test_only_a_record_is_refused_for_a_member_that_is_not_described(self):
        for name, documents in self.by_schema.items():
            found = problems(OPEN[name], documents[0].content | {"ofALaterRelease": "x"})
            self.assertEqual(bool(found), name in CLOSED, name)

    def test_what_earlier_releases_stored_is_as_the_schemas_say(self):
        stored = 0
        for release in (PROJECT / "Tests/Released").glob("[0-9]*"):
            for path in sorted(release.rglob("*.json")):
                if schema := schema_of(path.relative_to(release).as_posix()):
                    self.assertEqual(problems(OPEN[schema], json.loads(path.read_text())), [], path)
                    stored += 1
        self.assertGreaterEqual(stored, 11)


class Schemas(unittest.TestCase):
    def test_every_schema_is_valid_and_says_what_it_is_for(self):
        self.assertGreater(len(SCHEMAS), 0)
        for name, schema in SCHEMAS.items():
            Draft202012Validator.check_schema(schema)
            self.assertEqual(schema["$schema"], Draft202012Validator.META_SCHEMA["$id"], name)
            self.assertTrue(schema["title"] and schema["description"].endswith("."), name)

    def test_every_definition_is_used(self):
        text = "".join(json.dumps(schema) for schema in SCHEMAS.values())
        for name in SCHEMAS["definitions"]["$defs"]:
            self.assertIn(f'#/$defs/{name}"', text)

    def test_only_records_are_closed(self):
        for name in SCHEMAS.keys() - {"definitions"}:
            shut = [part for part in objects(SCHEMAS[name]) if part.get("additionalProperties") is False]
            self.assertEqual(len(shut), len(list(objects(SCHEMAS[name]))) if name in CLOSED else 0, name)


class Settings(unittest.TestCase):
    """The settings file: its keys are the programs' options."""

    schema = SCHEMAS["settings"]

    @classmethod
    def setUpClass(cls):
        """Options by name, as ArgumentParser describes those of each command."""
        found = collections.defaultdict(list)
        for program in ["reconcile", "reconcile-serve"]:
            text = subprocess.check_output([PROGRAMS / program, "--experimental-dump-help"], text=True)
            root = json.loads(text)["command"]
            for command in [root, *root.get("subcommands", [])]:
                for option in command.get("arguments", []):
                    if option["kind"] != "positional":
                        found[option["preferredName"]["name"]].append(option)
        opposites = {name for name in found if name.startswith("no-") and name[3:] in found}
        # The file cannot name itself, and report reads no settings.
        cls.options = {name: found[name] for name in found.keys() - opposites - {"help", "version", "config", "merge", "html"}}

    def test_its_keys_are_the_options_of_the_programs(self):
        self.assertEqual(set(self.schema["properties"]), set(self.options))

    def test_values_are_of_the_options_kind(self):
        for name, options in self.options.items():
            kind = self.schema["properties"][name]
            reference = kind.get("$ref", "").rpartition("/")[2]
            self.assertEqual(reference == "truth", options[0]["kind"] == "flag", name)
            self.assertEqual(reference == "list", options[0]["isRepeating"], name)
            choices = options[0].get("allValueStrings", options[0].get("allValues"))
            self.assertEqual(kind.get("enum"), choices, name)

    def test_the_example_of_the_documentation_is_valid(self):
        text = (PROJECT / "docs/SETTINGS.md").read_text()
        example = json.loads(re.search("```json\n(.*?)```", text, re.S)[1])
        self.assertEqual(problems(OPEN["settings"], example), [])

    def test_what_the_program_refuses_is_refused(self):
        for wrong in [{"domain": None}, {"depth": "deep"}, {"deadline": "soon"}, {"shard": "1"}, {"width": 0},
                      {"strict": "perhaps"}, {"sample": "5"}, {"repository": {"name": "releases"}}, [], "text"]:
            self.assertNotEqual(problems(OPEN["settings"], wrong), [], wrong)
            ended = self.verify(wrong)
            self.assertEqual(ended.returncode, 64, (wrong, ended.stderr))
            self.assertRegex(ended.stderr, rf"is not a settings file|{''.join(wrong)} in ")

    def test_what_the_program_takes_is_taken(self):
        for right in [{"depth": "bytes"}, {"deadline": "1h30m"}, {"shard": "1/2"}, {"width": "auto"}, {"width": "8"},
                      {"strict": "yes"}, {"sample": "5%"}, {"repository": "releases"}, {"unknown": 1.5}]:
            self.assertEqual(problems(OPEN["settings"], right), [], right)
            ended = self.verify(right)
            # The directory does not exist.
            self.assertEqual(ended.returncode, 8, (right, ended.stderr))

    def verify(self, settings):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(json.dumps(settings))
            file.flush()
            command = ["verify", "--domain", "my-domain", "--backup", "file:///nowhere", "--config", file.name]
            return subprocess.run([PROGRAMS / "reconcile", *command], capture_output=True, text=True, env={})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
