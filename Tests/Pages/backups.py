"""Backups that the pages are shown with, made from the sandbox: one as a company has it, and one of names that harm."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

OWNED = ["--domain", "my-domain", "--domain-owner", "111122223333"]
LIBRARIES = {
    "com.acme.billing": ["billing-api", "billing-core", "invoice-renderer"],
    "com.acme.identity": ["identity-client", "session-store"],
    "com.acme.platform": ["bom", "http-kit", "scheduler", "telemetry-bridge-for-legacy-mainframe-adapters"],
}
VERSIONS = ["1.0.0", "1.2.0", "1.9.3", "1.10.0", "2.0.0-rc.1", "2.0.0"]
HOSTILE = [
    "<img src=x onerror=alert(1)>", '"><b onmouseover="alert(1)" style=x>', "';alert(1);'", "<svg onload=alert(1)>",
    "\u202egpj.exe\u2066", "{{{raw}}}", "&lt;b&gt;", "w" * 240, "javascript:alert(1)", "עברית", "한국어 패키지",
    "<iframe srcdoc=x>",
]


def tree(folder, versions):
    """A Maven repository with so many versions of each library."""
    for group, names in LIBRARIES.items():
        for name in names:
            for version in VERSIONS[:versions]:
                place = folder / group.replace(".", "/") / name / version
                place.mkdir(parents=True)
                pom = (
                    f"<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId>"
                    f"<artifactId>{name}</artifactId><version>{version}</version></project>"
                )
                (place / f"{name}-{version}.pom").write_text(pom)
                if name != "bom":
                    for ending, size in [(".jar", 48_000), ("-sources.jar", 9_000)]:
                        # Bytes that look like none, the same each time.
                        seed = hashlib.sha256(f"{name} {version} {ending}".encode()).digest()
                        (place / f"{name}-{version}{ending}").write_bytes(seed * (size // 32 + len(name)))


@contextlib.contextmanager
def domain(programs, folder, *arguments):
    command = [programs / "sandbox", "--import", f"releases={folder}", "--repository", "snapshots", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())["environment"]
        finally:
            server.terminate()


def command(program, *arguments, environment=(), statuses=(0,)):
    variables = {"PATH": os.environ["PATH"], **dict(environment)}
    ended = subprocess.run([program, *arguments], env=variables, capture_output=True, text=True)
    assert ended.returncode in statuses, (arguments, ended.returncode, ended.stdout, ended.stderr)
    return ended


def company(programs, folder):
    """A backup after two runs, a verification and a drill: a version was deleted, one could not be copied, one has other bytes."""
    backup = folder / "backup"
    (folder / "first").mkdir()
    tree(folder / "first", 5)
    with domain(programs, folder / "first") as environment:
        command(programs / "reconcile", "run", *OWNED, "--backup", f"file://{backup}", environment=environment)
    time.sleep(1.1)
    shutil.rmtree(folder / "first")
    (folder / "second").mkdir()
    tree(folder / "second", 6)
    shutil.rmtree(folder / "second/com/acme/billing/billing-core/1.2.0")
    with domain(programs, folder / "second", "--fault", "codeartifact.ListPackageVersionAssets:hash:first=1") as environment:
        command(programs / "reconcile", "run", *OWNED, "--backup", f"file://{backup}", environment=environment,
                statuses=(3,))
    command(programs / "reconcile", "verify", "--domain", "my-domain", "--backup", f"file://{backup}", "--record",
            "--depth", "bytes")
    command(programs / "reconcile-serve", "drill", "--domain", "my-domain", "--backup", f"file://{backup}", "--client", "none")
    mutate(backup / "my-domain/manifests/maven/releases/com.acme.billing/billing-api/1.9.3")
    return backup


def mutate(records):
    """Adds a record of a later second that names other bytes for the jar."""
    time.sleep(1.1)
    record = json.loads(sorted(records.iterdir())[-1].read_text())
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    jar = next(asset for asset in record["assets"] if asset["name"].endswith("1.9.3.jar"))
    for algorithm in ["sha256", "sha1", "md5", "sha512"]:
        jar[algorithm] = getattr(hashlib, algorithm)(b"other bytes").hexdigest()
    record |= {"recordedAt": now, "revision": "b3RoZXI="}
    write(records / f"{now.replace('-', '').replace(':', '')}.b3RoZXI.Published.json", record)


def write(path, record):
    """In the canonical form, which alone is a record."""
    path.write_text(json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def segment(name):
    """As the layout writes a name: percent, slash and control characters encoded, all else as it is."""
    return "".join(
        "".join(f"%{byte:02X}" for byte in char.encode()) if char in "%/" or ord(char) < 32 or 127 <= ord(char) < 160 else char
        for char in name
    )


def hostile(backup):
    """Adds packages of hostile names, as a run would record them, to a copy of a backup."""
    manifests = backup / "my-domain/manifests/maven/releases"
    example = next((manifests / "com.acme.billing/billing-api/1.0.0").iterdir())
    text = example.read_text()
    for name in HOSTILE:
        group = name.replace(".", "_")
        place = manifests / segment(group) / segment(name) / segment(name)
        place.mkdir(parents=True)
        record = json.loads(text)
        for member, value in [("namespace", group), ("package", name), ("version", name)]:
            assert member in record, (member, sorted(record))
            record[member] = value
        assets = {}
        for asset in record["assets"]:
            asset["name"] = f"{name}.{asset['name'].rsplit('.', 1)[1]}"
            asset["key"] = "/".join(
                ["my-domain/maven/releases", *(segment(part) for part in [group, name, name, asset["name"]])]
            )
            assets[asset["name"]] = asset
        record["assets"] = sorted(assets.values(), key=lambda asset: asset["name"].encode())
        write(place / example.name, record)


def large(backup, packages, versions):
    """Adds so many packages of one version, and one package of so many, to a copy of a backup."""
    manifests = backup / "my-domain/manifests/maven/releases"
    example = next((manifests / "com.acme.billing/billing-api/1.0.0").iterdir())
    text = example.read_text()

    def add(group, name, version):
        place = manifests / group / name / version
        place.mkdir(parents=True)
        record = text.replace("com.acme.billing", group).replace("com/acme/billing", group).replace("billing-api", name)
        (place / example.name).write_text(record.replace("1.0.0", version))

    for number in range(packages):
        add(f"group{number % 100:02}", f"package{number:05}", "1.0.0")
    for number in range(versions):
        add("many", "versions", f"1.{number}.0")
