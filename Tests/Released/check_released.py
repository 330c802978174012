"""Backups that released programs wrote: today's programs read, verify, serve, restore and extend each.

    check_released.py PROGRAMS     the folder with reconcile, reconcile-serve and sandbox

One folder a release beside this file, named by it, as released.py wrote it.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from released import DOMAIN, OWNED, domain, run

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
RELEASES = sorted(folder for folder in HERE.iterdir() if folder.name[0].isdigit())
RECONCILE, SERVE, SANDBOX = (PROGRAMS / name for name in ["reconcile", "reconcile-serve", "sandbox"])


class Released(unittest.TestCase):
    def each(self):
        """Each release's backup, in a copy that goes with the test."""
        self.assertGreater(len(RELEASES), 0)
        for release in RELEASES:
            work = tempfile.TemporaryDirectory(prefix=f"backup-of-{release.name}-")
            self.addCleanup(work.cleanup)
            shutil.copytree(release, f"{work.name}/backup")
            yield pathlib.Path(work.name), f"file://{work.name}/backup"

    def succeed(self, *command, environment=(), status=0):
        ended = run(*command, environment=environment)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return ended.stdout

    def verify(self, url):
        arguments = [*DOMAIN, "--backup", url, "--depth", "bytes", "--strict", "--report", "-"]
        return json.loads(self.succeed(RECONCILE, "verify", *arguments))["looked"]

    def reconcile(self, url, environment):
        arguments = [*OWNED, "--backup", url, "--report", "-"]
        return json.loads(self.succeed(RECONCILE, "run", *arguments, environment=environment))

    def test_it_is_intact(self):
        for _, url in self.each():
            self.assertEqual(self.verify(url)["versions"], 6)

    def test_its_history_says_what_was_deleted(self):
        for work, url in self.each():
            deleted = list((work / "backup").rglob("*.Deleted.json"))
            self.assertEqual(len(deleted), 3)
            group, package, version = deleted[0].parts[-4:-1]
            history = self.succeed(RECONCILE, "history", f"{group}:{package}:{version}", *DOMAIN, "--backup", url,
                                   "--output", "json")
            self.assertIn('"Deleted"', history)
            self.assertIn('"Published"', history)

    def test_each_file_is_got_and_is_served_with_its_bytes(self):
        for work, url in self.each():
            files = [path for path in (work / "backup").glob("*/maven/**/artifact-*.*") if path.is_file()]
            self.assertEqual(len(files), 12)
            served = subprocess.Popen(
                [SERVE, *DOMAIN, "--backup", url, "--listen", "127.0.0.1:0", "--log-format", "json"],
                stderr=subprocess.PIPE, text=True,
            )
            try:
                lines = (json.loads(line) for line in served.stderr)
                address = next(line["address"] for line in lines if line["message"] == "serving")
                answered = 0
                for path in files:
                    artifact, version = path.parts[-3:-1]
                    group = ".".join(path.relative_to(work / "backup/my-domain/maven/releases").parts[:-3])
                    name = f"{group}:{artifact}:{version}"
                    if not any((work / "backup").rglob(f"{artifact}/{version}/*.Deleted.json")):
                        relative = path.relative_to(work / "backup/my-domain/maven")
                        with urllib.request.urlopen(f"http://{address}/{relative}") as answer:
                            self.assertEqual(answer.read(), path.read_bytes(), relative)
                        got = self.succeed(RECONCILE, "get", f"{name}:{path.name}", *DOMAIN, "--backup", url,
                                           "--output", f"{work}/{path.name}")
                        self.assertEqual(got, "")
                        self.assertEqual((work / path.name).read_bytes(), path.read_bytes())
                        answered += 1
                self.assertEqual(answered, 6)
            finally:
                served.terminate()
                served.wait()
                served.stderr.close()

    def test_it_is_restored_whole_with_what_was_deleted(self):
        for _, url in self.each():
            with domain(SANDBOX, 0) as environment:
                arguments = [*OWNED, "--backup", url]
                dry = self.succeed(RECONCILE, "restore", *arguments, "--deleted", "--dry-run", "--output", "json",
                                   environment=environment, status=4)
                self.assertTrue(json.loads(dry))
                self.succeed(RECONCILE, "restore", *arguments, "--deleted", environment=environment)
                self.succeed(RECONCILE, "restore", *arguments, "--deleted", "--dry-run", environment=environment)

    def test_a_run_finds_it_in_sync(self):
        for _, url in self.each():
            with domain(SANDBOX, 1) as environment:
                report = self.reconcile(url, environment)
                versions = report["versions"]
                self.assertEqual((versions["listed"], versions["inSync"], versions["copied"]), (3, 3, 0))

    def test_it_is_taken_over_by_sign_and_verified_with_trust(self):
        for work, url in self.each():
            key, trust, based = work / "key.pem", work / "trust.json", work / "based.json"
            self.succeed("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
            with domain(SANDBOX, 1) as environment:
                region = ["--region", environment["AWS_REGION"]]
                trust.write_text(self.succeed(RECONCILE, "trust", "--signing-key", key, *OWNED, *region))
                signing = ["--backup", url, "--signing-key", key]
                refused = run(RECONCILE, "run", *OWNED, *signing, "--trust", trust, environment=environment)
                self.assertEqual(refused.returncode, 8, refused.stderr)
                self.assertIn("reconcile sign", refused.stderr)
                # What the domain no longer has, and what a later record follows, counts if it is named.
                stated = ["sign", *OWNED, *signing, "--trust", trust, "--output", "json"]
                first = json.loads(self.succeed(RECONCILE, *stated, environment=environment, status=3))
                self.assertEqual((first["compared"], first["accepted"], len(first["left"])), (3, 0, 6))
                accepted = ["--accept-uncompared", "my-domain/manifests/*"]
                made = json.loads(self.succeed(RECONCILE, *stated, *accepted, environment=environment))
                self.assertEqual((made["compared"], made["accepted"], made["left"]), (3, 6, []))
                based.write_text(json.dumps(json.loads(trust.read_text()) | {"baseline": made["baseline"]}))
                arguments = [*OWNED, *signing, "--trust", based, "--report", "-"]
                versions = json.loads(self.succeed(RECONCILE, "run", *arguments, environment=environment))["versions"]
                self.assertEqual((versions["listed"], versions["inSync"], versions["copied"]), (3, 3, 0))
            arguments = [*DOMAIN, "--backup", url, "--trust", based, "--depth", "bytes", "--report", "-"]
            self.assertEqual(json.loads(self.succeed(RECONCILE, "verify", *arguments))["looked"]["versions"], 6)

    def test_a_run_adds_to_it(self):
        for _, url in self.each():
            with domain(SANDBOX, 3) as environment:
                report = self.reconcile(url, environment)
                versions = report["versions"]
                self.assertEqual((versions["listed"], versions["inSync"], versions["copied"]), (9, 3, 6))
                # Of the three that came back, the bytes are there.
                self.assertEqual((report["assets"]["copied"], report["assets"]["adopted"]), (6, 6))
            self.assertEqual(self.verify(url)["versions"], 9)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
