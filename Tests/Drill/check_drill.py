"""Drills of reconcile-serve with real Maven and Gradle on real artifacts: a backup that is intact, and each way to lose.

    check_drill.py PROGRAMS [TEST…]     the folder with reconcile, reconcile-serve and sandbox; names such as Kinds
"""

import base64
import contextlib
import datetime
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import zipfile

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
ARTIFACTS = "/usr/share/maven-repo"
OWNED = ["--domain", "my-domain", "--domain-owner", "111122223333"]
# With parents, plugins, jars, and files of other kinds among them.
PACKAGES = ["org.slf4j", "org.apache.maven.plugins", "org.codehaus.plexus", "junit", "org.sonatype.*"]
PACKAGE = "org.slf4j:slf4j-api"


# What a public key on P-256 begins with before its point.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


@contextlib.contextmanager
def sandbox(*arguments):
    """A domain with Debian's Maven artifacts; gives the environment of whoever works with it."""
    command = [PROGRAMS / "sandbox", "--import", f"debian={ARTIFACTS}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            sandbox.ready = json.loads(server.stdout.readline())
            yield sandbox.ready["environment"] | {"PATH": os.environ["PATH"]}
        finally:
            server.terminate()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(folder, public, message, signature):
    """Whether openssl takes the two numbers of a signature for that of a message."""
    def integer(number):
        number = number.lstrip(b"\0")
        number = b"\0" + number if number[0] >= 0x80 else number
        return bytes([2, len(number)]) + number
    numbers = decoded(signature)
    content = integer(numbers[:32]) + integer(numbers[32:])
    (folder / "public.der").write_bytes(public)
    (folder / "signature").write_bytes(bytes([0x30, len(content)]) + content)
    ended = subprocess.run(["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", folder / "public.der", "-signature",
                            folder / "signature"], input=message, capture_output=True)
    return ended.returncode == 0


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


class Drills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="drills-")
        cls.whole = pathlib.Path(cls.work.name) / "whole"
        with sandbox() as environment:
            patterns = [word for name in PACKAGES for word in ("--package", name)]
            run = [PROGRAMS / "reconcile", "run", *OWNED, "--backup", f"file://{cls.whole}", *patterns]
            subprocess.run(run, env=environment, check=True, capture_output=True)
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
            version = re.sub(r"-\d{8}\.\d{6}-\d+$", "-SNAPSHOT", file["version"])
            folder = "/".join([file["namespace"].replace(".", "/"), file["package"], version, file["asset"]])
            stored = (self.backup / "my-domain/maven" / file["repository"] / folder).read_bytes()
            self.assertEqual((file["size"], file["sha256"]), (len(stored), hashlib.sha256(stored).hexdigest()))
            self.assertIn(file["client"], clients)

    def relocated(self):
        """Packages of which a POM names other coordinates: Maven follows them, and never asks for the files beside it."""
        root = self.backup / "my-domain/maven/debian"
        for pom in root.rglob("*.pom"):
            if b"<relocation>" in pom.read_bytes():
                *group, artifact, _, _ = pom.relative_to(root).parts
                yield f"{'.'.join(group)}:{artifact}"

    def test_a_sound_backup_comes_back_whole_in_the_time_that_a_clock_outside_shows(self):
        before = time.time()
        report = self.drill("--sample", "5%")
        after = time.time()
        # Some of these versions have a parent that is in none of the packages.
        self.check(report, "mvn", "none")
        fetched = [file["asset"] for file in report["returned"] if file["client"] == "none"]
        noted = [note["asset"] for note in report["notes"]]
        # The others are files that Maven has for its own plugin.
        self.assertLessEqual(set(noted), set(fetched))
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
        failed = any("cannot build with it" in note["message"] for note in report["notes"])
        self.assertEqual([command["exit"] for command in report["commands"]], [0, int(failed)])
        for command in report["commands"]:
            self.assertTrue(before - 1.1 < seconds(command["startedAt"]) < after)
        age = report["recoveryPoint"]["ageSeconds"]
        self.assertLess(abs(seconds(report["startedAt"]) - seconds(report["recoveryPoint"]["newestRecord"]) - age), 1.1)

    def test_files_beside_a_relocation_are_fetched_although_maven_asks_for_others(self):
        names = sorted(set(self.relocated()))
        self.assertTrue(names)
        report = self.drill(*(word for name in names for word in ("--package", name)))
        self.check(report, "mvn", "none")
        passed = [note["asset"] for note in report["notes"] if "mvn does not ask for it" in note["message"]]
        self.assertTrue([name for name in passed if name.endswith(".jar")], report["notes"])
        fetched = {file["asset"] for file in report["returned"] if file["client"] == "none"}
        self.assertLessEqual(set(passed), fetched)

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

    def test_a_file_that_maven_has_from_elsewhere_is_fetched_from_the_backup_all_the_same(self):
        plexus = self.copy().parents[2] / "org/codehaus/plexus/plexus-utils"
        report = self.drill("--package", "org.codehaus.plexus:plexus-utils")
        self.check(report, "mvn", "none")
        # What maven-dependency-plugin itself depends on.
        shared = sorted(file["asset"] for file in report["returned"] if file["client"] == "none")
        self.assertTrue([name for name in shared if name.endswith(".jar")], report["returned"])
        for name in shared:
            (file,) = plexus.glob(f"*/{name}")
            file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
        report = self.drill("--package", "org.codehaus.plexus:plexus-utils", status=6)
        self.assertEqual(sorted(finding["asset"] for finding in report["findings"]), shared)

    def test_gradle_and_the_program_itself_restore_too(self):
        for client in ["gradle", "none"]:
            report = self.drill("--package", PACKAGE, "--package", "junit", "--client", client)
            self.check(report, client)
            self.assertEqual(report["client"], client)
            self.assertGreater(report["documents"]["resolved"], 0)

    def test_what_a_build_needs_is_resolved_and_nothing_else(self):
        listed = pathlib.Path(self.work.name) / "needed.txt"
        listed.write_text(f"{PACKAGE}:{self.version}\ncom.acme:elsewhere:1\n")
        report = self.drill("--for-build", str(listed))
        self.check(report, "mvn", "none")
        self.assertEqual(report["asked"]["forBuild"], [str(listed)])
        self.assertEqual(report["versions"]["drawn"], report["build"]["versions"])
        self.assertIn("com.acme:elsewhere:1", report["build"]["absent"])
        self.assertEqual(report["build"]["unread"], [])
        names = {f"{file['namespace']}:{file['package']}" for file in report["returned"]}
        self.assertEqual(names, {PACKAGE, "org.slf4j:slf4j-parent"})
        self.assertIn("mvn", {file["client"] for file in report["returned"]})
        self.assertGreater(report["documents"]["resolved"], 0)

    def test_what_a_build_lost_is_named_and_what_it_cannot_mean_is_refused(self):
        listed = pathlib.Path(self.work.name) / "build.txt"
        listed.write_text(f"{PACKAGE}:{self.version}\n")
        jar = self.copy() / self.version / f"slf4j-api-{self.version}.jar"
        jar.unlink()
        report = self.drill("--for-build", str(listed), status=6)
        self.assertEqual([finding["key"].rsplit("/", 1)[1] for finding in report["findings"]], [jar.name])
        listed.write_text("com.acme:elsewhere:1\n")
        for arguments, status, words in [
            (["--for-build", str(listed)], 8, "the backup has nothing of what"),
            (["--for-build", str(listed), "--package", PACKAGE], 64, "use --package or --for-build, not both"),
        ]:
            ended = subprocess.run(self.command(*arguments), env=self.environment(), capture_output=True, text=True)
            self.assertEqual(ended.returncode, status, ended.stderr)
            self.assertIn(words, ended.stderr)

    def test_evidence_is_signed_and_says_who_signed_the_checkpoint(self):
        work = pathlib.Path(tempfile.mkdtemp(dir=self.work.name))
        key, trust, self.backup = work / "key.pem", work / "trust.json", work / "backup"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
        signing = ["--trust", str(trust), "--signing-key", str(key)]
        with sandbox() as environment:
            region = ["--region", environment["AWS_REGION"]]
            trusted = subprocess.run([PROGRAMS / "reconcile", "trust", "--signing-key", key, *OWNED, *region], check=True,
                                     capture_output=True)
            trust.write_bytes(trusted.stdout)
            run = [PROGRAMS / "reconcile", "run", *OWNED, "--backup", f"file://{self.backup}", "--package", PACKAGE, *signing]
            subprocess.run(run, env=environment, check=True, capture_output=True)
            # A record of long ago, without which no checkpoint is due yet. It does not pass, and counts for nothing.
            record = next((self.backup / "my-domain/manifests").rglob("*.Published.json"))
            (record.parent / f"20200101T000000Z.{record.name.split('.', 1)[1]}").write_text("{}")
            subprocess.run(run, env=environment, check=True, capture_output=True)
        ended = subprocess.run(self.command("--report", "-", "--client", "none", *signing), env=self.environment(),
                               capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        report = json.loads(ended.stdout)
        (known,) = json.loads(trust.read_text())["keys"]
        self.assertEqual(report["checkpoint"]["signature"]["publicKey"], known["publicKey"])
        self.assertTrue(report["checkpoint"]["signature"]["writer"].startswith("reconcile/"))
        (stored,) = self.evidence()
        text = stored.read_bytes()
        members = {name: json.loads(text).pop(name) for name in ["certificate", "certificateSignature", "signature"]}
        body = text[:text.index(b',"certificate":')] + b"}\n"
        self.assertEqual(json.loads(body), report)
        certificate = members["certificate"].encode()
        path = stored.relative_to(self.backup / "my-domain").as_posix()
        message = f"reconcile object v1\n{hashlib.sha256(certificate).hexdigest()}\n{path}\n".encode() + body
        public = SPKI + decoded(certificate.decode().splitlines()[4])
        self.assertTrue(verified(work, base64.b64decode(known["publicKey"]), certificate, members["certificateSignature"]))
        self.assertTrue(verified(work, public, message, members["signature"]))
        self.assertFalse(verified(work, public, message + b" ", members["signature"]))
        # The certificate names the checkpoint too.
        self.assertTrue(certificate.decode().splitlines()[7].startswith(f"{report['checkpoint']['cutoff']}:"))
        for arguments, status, words in [
            (["--trust", str(trust)], 8, "--no-evidence stores none"),
            (["--trust", str(trust), "--no-evidence"], 0, "drill finished"),
        ]:
            ended = subprocess.run(self.command("--client", "none", *arguments), env=self.environment(),
                                   capture_output=True, text=True)
            self.assertEqual(ended.returncode, status, ended.stderr)
            self.assertIn(words, ended.stderr)

    def test_a_changed_byte(self):
        jar = self.copy() / self.version / f"slf4j-api-{self.version}.jar"
        bytes = bytearray(jar.read_bytes())
        bytes[len(bytes) // 2] ^= 1
        jar.write_bytes(bytes)
        for client in ["mvn", "gradle", "none"]:
            names, report = self.lost(client=client)
            self.assertEqual(names, [jar.name])
            self.assertEqual(report["files"]["lost"], 1)
        # A drill's own server has no log that anybody sees.
        self.assertIn("SHA-256", report["findings"][0]["message"])
        self.assertNotIn("log", report["findings"][0]["message"])

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

    def test_a_record_that_was_emptied(self):
        self.copy()
        records = self.backup / "my-domain/manifests/maven"
        (record,) = records.glob(f"*/org.slf4j/slf4j-api/{self.version}/*.json")
        record.write_bytes(b"")
        for client in ["mvn", "none"]:
            names, report = self.lost(client=client)
            self.assertIn(record.name, names)
            self.assertEqual(report["files"]["lost"], 1)
            self.assertIn(self.version, report["findings"][0]["message"] + self.log)

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


class Published:
    """What a team publishes into a repository of its own: libraries, what they share, a plugin, a snapshot."""

    def __init__(self, ready):
        self.api, self.maven = ready["codeartifact"], ready["maven"]["own"]
        self.token = json.loads(self.send("POST", f"{self.api}/v1/authorization-token?domain=my-domain"))["authorizationToken"]

    def send(self, method, address, body=b"", **headers):
        with urllib.request.urlopen(urllib.request.Request(address, body, headers, method=method)) as answer:
            return answer.read()

    def put(self, path, content):
        content = content if isinstance(content, bytes) else content.encode()
        self.send("PUT", f"{self.maven}com/acme/{path}", content, Authorization=f"Bearer {self.token}")

    def publish(self, name, version, *, packaging="jar", jar=None, more=""):
        parent = "" if name == "acme-parent" else f"<parent>{coordinates('com.acme', 'acme-parent', '1')}</parent>"
        self.put(f"{name}/{version}/{name}-{version}.pom", project(name, version, f"{parent}{more}", packaging))
        if packaging != "pom":
            self.put(f"{name}/{version}/{name}-{version}.jar", jar or archive({f"{name}.txt": version}))
        query = f"domain=my-domain&repository=own&format=maven&namespace=com.acme&package={name}"
        body = json.dumps({"versions": [version], "targetStatus": "Published"}).encode()
        answer = json.loads(self.send("POST", f"{self.api}/v1/package/versions/update_status?{query}", body))
        assert not answer.get("failedVersions"), answer

    def all(self):
        self.publish("acme-parent", "1", packaging="pom")
        managed = f"<dependency>{coordinates('com.acme', 'lib', '1.0')}</dependency>"
        self.publish("acme-bom", "1", packaging="pom", more=f"<dependencyManagement><dependencies>{managed}"
                     "</dependencies></dependencyManagement>")
        for version in ["1.0", "1.1"]:
            self.publish("lib", version)
        self.publish("app", "1.0", more=f"<dependencies><dependency>{coordinates('com.acme', 'lib', '[1.0,2.0)')}"
                     "</dependency></dependencies>")
        described = f"<plugin>{coordinates('com.acme', 'acme-maven-plugin', '1.0')}<goalPrefix>acme</goalPrefix></plugin>"
        self.publish("acme-maven-plugin", "1.0", packaging="maven-plugin",
                     jar=archive({"META-INF/maven/plugin.xml": described}))
        build = "2-20260101.000001-1"
        folder = "app/2-SNAPSHOT"
        self.put(f"{folder}/app-{build}.pom", project("app", "2-SNAPSHOT", ""))
        self.put(f"{folder}/app-{build}.jar", archive({"app.txt": "snapshot"}))
        files = "".join(
            f"<snapshotVersion><extension>{extension}</extension><value>{build}</value><updated>20260101000001</updated>"
            "</snapshotVersion>" for extension in ["jar", "pom"])
        self.put(f"{folder}/maven-metadata.xml", f"<metadata>{coordinates('com.acme', 'app', '2-SNAPSHOT')}<versioning>"
                 "<snapshot><timestamp>20260101.000001</timestamp><buildNumber>1</buildNumber></snapshot>"
                 "<lastUpdated>20260101000001</lastUpdated>"
                 f"<snapshotVersions>{files}</snapshotVersions></versioning></metadata>")


def coordinates(*names):
    return "".join(f"<{tag}>{name}</{tag}>" for tag, name in zip(["groupId", "artifactId", "version"], names))


def project(name, version, more, packaging="jar"):
    return (f"<project><modelVersion>4.0.0</modelVersion>{coordinates('com.acme', name, version)}"
            f"<packaging>{packaging}</packaging>{more}</project>")


def archive(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as jar:
        for name, content in files.items():
            jar.writestr(name, content)
    return buffer.getvalue()


class Kinds(Drills):
    """The same drills of what clients resolve in ways of their own, by real Maven."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="drills-")
        cls.whole = pathlib.Path(cls.work.name) / "whole"
        with sandbox("--repository", "own", "--no-signatures") as environment:
            Published(sandbox.ready).all()
            run = [PROGRAMS / "reconcile", "run", *OWNED, "--backup", f"file://{cls.whole}", "--repository", "own"]
            subprocess.run(run, env=environment, check=True, capture_output=True)

    def copy(self):
        super().copy()
        return self.backup / "my-domain/maven/own/com/acme"

    def test_snapshots_ranges_parents_BOMs_and_plugins_come_back_by_maven(self):
        report = self.drill()
        self.check(report, "mvn")
        self.assertEqual(report["notes"], [])
        versions = report["versions"]
        self.assertEqual((versions["plugins"], versions["onlyPOM"]), (1, 2))
        self.assertGreater(versions["snapshots"], 0)
        self.assertEqual(versions["drawn"], versions["available"])
        # Each by a range or as a snapshot: parent, BOM, two of the library, two of the application, the plugin.
        self.assertEqual(report["documents"]["resolved"], 7)

    def test_a_build_of_all_kinds(self):
        pom = pathlib.Path(self.work.name) / "build.xml"
        bom = f"<dependency>{coordinates('com.acme', 'acme-bom', '1')}<type>pom</type><scope>import</scope></dependency>"
        pom.write_text(project(
            "ours", "1", f"<parent>{coordinates('com.acme', 'acme-parent', '1')}</parent>"
            f"<dependencyManagement><dependencies>{bom}</dependencies></dependencyManagement><dependencies>"
            f"<dependency>{coordinates('com.acme', 'app', '[1.0,1.5]')}</dependency>"
            f"<dependency>{coordinates('com.acme', 'app', '2-SNAPSHOT')}<classifier>x</classifier></dependency></dependencies>"
            f"<build><plugins><plugin>{coordinates('com.acme', 'acme-maven-plugin', '1.0')}</plugin></plugins></build>"))
        report = self.drill("--for-build", str(pom))
        self.check(report, "mvn")
        self.assertFalse([name for name in report["build"]["absent"] if name.startswith("com.acme:")], report["build"])
        names = {f"{file['package']}:{file['version']}" for file in report["returned"]}
        self.assertLessEqual({"acme-parent:1", "acme-bom:1", "app:1.0", "lib:1.0", "acme-maven-plugin:1.0"}, names)
        self.assertTrue([name for name in names if name.startswith("app:2-")], names)

    def test_a_lost_parent_takes_its_children_with_it(self):
        (self.copy() / "acme-parent/1/acme-parent-1.pom").unlink()
        report = self.drill(status=6)
        lost = {finding["key"].rsplit("/", 1)[1] for finding in report["findings"]}
        self.assertLessEqual({"acme-parent-1.pom", "lib-1.0.jar", "acme-maven-plugin-1.0.jar"}, lost)
        self.assertNotIn("app-2-20260101.000001-1.jar", lost)

    def test_a_lost_file_of_a_snapshot_and_its_wrong_document(self):
        folder = self.copy() / "app/2-SNAPSHOT"
        (folder / "app-2-20260101.000001-1.jar").unlink()
        (folder / "maven-metadata.xml").write_text("<metadata/>")
        report = self.drill("--package", "com.acme:app", status=6)
        lost = {finding["key"].rsplit("/", 1)[1] for finding in report["findings"]}
        self.assertEqual(lost, {"app-2-20260101.000001-1.jar", "maven-metadata.xml"})


class IntoDomain(Drills):
    """Drills that restore into an empty repository of a domain."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="drills-")
        cls.whole = pathlib.Path(cls.work.name) / "whole"
        repositories = [word for name in ["own", "scratch", "second", "third"] for word in ("--repository", name)]
        cls.domain = contextlib.ExitStack()
        cls.variables = cls.domain.enter_context(sandbox(*repositories, "--no-signatures"))
        cls.published = Published(sandbox.ready)
        cls.published.all()
        run = [PROGRAMS / "reconcile", "run", *OWNED, "--backup", f"file://{cls.whole}", "--repository", "own"]
        subprocess.run(run, env=cls.variables, check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.domain.close()
        super().tearDownClass()

    def environment(self, path=os.environ["PATH"]):
        return self.variables | super().environment(path)

    def into(self, repository, *arguments):
        return ["--into-domain", "--domain-owner", "111122223333", "--repository", "own", "--to-repository", repository,
                *arguments]

    def listed(self, repository, package, version):
        query = f"domain=my-domain&repository={repository}&format=maven&namespace=com.acme&package={package}&version={version}"
        answer = self.published.send("POST", f"{self.published.api}/v1/package/version/assets?{query}")
        return {asset["name"]: asset["hashes"]["SHA-256"] for asset in json.loads(answer)["assets"]}

    def test_the_sample_is_restored_compared_and_left_there(self):
        before = time.time()
        report = self.drill(*self.into("scratch"))
        after = time.time()
        self.check(report, "domain")
        self.assertEqual(report["client"], "domain")
        self.assertEqual(report["commands"], [])
        self.assertEqual(report["documents"]["wrong"], 0)
        destination = report["destination"]
        self.assertEqual((destination["domain"], destination["domainOwner"], destination["repository"]),
                         ("my-domain", "111122223333", "scratch"))
        self.assertTrue(destination["cleanUp"].startswith("aws codeartifact delete-repository "), destination)
        self.assertIn("--repository scratch", destination["cleanUp"])
        for package in ["lib", "acme-maven-plugin"]:
            own = self.listed("own", package, "1.0")
            self.assertTrue(own)
            self.assertEqual(self.listed("scratch", package, "1.0"), own)
        first, whole = report["recoveryTime"]["firstSeconds"], report["recoveryTime"]["allSeconds"]
        self.assertTrue(0 < first <= whole <= after - before, (first, whole, after - before))
        # What is there now would be found by a second drill too, whatever that restored.
        again = self.drill(*self.into("scratch"), status=8)
        self.assertEqual(again["outcome"], "failed")
        self.assertIn("already, so what is found in it would prove nothing", again["message"])

    def test_a_lost_file_is_not_listed(self):
        self.copy()
        jar = self.backup / "my-domain/maven/own/com/acme/lib/1.1/lib-1.1.jar"
        jar.unlink()
        report = self.drill(*self.into("second", "--package", "com.acme:lib"), status=6)
        lost = {finding["key"].rsplit("/", 1)[1] for finding in report["findings"]}
        self.assertIn(jar.name, lost)
        self.assertFalse([name for name in lost if "1.0" in name], lost)
        self.assertNotIn("allSeconds", report["recoveryTime"])

    def test_what_cannot_be_meant_is_refused(self):
        own = ["--into-domain", "--domain-owner", "111122223333"]
        for arguments, status, words in [
            ([*own, "--repository", "own"], 64, "requires --to-repository"),
            ([*own, "--repository", "own", "--to-repository", "own"], 64, "must not be the repository that was backed up"),
            ([*self.into("third"), "--client", "mvn"], 64, "without --into-domain"),
        ]:
            ended = subprocess.run(self.command(*arguments), env=self.environment(), capture_output=True, text=True)
            self.assertEqual(ended.returncode, status, ended.stderr)
            self.assertIn(words, ended.stderr)


def load_tests(loader, *_):
    """The later classes have the tools of Drills, and tests of their own alone."""
    suite = unittest.TestSuite([loader.loadTestsFromTestCase(Drills)])
    for case in [Kinds, IntoDomain]:
        suite.addTests(case(name) for name in loader.getTestCaseNames(case) if name in vars(case))
    return suite


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
