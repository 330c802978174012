"""Drills of reconcile-serve with real Maven and Gradle on real artifacts: a backup that is intact, and each way to lose.

    check_drill.py PROGRAMS     the folder with reconcile, reconcile-serve and sandbox
"""

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
ARTIFACTS = "/usr/share/maven-repo"
OWNED = ["--domain", "my-domain", "--domain-owner", "111122223333"]
# With parents, plugins, jars, and files of other kinds among them.
PACKAGES = ["org.slf4j", "org.apache.maven.plugins", "org.codehaus.plexus", "junit", "org.sonatype.*"]
PACKAGE = "org.slf4j:slf4j-api"


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


class Drills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="drills-")
        cls.whole = pathlib.Path(cls.work.name) / "whole"
        server = subprocess.Popen(
            [PROGRAMS / "sandbox", "--import", f"debian={ARTIFACTS}"], stdout=subprocess.PIPE, text=True
        )
        with server:
            environment = json.loads(server.stdout.readline())["environment"] | {"PATH": os.environ["PATH"]}
            patterns = [word for name in PACKAGES for word in ("--package", name)]
            run = [PROGRAMS / "reconcile", "run", *OWNED, "--backup", f"file://{cls.whole}", *patterns]
            subprocess.run(run, env=environment, check=True, capture_output=True)
            server.terminate()
        api = cls.whole / "my-domain/maven/debian/org/slf4j/slf4j-api"
        cls.version = next(path.name for path in sorted(api.iterdir()) if path.is_dir() and path.name != "debian")

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(dir=self.work.name, prefix="scratch-"))
        self.backup = self.whole

    def tearDown(self):
        self.assertEqual(os.listdir(self.scratch), [], "a drill removes everything that it made")

    def copy(self):
        """A copy of the backup that a test may harm; gives the folder of the package."""
        self.backup = pathlib.Path(tempfile.mkdtemp(dir=self.work.name)) / "backup"
        shutil.copytree(self.whole, self.backup)
        return self.backup / "my-domain/maven/debian/org/slf4j/slf4j-api"

    def command(self, *arguments):
        return [PROGRAMS / "reconcile-serve", "drill", "--domain", "my-domain", "--backup", f"file://{self.backup}",
                "--settling", "0s", *arguments]

    def environment(self, path=os.environ["PATH"]):
        return {"PATH": path, "TMPDIR": str(self.scratch)}

    def drill(self, *arguments, status=0, path=os.environ["PATH"]):
        """The evidence of a drill that ends with a status."""
        before = set(self.evidence())
        ended = subprocess.run(self.command("--report", "-", *arguments), env=self.environment(path),
                               capture_output=True, text=True)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        report = json.loads(ended.stdout)
        (stored,) = set(self.evidence()) - before
        self.assertEqual(json.loads(stored.read_text()), report)
        self.assertEqual(stored.name, f"{report['drillID']}.json")
        self.assertEqual(stored.parent.name, report["startedAt"][:10])
        self.log = ended.stderr
        return report

    def evidence(self):
        return (self.backup / "my-domain/drills").glob("*/*.json")

    def lost(self, *arguments, client="mvn"):
        """The names of what a drill of the package with a harmed backup misses, by the evidence and by the log."""
        report = self.drill("--package", PACKAGE, "--client", client, *arguments, status=6)
        self.assertEqual(report["outcome"], "incomplete")
        keys = [finding["key"] for finding in report["findings"]]
        for key in keys:
            self.assertIn(key, self.log)
        return sorted(key.rsplit("/", 1)[1] for key in keys), report

    def check(self, report, *clients):
        """That everything came back, and is what the store holds."""
        self.assertEqual(report["outcome"], "restored")
        files = report["files"]
        self.assertGreater(files["wanted"], 0)
        self.assertEqual((files["returned"], files["lost"], files["untried"]), (files["wanted"], 0, 0))
        self.assertEqual(len(report["returned"]), files["returned"])
        for file in report["returned"]:
            folder = "/".join([file["namespace"].replace(".", "/"), file["package"], file["version"], file["asset"]])
            stored = (self.backup / "my-domain/maven" / file["repository"] / folder).read_bytes()
            self.assertEqual((file["size"], file["sha256"]), (len(stored), hashlib.sha256(stored).hexdigest()))
            self.assertIn(file["client"], clients)

    def test_a_sound_backup_comes_back_whole_in_the_time_that_a_clock_outside_shows(self):
        before = time.time()
        report = self.drill("--sample", "5%")
        after = time.time()
        # Some of these versions have a parent that is in none of the packages.
        self.check(report, "mvn", "none")
        fetched = [file["asset"] for file in report["returned"] if file["client"] == "none"]
        self.assertEqual(sorted(note["asset"] for note in report["notes"]), sorted(fetched))
        self.assertGreater(len(report["returned"]), 2 * len(fetched))
        self.assertEqual(report["tools"]["mvn"], maven_version())
        self.assertIn("java", report["tools"])
        self.assertGreaterEqual(report["versions"]["drawn"], 20)
        self.assertGreater(report["versions"]["plugins"], 0)
        self.assertGreater(report["versions"]["onlyPOM"], 0)
        self.assertGreater(report["documents"]["resolved"], 0)
        self.assertEqual(report["documents"]["packages"], len({(f["namespace"], f["package"]) for f in report["returned"]}))
        # Whole seconds in the evidence.
        self.assertLess(abs(seconds(report["startedAt"]) - before), 1.1)
        self.assertLess(abs(seconds(report["finishedAt"]) - after), 1.1)
        first, whole = report["recoveryTime"]["firstSeconds"], report["recoveryTime"]["allSeconds"]
        self.assertTrue(0 < first <= whole <= after - before, (first, whole, after - before))
        spent = sum(command["seconds"] for command in report["commands"])
        self.assertTrue(0 < spent < after - before, (spent, after - before))
        # The second is the build, in which modules may fail.
        self.assertEqual([command["exit"] for command in report["commands"]], [0, int(bool(fetched))])
        for command in report["commands"]:
            self.assertTrue(before - 1.1 < seconds(command["startedAt"]) < after)
        age = report["recoveryPoint"]["ageSeconds"]
        self.assertLess(abs(seconds(report["startedAt"]) - seconds(report["recoveryPoint"]["newestRecord"]) - age), 1.1)

    def test_the_time_to_the_first_file_is_that_of_a_clock_outside(self):
        before = time.time()
        drill = subprocess.Popen(self.command("--report", "-", "--client", "none"), env=self.environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with drill:
            while not list(self.scratch.glob("reconcile-drill-*/0-none/0")):
                self.assertIsNone(drill.poll())
                time.sleep(0.02)
            first = time.time() - before
            report = json.load(drill.stdout)
        self.assertLess(abs(report["recoveryTime"]["firstSeconds"] - first), 1)

    def test_the_same_day_draws_the_same_versions(self):
        def drawn():
            report = self.drill("--client", "none")
            return {(file["namespace"], file["package"], file["version"]) for file in report["returned"]}
        self.assertEqual(drawn(), drawn())

    def test_gradle_and_the_program_itself_restore_too(self):
        for client in ["gradle", "none"]:
            report = self.drill("--package", PACKAGE, "--package", "junit", "--client", client)
            self.check(report, client)
            self.assertEqual(report["client"], client)
            self.assertGreater(report["documents"]["resolved"], 0)

    def test_a_changed_byte(self):
        jar = self.copy() / self.version / f"slf4j-api-{self.version}.jar"
        bytes = bytearray(jar.read_bytes())
        bytes[len(bytes) // 2] ^= 1
        jar.write_bytes(bytes)
        for client in ["mvn", "gradle", "none"]:
            names, report = self.lost(client=client)
            self.assertEqual(names, [jar.name])
            self.assertEqual(report["files"]["lost"], 1)

    def test_a_lost_POM(self):
        folder = self.copy() / self.version
        pom = folder / f"slf4j-api-{self.version}.pom"
        pom.unlink()
        names, report = self.lost(client="none")
        self.assertEqual(names, [pom.name])
        self.assertNotIn("allSeconds", report["recoveryTime"])
        self.assertIn("the object is not there", report["findings"][0]["message"])
        # Maven resolves nothing of a version whose POM it cannot read.
        names, report = self.lost()
        self.assertEqual(names, [f"slf4j-api-{self.version}.jar", pom.name])
        for finding in report["findings"]:
            self.assertIn(pom.name, finding["message"])

    def test_a_wrong_document(self):
        document = self.copy() / "maven-metadata.xml"
        document.write_text(document.read_text().replace(f"<version>{self.version}</version>", ""))
        names, report = self.lost()
        self.assertEqual(names, ["maven-metadata.xml"])
        self.assertEqual(report["documents"]["wrong"], 1)
        self.assertEqual(report["files"]["lost"], 0)

    def test_a_wrong_checksum_file(self):
        folder = self.copy()
        (folder / "maven-metadata.xml.sha1").write_text("0" * 40)
        sidecar = folder / self.version / f"slf4j-api-{self.version}.jar.sha1"
        sidecar.write_text("1" * 40)
        names, _ = self.lost()
        self.assertEqual(names, ["maven-metadata.xml.sha1", sidecar.name])

    def test_a_version_whose_objects_expired(self):
        folder = self.copy() / self.version
        names = sorted(path.name for path in folder.iterdir())
        shutil.rmtree(folder)
        self.assertEqual(self.lost()[0], names)

    def test_an_earlier_moment_is_restored_without_the_documents_of_today(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        report = self.drill("--package", PACKAGE, "--client", "none", "--as-of", now)
        self.check(report, "none")
        self.assertEqual(report["asked"]["asOf"], now)
        self.assertEqual(report["documents"]["packages"], 0)

    def test_without_a_client_the_program_resolves_and_says_so(self):
        report = self.drill("--package", PACKAGE, path="/nowhere")
        self.check(report, "none")
        self.assertNotIn("client", report["asked"])
        self.assertIn("mvn is not on the PATH", self.log)
        refused = subprocess.run(self.command("--client", "mvn"), env=self.environment("/nowhere"),
                                 capture_output=True, text=True)
        self.assertEqual(refused.returncode, 8, refused.stderr)
        self.assertIn("mvn is not on the PATH", refused.stderr)

    def test_plugins_that_mvn_cannot_get_leave_the_drill_untried(self):
        report = self.drill("--package", PACKAGE, "--maven-plugins", f"file://{self.work.name}/nowhere", status=3)
        self.assertEqual(report["outcome"], "untried")
        self.assertIn("--maven-plugins", report["message"])
        self.assertEqual(report["findings"], [])

    def test_nothing_to_restore_is_refused(self):
        ended = subprocess.run(self.command("--package", "com.nobody"), env=self.environment(), capture_output=True,
                               text=True)
        self.assertEqual(ended.returncode, 8, ended.stderr)
        self.assertIn("no version to restore", ended.stderr)

    def test_a_signal_ends_it_and_leaves_nothing_behind(self):
        server = subprocess.Popen(self.command("--sample", "100%"), env=self.environment(), stderr=subprocess.PIPE,
                                  text=True)
        with server:
            with contextlib.suppress(StopIteration):
                next(line for line in server.stderr if "drill started" in line)
            time.sleep(1)
            server.send_signal(signal.SIGTERM)
            words = server.stderr.read()
            self.assertEqual(server.wait(60), 9, words)

    def test_metrics_keep_the_last_success(self):
        file = self.scratch / "drill.prom"
        self.drill("--package", PACKAGE, "--client", "none", "--metrics-file", str(file))
        good = file.read_text()
        self.assertIn('reconcile_drill_exit_status{domain="my-domain",shard="0_1"} 0', good)
        self.assertIn('reconcile_drill_recovery_time_seconds{domain="my-domain",shard="0_1",until="all"}', good)
        last = next(line for line in good.splitlines() if line.startswith("reconcile_drill_last_success"))
        (self.copy() / self.version / f"slf4j-api-{self.version}.pom").unlink()
        self.lost("--metrics-file", str(file), client="none")
        bad = file.read_text()
        self.assertIn('reconcile_drill_exit_status{domain="my-domain",shard="0_1"} 6', bad)
        self.assertIn(last, bad)
        file.unlink()


def maven_version():
    text = subprocess.run(["mvn", "-B", "--version"], capture_output=True, text=True, check=True).stdout
    return text.split("Apache Maven ", 1)[1].split()[0].split("\x1b")[0]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
