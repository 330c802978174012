"""Every JSON document that the programs print or store, from one story: a backup of a local domain in which things
change, fail and are damaged."""

import contextlib
import dataclasses
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

DOMAIN = {"domain": "my-domain", "domain-owner": "111122223333"}
RECIPE = "repository=releases,packages=3,versions=2,assets=2,size=64,seed=1"
GROUP = "com.example.group0"
BUCKET = ["--backup", "s3://backup"]
SNAPSHOT = """<metadata><groupId>com.acme</groupId><artifactId>app</artifactId><version>2-SNAPSHOT</version><versioning>
<snapshot><timestamp>20260101.000001</timestamp><buildNumber>1</buildNumber></snapshot>
<lastUpdated>20260101000001</lastUpdated><snapshotVersions><snapshotVersion><classifier>all</classifier>
<extension>jar</extension><value>2-20260101.000001-1</value><updated>20260101000001</updated></snapshotVersion>
</snapshotVersions></versioning></metadata>"""
PLUGINS = """<metadata><plugins><plugin><name>Acme</name><prefix>acme</prefix><artifactId>acme-maven-plugin</artifactId>
</plugin><plugin><name>Odd</name><prefix>odd</prefix><artifactId>odd</artifactId></plugin></plugins></metadata>"""


@dataclasses.dataclass
class Document:
    """A document, the name of its schema, and where it is from."""

    schema: str
    source: str
    content: object


class Domain:
    """The sandbox, and what a client or an administrator changes in it."""

    def __init__(self, sandbox):
        self.command = [sandbox, "--no-signatures", "--synthetic", RECIPE, "--s3-port", "0", "--s3-versions"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.token = self.api("authorization-token")["authorizationToken"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def send(self, method, address, body=b"", headers=()):
        with urllib.request.urlopen(urllib.request.Request(address, body, dict(headers), method=method)) as answer:
            return answer.read()

    def api(self, path, body=None, **query):
        query = {"domain": DOMAIN["domain"], "repository": "releases", "format": "maven"} | query
        address = f"{self.ready['codeartifact']}/v1/{path}?{urllib.parse.urlencode(query)}"
        return json.loads(self.send("POST", address, json.dumps(body or {}).encode()))

    def versions(self, action, namespace, package, version, **members):
        answer = self.api(f"package/versions/{action}", {"versions": [version]} | members, namespace=namespace,
                          package=package)
        assert not answer.get("failedVersions"), answer

    def publish(self, namespace, package, version, file, content):
        folder = f"{namespace.replace('.', '/')}/{package}/{version}"
        self.put(f"{folder}/{file}", content)
        self.versions("update_status", namespace, package, version, targetStatus="Published")

    def put(self, path, content):
        address = self.ready["maven"]["releases"] + path
        self.send("PUT", address, content.encode(), {"Authorization": f"Bearer {self.token}"})

    def configure(self, method, path, query, body):
        address = f"{self.ready['codeartifact']}/v1/{path}?{urllib.parse.urlencode(query)}"
        return json.loads(self.send(method, address, json.dumps(body).encode()))

    def set_policies(self, action):
        """Of the domain and of a repository, for everybody."""
        document = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": f"codeartifact:{action}", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "codeartifact:Read*",
             "Resource": "arn:aws:codeartifact:us-east-1:111122223333:repository/my-domain/releases"}]})
        self.configure("PUT", "domain/permissions/policy", {}, {"domain": "my-domain", "policyDocument": document})
        self.configure("PUT", "repository/permissions/policy", {"domain": "my-domain", "repository": "releases"},
                       {"policyDocument": document})

    def fault(self, *faults):
        self.send("POST", f"{self.ready['codeartifact']}/_sandbox/faults", "\n".join(faults).encode())

    def objects(self):
        """Keys and bytes of the local S3's bucket."""
        bucket = f"{self.ready['s3']}/backup"
        listing = self.send("GET", f"{bucket}?list-type=2", None).decode()
        for key in re.findall("<Key>(.*?)</Key>", listing):
            yield key, self.send("GET", f"{bucket}/{urllib.parse.quote(key)}", None)


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes what is posted to it."""

    posted = []

    def do_POST(self):
        self.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Story:
    """What happens, and the documents on the way."""

    def __init__(self, programs, domain, work):
        self.reconcile, self.server = programs / "reconcile", programs / "reconcile-serve"
        self.domain, self.work = domain, work
        self.documents = []
        self.backup = work / "backup"
        self.backup.mkdir()
        settings = DOMAIN | {"backup": f"file://{self.backup}", "output": "json", "log-format": "json",
                             "max-attempts": 1, "verbose": True, "settling": "0s", "exclude": ["com.example.none:*"]}
        self.settings = work / "settings.json"
        self.settings.write_text(json.dumps(settings))
        self.keep("settings", "settings.json", settings)

    def keep(self, schema, source, content):
        self.documents.append(Document(schema, source, content))

    def run(self, schema, status, *arguments):
        """The program with its settings file; its document, if it prints one, and its log are kept."""
        command = " ".join(arguments)
        program = self.server if arguments[0] == "drill" else self.reconcile
        environment = {"PATH": os.environ["PATH"]} | self.domain.ready["environment"]
        config = [] if arguments[0] == "report" else ["--config", self.settings]
        ended = subprocess.run([program, *arguments, *config], env=environment, capture_output=True, text=True)
        assert ended.returncode == status, (command, ended.returncode, ended.stdout, ended.stderr)
        if schema:
            self.keep(schema, command, json.loads(ended.stdout))
        for line in ended.stderr.splitlines():
            self.keep("log-line", command, json.loads(line))

    def notified(self, status, *arguments):
        """The program as `run` runs it; what it posts at its end is kept too."""
        with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.run(None, status, *arguments, "--notify", f"http://127.0.0.1:{server.server_port}/s3cret")
            server.shutdown()
        path, body = Hook.posted.pop()
        assert (path, Hook.posted) == ("/s3cret", []), (path, Hook.posted)
        self.keep("notification", f"{arguments[0]} --notify", json.loads(body))
        assert "s3cret" not in str([document.content for document in self.documents])

    def play(self):
        self.run("settings-in-force", 0, "settings", "--for", "verify")
        for purpose in ("run", "restore", "serve"):
            self.run("policy", 0, "policy", "--for", purpose, *BUCKET)
        self.publish()
        self.configure()
        self.first_run()
        self.changes()
        self.second_run()
        self.shards()
        self.lookups()
        self.drills()
        self.damage()
        self.restore()
        self.configuration()
        self.contradiction()
        self.signed()
        self.stored()
        self.bucket()
        self.cut_short()
        return self.documents

    def configure(self):
        """What a domain may have, and a run that may not read all of it."""
        configured, here = self.domain.configure, {"domain": "my-domain"}
        configured("POST", "package-group", here, {
            "packageGroup": "/maven/com.acme/*", "contactInfo": "ops", "description": "ours",
            "tags": [{"key": "team", "value": "build"}]})
        configured("PUT", "package-group-origin-configuration", here | {"package-group": "/maven/com.acme/*"}, {
            "restrictions": {"EXTERNAL_UPSTREAM": "ALLOW_SPECIFIC_REPOSITORIES"},
            "addAllowedRepositories": [{"repositoryName": "releases", "originRestrictionType": "EXTERNAL_UPSTREAM"}]})
        configured("POST", "repository", here | {"repository": "shared"}, {
            "description": "d", "upstreams": [{"repositoryName": "releases"}], "tags": [{"key": "a", "value": ""}]})
        arn = "arn:aws:codeartifact:us-west-2:111122223333:domain/my-domain"
        configured("POST", "tag", {"resourceArn": arn}, {"tags": [{"key": "team", "value": "build"}]})
        self.domain.set_policies("ReadFromRepository")
        for operation in ("DescribeDomain", "DescribeRepository", "ListAllowedRepositoriesForGroup", "ListTagsForResource"):
            self.domain.fault(f"codeartifact.{operation}:403")
            self.run("run-report", 0, "run", "--report", "-", "--backup", f"file://{self.work / operation}")
            self.run("show-configuration", 0, "show", "--configuration", "--backup", f"file://{self.work / operation}")
            for path in (self.work / operation).rglob("configuration/*.json"):
                self.keep("configuration", path.name, json.loads(path.read_text()))
        self.domain.fault()

    def publish(self):
        self.domain.publish("com.acme", "app", "1", "app-1.jar", "one")
        self.domain.publish("com.acme", "acme-maven-plugin", "1", "acme-maven-plugin-1.jar", "plugin")
        self.domain.put("com/acme/maven-metadata.xml", PLUGINS)
        self.domain.put("com/acme/app/2-SNAPSHOT/app-2-20260101.000001-1-all.jar", "snapshot")
        self.domain.put("com/acme/app/2-SNAPSHOT/maven-metadata.xml", SNAPSHOT)

    def first_run(self):
        self.run("plan", 4, "plan")
        self.domain.fault("assets.GetObject:flip=7:on=artifact-000002-1.1.0.jar")
        self.run("run-report", 3, "run", "--report", "-")
        self.run("run-report", 8, "run", "--report", "-", "--package", "com.example.typo:*")
        self.run("status", 4, "status")
        self.domain.fault("codeartifact.ListRepositoriesInDomain:403")
        self.run("run-report", 7, "run", "--report", "-")
        self.domain.fault()
        self.run("run-report", 0, "run", "--report", "-", *BUCKET)
        self.notified(0, "run", *BUCKET)

    def changes(self):
        self.domain.versions("delete", GROUP, "artifact-000000", "1.1.0")
        self.domain.versions("update_status", GROUP, "artifact-000001", "1.0.0", targetStatus="Unlisted")
        self.domain.versions("delete", "com.acme", "app", "1")
        self.domain.publish("com.acme", "app", "1", "app-1.jar", "two")
        self.domain.put("com/acme/app/1/app-1-sources.jar", "sources")
        self.domain.api("package", {"restrictions": {"publish": "BLOCK", "upstream": "BLOCK"}}, namespace=GROUP,
                        package="artifact-000001")
        self.domain.set_policies("*")
        self.run("drift", 4, "drift")
        self.notified(4, "drift")
        self.domain.fault("codeartifact.ListPackageVersions:403:on=artifact-000002")
        self.run("drift", 3, "drift", *BUCKET)
        self.domain.fault()

    def second_run(self):
        # Records of one version differ in their second.
        time.sleep(1.1)
        # Only a bucket with versioning keeps both bytes of the file that changed.
        self.run("run-report", 3, "run", "--report", "-")
        self.run("run-report", 0, "run", "--report", "-", *BUCKET)
        self.run("drift", 4, "drift", "--offline", "--since", "24h")
        self.run("doctor", 8, "doctor")

    def shards(self):
        reports = [str(self.work / f"shard-{index}.json") for index in range(2)]
        for index, report in enumerate(reports):
            self.run(None, 0, "run", "--shard", f"{index}/2", "--report", report, *BUCKET)
        self.run("run-report", 0, "report", "--merge", *reports)

    def lookups(self):
        self.run("find", 0, "find", ".jar")
        self.run("show", 0, "show", "com.acme:app")
        self.run("show", 0, "show", "com.acme:app:1")
        self.run("history", 0, "history", "com.acme:app:1", *BUCKET)
        self.run("history", 0, "history", f"{GROUP}:artifact-000001:1.0.0")
        self.run("history", 0, "history", f"{GROUP}:artifact-000000:1.1.0")

        self.run("show-configuration", 0, "show", "--configuration")
        self.run("history-configuration", 0, "history", "--configuration")
        self.run("history-configuration", 0, "history", "--configuration", *BUCKET)

    def drills(self):
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.run("drill", 0, "drill", "--report", "-", "--client", "none", "--as-of", moment, "--repository", "releases")
        # Maven makes the folder of a repository that is not there.
        nowhere = f"file://{self.work}/nowhere"
        self.run("drill", 3, "drill", "--report", "-", "--maven-plugins", nowhere, "--package", "com.acme")
        self.run("drill", 0, "drill", "--report", "-", "--package", "com.acme:acme-maven-plugin", *BUCKET)
        listed = self.work / "needed.txt"
        listed.write_text(f"{GROUP}:artifact-000001:1.1.0\norg.example:elsewhere:1\n")
        self.notified(0, "drill", "--for-build", str(listed), "--client", "none")

    def damage(self):
        artifacts = self.backup / "my-domain/maven/releases/com/example/group0"
        lost = artifacts / "artifact-000002/1.0.0/artifact-000002-1.0.0.jar"
        lost.unlink()
        (artifacts / "artifact-000001/maven-metadata.xml").write_text("damaged")
        (artifacts / "stray.txt").write_text("stray")
        self.run("drill", 6, "drill", "--report", "-", "--sample", "100%", "--client", "none")
        verify = ["verify", "--depth", "bytes", "--record", "--report", "-"]
        self.run("verify-report", 6, *verify)
        self.run("runs", 0, "runs")
        self.run("verify-report", 0, "runs", "show", "latest")
        self.run("status", 4, "status")
        accepted = ["--accept-loss", str(lost.relative_to(self.backup)), "--reason", "a test"]
        self.run("verify-report", 6, *verify, *accepted)
        records = self.backup / f"my-domain/manifests/maven/releases/{GROUP}/artifact-000000/1.0.0"
        damaged = next(records.glob("*.json"))
        damaged.write_text("damaged " * 40)
        # A repair leaves it where it is.
        self.damaged = damaged.relative_to(self.backup).as_posix()
        self.run("repair-plan", 6, "verify", "--repair", "--dry-run", "--strict")
        self.run("verify-report", 0, *verify, "--repair")
        self.run("verify-report", 0, *verify, "--against-domain")
        self.notified(0, "verify")
        self.run("status", 4, "status")

    def cut_short(self):
        """A recorded file that was cut short in a store without versions, and its version has changed since."""
        backup = self.work / "cut"
        run = ["run", "--report", "-", "--backup", f"file://{backup}"]
        self.run("run-report", 0, *run)
        (backup / "my-domain/maven/releases/com/acme/app/1/app-1.jar").write_text("cut")
        self.domain.put("com/acme/app/1/app-1-javadoc.jar", "documentation")
        self.run("run-report", 3, *run)

    def contradiction(self):
        """A record of long ago, of which the run before made its checkpoint, and another that was slipped in later."""
        record = next((self.backup / "my-domain/manifests").rglob("*.Published.json"))
        revision = record.name.split(".", 1)[1]
        for year, status in ((2020, 3), (2021, 6)):
            (record.parent / f"{year}0101T000000Z.{revision}").write_bytes(record.read_bytes())
            self.run("run-report", status, "run", "--report", "-")
        self.run("verify-report", 6, "verify", "--report", "-")
        plugin = "com.acme:acme-maven-plugin"
        self.run("drill", 0, "drill", "--report", "-", "--package", plugin, "--client", "none")

    def signed(self):
        """A copy of the backup that is signed from now on."""
        key, trust = self.work / "key.pem", self.work / "trust.json"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
        owner = ["--domain", DOMAIN["domain"], "--domain-owner", DOMAIN["domain-owner"], "--region", "us-west-2"]
        trust.write_bytes(subprocess.run([self.reconcile, "trust", "--signing-key", key, *owner], check=True,
                                         stdout=subprocess.PIPE).stdout)
        self.keep("trust", "reconcile trust", json.loads(trust.read_text()))
        self.stated(key, trust)
        copy = self.work / "signed"
        shutil.copytree(self.backup, copy)
        signing = ["--trust", str(trust), "--signing-key", str(key), "--backup", f"file://{copy}"]
        self.run("run-report", 3, "run", "--report", "-", "--begin-signing", *signing)
        accepted = ["--accept-loss", "my-domain/*", "--reason", "from before signing"]
        self.run("verify-report", 0, "verify", "--report", "-", *accepted, *signing)
        # One that is signed, and one that is not, which shows nothing to be gone.
        self.run("verify-report", 0, "verify", "--record", "--report", "-", *signing)
        unsigned = [word for word in signing if word not in ("--signing-key", str(key))]
        self.run("verify-report", 0, "verify", "--record", "--report", "-", *unsigned)
        self.run("status", 4, "status", *unsigned)
        # The version that could not be taken over has no record that passes.
        self.run("drill", 6, "drill", "--report", "-", "--client", "none", *signing)
        self.stored(copy)

    def stated(self, key, trust):
        """A copy of the backup whose records count by a statement."""
        copy, based = self.work / "stated", self.work / "based.json"
        shutil.copytree(self.backup, copy)
        place = ["--backup", f"file://{copy}", "--signing-key", str(key)]
        accepted = ["--accept-uncompared", "my-domain/manifests/*"]
        self.run("sign", 3, "sign", *accepted, *place, "--trust", str(trust))
        baseline = next(document.content["baseline"] for document in reversed(self.documents)
                        if document.schema == "sign")
        based.write_text(json.dumps(json.loads(trust.read_text()) | {"baseline": baseline}))
        self.keep("trust", "trust file with a baseline", json.loads(based.read_text()))
        self.run("run-report", 3, "run", "--report", "-", *place, "--trust", str(based))
        self.run("sign", 3, "sign", *place, "--trust", str(trust), "--accept-uncompared", "my-domain/none")
        self.stored(copy)

    def restore(self):
        self.domain.versions("delete", GROUP, "artifact-000001", "1.1.0")
        self.domain.versions("delete", "com.acme", "app", "1")
        self.domain.publish("com.acme", "app", "1", "app-1.jar", "three")
        self.run("restore-plan", 3, "restore", "--deleted", "--dry-run")
        listed = self.backup.parent / "build.txt"
        listed.write_text(f"{GROUP}:artifact-000001:1.1.0\norg.example:elsewhere:1\n")
        self.run("restore-plan", 4, "restore", "--deleted", "--for-build", str(listed), "--dry-run")
        self.run("restore-report", 3, "restore", "--deleted", "--report", "-")

    def configuration(self):
        self.domain.set_policies("Get*")
        self.run("restore-configuration", 0, "restore", "--configuration")
        spare = ["restore", "--configuration", "--create-domain", "--to-domain", "spare"]
        self.run("restore-configuration", 4, *spare, "--dry-run")
        self.run("restore-configuration", 8, *spare)
        newest = max((self.backup / DOMAIN["domain"] / "configuration").iterdir())
        spare += ["--accept-unproved", hashlib.sha256(newest.read_bytes()).hexdigest()]
        self.domain.fault("codeartifact.PutDomainPermissionsPolicy:403")
        self.run("restore-configuration", 3, *spare, "--map-account", "111122223333=111122223333")
        self.domain.fault()
        into = ["--into-domain", "--to-domain", "spare", "--to-repository", "releases", "--repository", "releases"]
        self.run("drill", 0, "drill", "--report", "-", "--package", "com.acme:acme-maven-plugin", *into)

    def stored(self, backup=None):
        backup = backup or self.backup
        for path in sorted(backup.rglob("*.json")):
            key = path.relative_to(backup).as_posix()
            if (schema := schema_of(key)) and key != self.damaged:
                self.keep(schema, f"{backup.name}/{key}", json.loads(path.read_text()))

    def bucket(self):
        """Most of what is published goes, and somebody says that this is right."""
        for number in range(3):
            for version in ("1.0.0", "1.1.0"):
                try:
                    self.domain.versions("delete", GROUP, f"artifact-{number:06}", version)
                except (AssertionError, urllib.error.HTTPError):
                    continue
        self.run("run-report", 8, "run", "--report", "-", *BUCKET)
        self.run("run-report", 0, "run", "--allow-mass-deletion", "--report", "-", *BUCKET)
        self.run("show", 0, "show", "com.acme:app:1", *BUCKET)
        for key, content in self.domain.objects():
            if schema := schema_of(key):
                self.keep(schema, f"s3://backup/{key}", json.loads(content))


def schema_of(key):
    """The schema of a stored document, by its key; None of what is not one."""
    folder, *rest = key.split("/")[1:]
    if folder == "manifests":
        # maven, repository, group and package; a version's record is one level further down.
        return "manifest" if len(rest) == 6 else "package-record"
    if folder == "deletions":
        return "allowed-deletions"
    by_day = {"runs": "run-report", "verifications": "verify-report", "checkpoints": "checkpoint",
              "drills": "drill"}
    if folder in by_day:
        return by_day[folder] if len(rest) == 2 else None
    if folder in ("configuration", "repairs"):
        return folder
    if folder == "statements":
        return "statement-index" if rest[-1] == "index.json" else "statement"
    return "accepted-losses" if folder == "losses" else None


@contextlib.contextmanager
def story(programs, work):
    with Domain(programs / "sandbox") as domain:
        yield Story(programs, domain, pathlib.Path(work))
