"""What `make audit` says of this project, and of copies in which one thing is not pinned.

    check_audit.py
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
LIST = "scripts/swift-packages.json"


class Audit(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.root = pathlib.Path(work.name)
        for file in ["Package.swift", LIST, "k8s/Dockerfile", "scripts/test-tools"]:
            (self.root / file).parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / file, self.root / file)

    def git(self, folder, *arguments):
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
        subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)

    def audit(self):
        ended = subprocess.run([PROJECT / "scripts/audit", self.root], capture_output=True, text=True)
        return ended.returncode, ended.stdout.splitlines()

    def replace(self, file, old, new):
        text = (self.root / file).read_text()
        self.assertIn(old, text)
        (self.root / file).write_text(text.replace(old, new))

    def pin(self, name):
        document = json.loads((self.root / LIST).read_text())
        return document, next(pin for pin in document["pins"] if pin["identity"] == name)

    def write(self, document):
        (self.root / LIST).write_text(json.dumps(document))

    def test_what_is_pinned_passes(self):
        self.assertEqual(self.audit(), (0, ["every Swift package, every image and what pip installs is pinned"]))

    def test_a_range_of_versions_fails(self):
        self.replace("Package.swift", 'swift-log", exact:', 'swift-log", from:')
        self.assertEqual(self.audit(), (1, ["Package.swift: swift-log is not named by its exact version"]))

    def test_a_package_that_was_never_resolved_fails(self):
        document, pin = self.pin("swift-nio")
        document["pins"].remove(pin)
        self.write(document)
        said = f'Package.swift: swift-nio is {pin["state"]["version"]}, and in {LIST} it is not'
        self.assertEqual(self.audit(), (1, [said]))

    def test_a_transitive_package_on_a_branch_fails(self):
        document, pin = self.pin("swift-collections")
        pin["state"] = {"branch": "main", "revision": pin["state"]["revision"]}
        self.write(document)
        self.assertEqual(self.audit(), (1, [f"{LIST}: swift-collections has no version"]))

    def test_a_package_that_was_resolved_anew_fails(self):
        document, pin = self.pin("swift-atomics")
        pin["state"]["version"] = "99.0.0"
        (self.root / "Package.resolved").write_text(json.dumps(document))
        choice = f"To change a package: cp Package.resolved {LIST}; else rm Package.resolved"
        said = f"{LIST}: not what Package.resolved says. {choice}"
        self.assertEqual(self.audit(), (1, [said]))

    def test_a_checkout_of_another_commit_and_a_changed_one_fail(self):
        checkout = self.root / ".build/checkouts/swift-log"
        checkout.mkdir(parents=True)
        self.git(checkout, "init")
        self.git(checkout, "commit", "--allow-empty", "-m", "moved")
        status, lines = self.audit()
        self.assertEqual((status, len(lines)), (1, 1))
        self.assertRegex(lines[0], f"^.build/checkouts/swift-log: [0-9a-f]{{40}}, not the commit in {LIST}")
        head = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
        document, pin = self.pin("swift-log")
        pin["state"]["revision"] = head
        self.write(document)
        self.assertEqual(self.audit()[0], 0)
        (checkout / "Sources.swift").write_text("// changed")
        self.assertEqual(self.audit(), (1, [".build/checkouts/swift-log: changed: swift package reset"]))

    def test_an_image_by_its_tag_fails(self):
        dockerfile = (self.root / "k8s/Dockerfile").read_text()
        digest = dockerfile.partition("@sha256:")[2].split()[0]
        self.replace("k8s/Dockerfile", f"@sha256:{digest}", "")
        # The programs are built in it; the drill's image begins with another.
        self.assertEqual(self.audit(), (1, ["k8s/Dockerfile: FROM swift:6.3.3-noble has no digest"]))

    def test_a_package_from_another_place_fails(self):
        pins = json.loads((self.root / LIST).read_text())["pins"]
        location = next(pin["location"] for pin in pins if pin["identity"] == "swift-log")
        self.replace("Package.swift", f'"{location}"', '"https://example.com/evil/swift-log"')
        message = f"Package.swift: swift-log is from https://example.com/evil/swift-log, and in {LIST} from another place"
        self.assertEqual(self.audit(), (1, [message]))

    def test_what_pip_installs_without_its_hash_fails(self):
        self.replace("scripts/test-tools", " --require-hashes --no-deps -r", " -r")
        status, lines = self.audit()
        self.assertEqual((status, len(lines)), (1, 1))
        self.assertRegex(lines[0], "^scripts/test-tools: without --require-hashes: .*pip")
        (self.root / ".ci").mkdir()
        (self.root / ".ci/run").write_text("pip install foo\n")
        self.assertIn(".ci/run: without --require-hashes: pip install foo", self.audit()[1])


class Claims(unittest.TestCase):
    def claims(self, change=lambda page: page):
        with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
            file.write(change((PROJECT / "docs/SECURITY.md").read_text()))
            file.flush()
            ended = subprocess.run([PROJECT / "scripts/check-claims", file.name], capture_output=True, text=True)
        return ended.returncode, ended.stderr.splitlines()

    def test_a_page_whose_claims_have_tests_passes(self):
        self.assertEqual(self.claims(), (0, []))

    def test_a_claim_in_the_table_without_a_test_fails(self):
        def change(page):
            return page.replace("| what was poisoned", "; nobody is harmed | what was poisoned", 1)

        place = "somebody who may publish in the domain: publish other bytes under a version that was deleted"
        said = f"docs/SECURITY.md: {place}: no test is named for: nobody is harmed"
        self.assertEqual(self.claims(change), (1, [said]))

    def test_a_claim_of_a_paragraph_without_a_test_fails(self):
        def change(page):
            return page.replace("\n## Secrets\n", "\n## Secrets\n\nNone is ever shown.\n")

        self.assertEqual(self.claims(change), (1, ["docs/SECURITY.md: Secrets: no test is named for: None is ever shown."]))

    def test_a_test_that_does_not_exist_fails(self):
        # In pieces, since this file is searched too.
        name = " ".join(["a", "secret", "is", "never", "told"])

        def change(page):
            return page.replace('"a short secret is concealed where it is whole"', f'"{name}"')

        self.assertEqual(self.claims(change), (1, [f"docs/SECURITY.md: there is no test: {name}"]))


if __name__ == "__main__":
    unittest.main()
