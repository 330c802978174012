"""Measures reconcile against what else could do its work, all on this machine, in one run.

    bench.py [copy] [seaweedfs] [latency] [quota] [noop]      all of them when none is named

`make bench` builds what is measured (release programs, floor.c) and runs this with the Python that has boto3 and
rclone. Every figure is the median of REPETITIONS runs, with the lowest and the highest beside it. CPU is user and
system time of the client's process alone. docs/BENCHMARKS.md explains the rows.
"""

import hashlib, json, os, statistics, subprocess, sys, tempfile, threading, time, urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / ".build/release"
TOOLS = Path(sys.executable).parent
FLOOR = ROOT / ".build/floor"
REPETITIONS = int(os.environ.get("REPETITIONS", 3))
WIDTH = 32
LATENCY = 0.03
# 50 packages of 20 versions, each of a POM and four assets of 4 KiB.
PACKAGES, VERSIONS, ASSETS = 50, 20, 5
COUNT = PACKAGES * VERSIONS * ASSETS
# The AWS sample's loop takes one at a time: a part of the assets is enough to know its pace.
SAMPLE_PACKAGES = 10
DOMAIN, OWNER = "bench", "111122223333"

STARTER = """
import json, os, sys, time
started = time.monotonic()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
ended = os.waitstatus_to_exitcode(status), time.monotonic() - started
open(sys.argv[1], "w").write(json.dumps([*ended, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


class Sandbox:
    """A fresh sandbox process: a local CodeArtifact, and a local S3 unless another is named."""

    def __init__(self, *arguments, packages=PACKAGES, versions=VERSIONS, assets=ASSETS, size=4096, buckets=("backup",)):
        ready = Path(tempfile.mkdtemp()) / "ready"
        recipe = f"packages={packages},versions={versions},assets={assets},size={size}"
        command = [RELEASE / "sandbox", "--domain", DOMAIN, "--owner", OWNER, "--no-signatures", "--s3-port", "0"]
        command += [*(["--synthetic", recipe] if packages else []), "--ready-file", ready, *arguments]
        for bucket in buckets:
            command += ["--s3-bucket", bucket]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not ready.exists():
            if self.process.poll() is not None:
                sys.exit("the sandbox did not start")
            time.sleep(0.05)
        answer = json.loads(ready.read_text())
        self.api, self.maven, self.s3 = answer["codeartifact"], answer["maven"]["releases"], answer["s3"]
        self.environment = answer["environment"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def requests(self):
        return json.load(urllib.request.urlopen(self.api + "/_sandbox/requests"))


def measure(command, environment={}, **options):
    """Runs a program to its end: wall and CPU seconds, and its peak memory in MiB."""
    with tempfile.NamedTemporaryFile("r") as told:
        # Started by a process as small as can be: the peak that the system tells is at least the starter's own.
        starter = [sys.executable, "-S", "-c", STARTER, told.name, *(str(word) for word in command)]
        subprocess.run(starter, env={**os.environ, **environment}, check=True, **options)
        status, wall, cpu, memory = json.load(told)
    if status != 0:
        sys.exit(f"{command[0]} ended with status {status}")
    return wall, cpu, memory


# By default a run stays at 80 % of the service's quotas; with these the machine is the limit.
UNPACED = ["--width", WIDTH]
for rate in ("list-packages", "list-package-versions", "list-package-version-assets", "reads"):
    UNPACED += [f"--rate-{rate}", "1000000"]


def reconcile(sandbox, *arguments, subcommand="run", backup="s3://backup", pace=UNPACED):
    report = Path(tempfile.mkdtemp()) / "report.json"
    command = [RELEASE / "reconcile", subcommand, "--domain", DOMAIN, "--domain-owner", OWNER, "--backup", backup]
    command += ["--log-level", "error", "--report", report, *pace, *arguments]
    with tempfile.TemporaryFile("w+") as said:
        try:
            wall, cpu, memory = measure(command, sandbox.environment, stdout=said, stderr=said)
        except SystemExit:
            said.seek(0)
            sys.stderr.write(said.read())
            raise
    return wall, cpu, memory, json.loads(report.read_text())


def floor(sandbox, s3, bucket):
    """The same GETs and PUTs by libcurl alone."""
    client = api(sandbox)
    token = client.get_authorization_token(domain=DOMAIN, domainOwner=OWNER)["authorizationToken"]
    lines = []
    for package in range(PACKAGES):
        name = f"artifact-{package:06}"
        for version in (f"1.{number}.0" for number in range(VERSIONS)):
            for suffix in (".pom", ".jar", "-sources.jar", "-javadoc.jar", "-part4.jar"):
                path = f"com/example/group0/{name}/{version}/{name}-{version}{suffix}"
                lines.append(f"{sandbox.maven}{path} {s3}/{bucket}/{path}\n")
    pairs = tempfile.TemporaryFile("w+")
    pairs.writelines(lines)
    pairs.seek(0)
    return measure([FLOOR, WIDTH, f"Bearer {token}"], stdin=pairs)


def api(sandbox):
    import boto3

    return boto3.client("codeartifact", endpoint_url=sandbox.api, region_name=sandbox.environment["AWS_REGION"],
                        aws_access_key_id=sandbox.environment["AWS_ACCESS_KEY_ID"],
                        aws_secret_access_key=sandbox.environment["AWS_SECRET_ACCESS_KEY"])


def sample(bucket):
    """What the AWS sample maven-package-backup does for each version; run as a process of its own."""
    import boto3

    codeartifact, s3 = boto3.client("codeartifact"), boto3.client("s3")
    for package in range(SAMPLE_PACKAGES):
        of = dict(domain=DOMAIN, domainOwner=OWNER, repository="releases", format="maven",
                  namespace="com.example.group0", package=f"artifact-{package:06}")
        for version in codeartifact.list_package_versions(**of, maxResults=1000)["versions"]:
            of["packageVersion"] = version["version"]
            for asset in codeartifact.list_package_version_assets(**of)["assets"]:
                body = codeartifact.get_package_version_asset(**of, asset=asset["name"])["asset"].read()
                if hashlib.sha256(body).hexdigest() != asset["hashes"]["SHA-256"]:
                    sys.exit("wrong bytes")
                key = f"{of['package']}/{version['version']}/{asset['name']}"
                s3.put_object(Bucket=bucket, Key=key, Body=body)


def rclone(s3, region):
    """The objects that reconcile has just stored, copied to another bucket of the same server."""
    shared = {"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": s3, "ENV_AUTH": "true", "REGION": region,
              "LIST_VERSION": "2", "NO_CHECK_BUCKET": "true", "FORCE_PATH_STYLE": "true"}
    config = {f"RCLONE_CONFIG_{remote}_{name}": value for remote in ("FROM", "TO") for name, value in shared.items()}
    command = [TOOLS / "rclone", "copy", f"from:backup/{DOMAIN}/maven", "to:rclone", "--exclude", "maven-metadata.xml*"]
    command += ["--transfers", WIDTH, "--checkers", WIDTH, "--s3-no-head", "--retries", "1", "--log-level", "ERROR"]
    return command, config


def copies(title, serve):
    """CPU and wall time of each asset's copy, by client."""
    rows = {name: [] for name in ("reconcile", "libcurl loop in C", "boto3 loop (one at a time)", "rclone, S3 to S3")}
    for repetition in range(REPETITIONS):
        with Sandbox(buckets=("backup", "floor", "sample", "rclone")) as sandbox, serve(sandbox) as s3:
            sandbox.environment["AWS_ENDPOINT_URL_S3"] = s3
            wall, cpu, _, report = reconcile(sandbox)
            assert report["assets"]["copied"] == COUNT, report
            found = [(wall / COUNT, cpu / COUNT)]
            wall, cpu, _ = floor(sandbox, s3, "floor")
            found.append((wall / COUNT, cpu / COUNT))
            wall, cpu, _ = measure([sys.executable, __file__, "--sample", "sample"], sandbox.environment)
            found.append((wall / COUNT * PACKAGES / SAMPLE_PACKAGES, cpu / COUNT * PACKAGES / SAMPLE_PACKAGES))
            command, config = rclone(s3, sandbox.environment["AWS_REGION"])
            wall, cpu, _ = measure(command, {**sandbox.environment, **config, "AWS_CA_BUNDLE": ""})
            found.append((wall / COUNT, cpu / COUNT))
            for row, values in zip(rows.values(), found):
                row.append(values)
    ours = statistics.median(cpu for _, cpu in rows["reconcile"])
    print(f"\n{title}: {COUNT} assets, {REPETITIONS} repetitions\n")
    print("| client | CPU µs an asset | wall µs an asset | reconcile's CPU ÷ this |\n|---|---|---|---|")
    for name, values in rows.items():
        ratio = ours / statistics.median(cpu for _, cpu in values)
        print(f"| {name} | {spread(cpu * 1e6 for _, cpu in values)} | {spread(wall * 1e6 for wall, _ in values)} "
              f"| {ratio:.3g} |", flush=True)


class local_s3:
    def __init__(self, sandbox):
        self.endpoint = sandbox.s3

    def __enter__(self):
        return self.endpoint

    def __exit__(self, *_):
        pass


class seaweedfs:
    """A SeaweedFS server that takes unsigned requests too, for the loop in C."""

    def __init__(self, _):
        self.directory = tempfile.TemporaryDirectory()

    def __enter__(self):
        port = 21000 + os.getpid() % 500 * 4
        command = [TOOLS / "weed", "server", f"-dir={self.directory.name}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
                   f"-s3.port={port}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-master.port={port + 1}",
                   f"-volume.port={port + 2}", f"-filer.port={port + 3}", "-master.volumeSizeLimitMB=256",
                   "-volume.max=0", "-master.telemetry=false"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        endpoint = f"http://127.0.0.1:{port}"
        for bucket in ("backup", "floor", "sample", "rclone"):
            for _ in range(120):
                try:
                    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT"))
                    break
                except OSError:
                    time.sleep(0.5)
        return endpoint

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def latency():
    """The share of the rate that the width allows when each answer takes a fixed time."""
    rates = []
    for _ in range(REPETITIONS):
        with Sandbox("--latency", str(int(LATENCY * 1000))) as sandbox:
            marks, over = [], threading.Event()

            def watch():
                while not over.wait(0.1):
                    marks.append((time.monotonic(), sandbox.requests().get("maven.GetAsset", 0)))

            watcher = threading.Thread(target=watch)
            watcher.start()
            wall, _, _, report = reconcile(sandbox)
            over.set()
            watcher.join()
        # Once started and before it ends: between a quarter and three quarters of the assets.
        middle = [mark for mark in marks if COUNT / 4 <= mark[1] <= COUNT * 3 / 4]
        pace = (middle[-1][1] - middle[0][1]) / (middle[-1][0] - middle[0][0])
        # The report counts an asset's GET once; the redirect that it follows is a request too.
        needed = (sum(report["requests"].values()) + COUNT) / COUNT
        rates.append((pace, pace / (WIDTH / LATENCY / needed), COUNT / wall, needed))
    print(f"\n{LATENCY * 1000:.0f} ms before every answer, width {WIDTH}: {COUNT} assets, {REPETITIONS} repetitions\n")
    print("| assets a second, once started | of the ideal rate | assets a second, whole run | requests an asset needs |")
    print("|---|---|---|---|")
    columns = list(zip(*rates))
    print(f"| {spread(columns[0])} | {spread((value * 100 for value in columns[1]))} % | {spread(columns[2])} "
          f"| {columns[3][0]:.2f} |", flush=True)


# The part of the service's quotas that a run takes by default (docs/DESIGN.md, Pacing), in requests a second.
ALLOWED = {"reads": 640, "ListPackageVersionAssets": 160, "ListPackageVersions": 160, "ListPackages": 160}


# Packages and versions of each.
SHAPES = [(60, 20), (1, 1200), (1200, 1)]


def quota():
    """A first backup with default settings, beside the time that the quotas alone take for its requests."""
    print(f"\nA first backup at the documented quotas, default settings, {REPETITIONS} repetitions: versions of 4 assets of "
          "20 KB\n")
    print("| packages × versions | latency | s | s that the quotas take | of what they allow | CPU s | peak MiB | refused |")
    print("|---|---|---|---|---|---|---|---|")
    for latency, shapes in ((30, SHAPES), (100, [*SHAPES, (300, 20)])):
        for packages, versions in shapes:
            rows = []
            for _ in range(REPETITIONS):
                arguments = ("--throttle", "documented", "--latency", str(latency))
                with Sandbox(*arguments, packages=packages, versions=versions, assets=4, size=20_000) as sandbox:
                    wall, cpu, memory, report = reconcile(sandbox, pace=[])
                    assert report["versions"]["copied"] == packages * versions, report
                    sent = sandbox.requests()
                of = {name.split(".")[1]: count for name, count in sent.items() if name.startswith("codeartifact.")}
                # The bucket has no part in the account's quotas.
                of["reads"] = sum(n for name, n in sent.items() if name.startswith(("codeartifact.", "maven.")))
                least = max(of.get(name, 0) / rate for name, rate in ALLOWED.items())
                rows.append((wall, least, least / wall * 100, cpu, memory, report["throttled"]))
            columns = [spread(column) for column in zip(*rows)]
            columns[2] += " %"
            print(f"| {packages} × {versions} | {latency} ms | " + " | ".join(columns) + " |", flush=True)


def noop():
    """A run and a drift report over a million versions, all in sync."""
    rows = {"run": [], "drift": []}
    with Sandbox("--in-sync", packages=10_000, versions=100) as sandbox:
        for _ in range(REPETITIONS):
            for subcommand, row in rows.items():
                wall, cpu, memory, report = reconcile(sandbox, subcommand=subcommand)
                # A run lists in parts, which cost up to one list for each thousand packages, and three; and both list what
                # lies beside the manifests: the configuration, and a run its checkpoints, what it has stored, and, where
                # there is no checkpoint yet, the reports.
                most = 1_001 if subcommand == "drift" else 1_017
                lists = report["requests"]["s3.ListObjectsV2"]
                assert report["outcome"] == "converged" and 1_000 <= lists <= most, report
                row.append((cpu, wall, memory))
    print(f"\nNothing to do on 1,000,000 versions, {REPETITIONS} repetitions\n")
    print("| reconcile | CPU s | wall s | peak MiB |\n|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(spread(column) for column in zip(*row)) + " |", flush=True)
    paced_noop()


def paced_noop():
    """A run over 300,000 versions, all in sync, beside the time that the quotas alone take for its requests."""
    packages = 3_000
    print(f"\nNothing to do on 300,000 versions of {packages:,} packages at the documented quotas, default settings, "
          f"{REPETITIONS} repetitions\n")
    print("| latency | s | ÷ what the quotas take | lists of the bucket | CPU s | peak MiB |")
    print("|---|---|---|---|---|---|")
    least = packages / ALLOWED["ListPackageVersions"]
    for latency in (30, 100):
        rows = []
        arguments = ("--in-sync", "--throttle", "documented", "--latency", str(latency))
        with Sandbox(*arguments, packages=packages, versions=100) as sandbox:
            for _ in range(REPETITIONS):
                wall, cpu, memory, report = reconcile(sandbox, pace=[])
                lists = report["requests"]["s3.ListObjectsV2"]
                assert report["versions"]["inSync"] == 300_000 and lists <= 300 + packages / 1_000 + 7, report
                rows.append((wall, wall / least, lists, cpu, memory))
        print(f"| {latency} ms | " + " | ".join(spread(column) for column in zip(*rows)) + " |", flush=True)


def spread(values):
    values = sorted(values)
    return f"{statistics.median(values):.4g} ({values[0]:.4g}–{values[-1]:.4g})"


def machine():
    def said(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True).stdout.strip()
        except FileNotFoundError:
            return f"no {command[0].name}"

    model = next(line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = int(next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))) / 2**20
    system = next(line.split('"')[1] for line in open("/etc/os-release") if line.startswith("PRETTY_NAME"))
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} × {model}", f"{memory:.0f} GiB", system,
          said("swift", "--version").splitlines()[0], said(TOOLS / "rclone", "version").splitlines()[0],
          f"load {os.getloadavg()[0]:.2f}", sep="; ", flush=True)


def main(words):
    if words[:1] == ["--sample"]:
        return sample(words[1])
    parts = {
        "copy": lambda: copies("Into the sandbox's S3, in memory", local_s3),
        "seaweedfs": lambda: copies("Into SeaweedFS", seaweedfs),
        "latency": latency,
        "quota": quota,
        "noop": noop,
    }
    machine()
    for part in words or parts:
        parts[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
