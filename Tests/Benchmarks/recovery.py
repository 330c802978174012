"""Measures what gets a backup back: serving it beside nginx, restoring it beside curl, verifying it beside sha256sum, and
the pages of a large one.

    recovery.py [serve] [bucket] [restore] [verify] [pages]      all of them when none is named

`make bench` installs wrk, unpacks nginx, builds the release programs, and runs this. Every figure is the median of
REPETITIONS runs, with the lowest and the highest beside it; the backups are directories (one is in a bucket), made by a
run from a sandbox.
CPU is user and system time of the server's processes or of the client's alone. docs/BENCHMARKS.md explains the rows.
"""

import contextlib, getpass, hashlib, json, os, socket, statistics, subprocess, sys, tempfile, time, urllib.error, urllib.request
from importlib import import_module
from pathlib import Path

from bench import COUNT, DOMAIN, OWNER, RELEASE, REPETITIONS, TOOLS, WIDTH
from bench import Sandbox, api, machine, measure, reconcile, seaweedfs, spread

# The module's name is a keyword.
cpu = import_module("lambda").cpu

SECONDS = int(os.environ.get("SECONDS_OF_LOAD", 4))
MEBIBYTE = 1 << 20

# Sends the paths of a file in turn. Its last line is the outcome, as JSON.
LOAD = """
local requests, number = {}, 0
function init(arguments)
    for path in io.lines(arguments[1]) do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
    number = number % #requests + 1
    return requests[number]
end
function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"failed":%d,"p99":%f}\\n', summary.requests,
        summary.duration / 1e6, summary.bytes, failed, latency:percentile(99) / 1e3))
end
"""

NGINX = """
user {user};
worker_processes {workers};
daemon off;
pid {work}/pid;
error_log {work}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
{servers}
}}
"""

FILES = """
    server {{
        listen 127.0.0.1:{port};
        root {root};
    }}
"""

# As fast as it gets: connections are kept, nothing goes to the disk, and buffers are as large as the other server's pieces.
PROXY = """
    upstream store {{
        server {store};
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_max_temp_file_size 0;
        proxy_buffer_size 64k;
        proxy_buffers 16 64k;
        proxy_busy_buffers_size 128k;
        location / {{ proxy_pass http://store{folder}; }}
    }}
"""


def backup(directory, **recipe):
    """A backup in a directory, and the ended sandbox that it was made from."""
    with Sandbox(**recipe) as sandbox:
        reconcile(sandbox, backup=f"file://{directory}")
    return sandbox


def jars(directory):
    """The path of each asset that is no POM, below the directory that is served."""
    root = directory / DOMAIN / "maven"
    return root, sorted(str(path.relative_to(root)) for path in root.rglob("*.jar"))


class Server:
    """A server of a backup that has answered for one of its files."""

    def __init__(self, command, port, root, path, environment={}):
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL,
                                        env={**os.environ, **environment})
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/{path}") as answer:
                    assert answer.read() == (root / path).read_bytes()
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{command[0]} did not start")
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def cpu(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return sum(cpu(process) for process in (self.process.pid, *children))


def ours(directory, root, path):
    port = free_port()
    return Server([RELEASE / "reconcile-serve", "--domain", DOMAIN, "--backup", f"file://{directory}",
                   "--listen", f"127.0.0.1:{port}", "--log-level", "warning"], port, root, path)


def nginx(work, root, path, servers=FILES, **places):
    port = free_port()
    command = nginx_command(tempfile.mkdtemp(dir=work), servers.format(port=port, root=root, **places))
    return Server(command, port, root, path)


def nginx_command(work, servers):
    """What starts nginx with these servers, in a folder of its own."""
    configuration = Path(work) / "nginx.conf"
    configuration.write_text(NGINX.format(user=getpass.getuser(), workers=os.cpu_count(), work=work, servers=servers))
    return [TOOLS.parent / "nginx/usr/sbin/nginx", "-e", f"{work}/error.log", "-c", configuration]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def load(server, work, paths, connections, size, seconds):
    """Requests a second, CPU µs of the server's for each, and the latency in ms that 99 % of them stay below."""
    (work / "load.lua").write_text(LOAD)
    (work / "paths").write_text("".join(f"/{path}\n" for path in paths))
    used = server.cpu()
    said = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", work / "load.lua",
                           server.address, "--", work / "paths"], capture_output=True, text=True, check=True).stdout
    outcome = json.loads(said.splitlines()[-1])
    used = server.cpu() - used
    if outcome["failed"] or outcome["bytes"] < outcome["requests"] * size:
        sys.exit(said)
    return outcome["requests"] / outcome["seconds"], used / outcome["requests"] * 1e6, outcome["p99"]


def serve():
    """reconcile-serve beside nginx on the same files of the same backup, by the same load."""
    headline("Serving")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        small, large = work / "small", work / "large"
        backup(small)
        backup(large, packages=5, versions=4, size=MEBIBYTE)
        for directory, size, name, widths in ((small, 4096, "4 KiB", (32, 200)), (large, MEBIBYTE, "1 MiB", (32,))):
            root, paths = jars(directory)
            with ours(directory, root, paths[0]) as first, nginx(work, root, paths[0]) as second:
                servers = {"reconcile-serve": first, "nginx": second}
                for connections in widths:
                    compare(f"{connections} connections, {name}", servers, work, paths, connections, size)


def bucket():
    """reconcile-serve in front of a bucket beside nginx in front of the same bucket, after both gave every file once."""
    headline("Serving from SeaweedFS")
    with tempfile.TemporaryDirectory() as folder, seaweedfs(None) as endpoint:
        work = Path(folder)
        versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/backup?versioning", versioned.encode(), method="PUT"))
        for size, name, recipe in ((4096, "4 KiB", {}), (MEBIBYTE, "1 MiB", dict(packages=5, versions=4, size=MEBIBYTE))):
            place = f"b{size}"
            with Sandbox(**recipe) as sandbox:
                sandbox.environment["AWS_ENDPOINT_URL_S3"] = endpoint
                reconcile(sandbox, backup=f"s3://backup/{place}")
                reconcile(sandbox, backup=f"file://{work / name}")
                root, paths = jars(work / name)
                port = free_port()
                command = [RELEASE / "reconcile-serve", "--domain", DOMAIN, "--backup", f"s3://backup/{place}",
                           "--listen", f"127.0.0.1:{port}", "--log-level", "warning", "--no-pages"]
                store = dict(store=endpoint.removeprefix("http://"), folder=f"/backup/{place}/{DOMAIN}/maven/")
                with Server(command, port, root, paths[0], sandbox.environment) as first, \
                        nginx(work, root, paths[0], PROXY, **store) as second:
                    servers = {"reconcile-serve": first, "nginx": second}
                    for server in servers.values():
                        for path in paths:
                            with urllib.request.urlopen(f"{server.address}/{path}") as answer:
                                assert answer.read() == (root / path).read_bytes(), path
                    compare(f"32 connections, {name}", servers, work, paths, 32, size)


def headline(title):
    print(f"\n{title}, {SECONDS} s a run, {REPETITIONS} repetitions\n")
    print("| load | server | requests a second | CPU µs a request | 99 % below ms | reconcile-serve's CPU ÷ this |")
    print("|---|---|---|---|---|---|")


def compare(load_name, servers, work, paths, connections, size):
    """A row of the table for each server, by runs of all of them in turn."""
    rows = {server: [] for server in servers}
    for server in servers.values():
        load(server, work, paths, connections, size, 1)
    for _ in range(REPETITIONS):
        for server, row in rows.items():
            row.append(load(servers[server], work, paths, connections, size, SECONDS))
    for server, row in rows.items():
        print(f"| {load_name} | {server} | " + " | ".join(spread(column) for column in zip(*row))
              + f" | {ratio(rows['reconcile-serve'], row, 1):.3g} |", flush=True)


def ratio(ours, others, column):
    return statistics.median(row[column] for row in ours) / statistics.median(row[column] for row in others)


def puts(sandbox, root, work):
    """The PUTs of the same assets by curl, which is libcurl, and nothing else: no order, no status, nothing compared."""
    token = api(sandbox).get_authorization_token(domain=DOMAIN, domainOwner=OWNER)["authorizationToken"]
    releases = root / "releases"
    files = [path for path in releases.rglob("*") if path.suffix in (".jar", ".pom")]
    assert len(files) == COUNT
    words = ["fail", "no-progress-meter", "parallel", f"parallel-max = {WIDTH}", f'oauth2-bearer = "{token}"']
    for path in files:
        words += [f'upload-file = "{path}"', f'url = "{sandbox.maven}{path.relative_to(releases)}"']
    (work / "puts").write_text("\n".join(words) + "\n")
    return measure(["curl", "--config", work / "puts"], stdout=subprocess.DEVNULL)


def restore():
    """CPU and wall time of each asset that is published into an empty sandbox."""
    rows = {"reconcile restore": [], "curl --parallel, the PUTs alone": []}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        directory = work / "backup"
        backup(directory)
        root, _ = jars(directory)
        for _ in range(REPETITIONS):
            with Sandbox(packages=0) as sandbox:
                wall, used, _, report = reconcile(sandbox, "--rate-writes", 1000000, subcommand="restore",
                                                  backup=f"file://{directory}")
                assert report["assets"]["copied"] == COUNT, report
            rows["reconcile restore"].append((COUNT / wall, used / COUNT * 1e6))
            with Sandbox(packages=0) as sandbox:
                wall, used, _ = puts(sandbox, root, work)
            rows["curl --parallel, the PUTs alone"].append((COUNT / wall, used / COUNT * 1e6))
    print(f"\nRestoring {COUNT} assets into the sandbox, {REPETITIONS} repetitions\n")
    print("| client | assets a second | CPU µs an asset | reconcile's CPU ÷ this |\n|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(spread(column) for column in zip(*row))
              + f" | {ratio(rows['reconcile restore'], row, 1):.3g} |", flush=True)
    paced_restore()


def paced_restore():
    """A restore with default settings, beside the time that its writes take at the rate that it keeps to."""
    print(f"\nRestoring at the documented quotas, 100 ms before every answer, default settings, {REPETITIONS} repetitions: "
          "versions of 4 assets of 4 KB\n")
    print("| packages × versions | s | of what 80 writes a second allow | refused |\n|---|---|---|---|")
    for packages, versions in ((60, 20), (1, 400)):
        rows = []
        with tempfile.TemporaryDirectory() as folder:
            backup(Path(folder), packages=packages, versions=versions, assets=4)
            for _ in range(REPETITIONS):
                with Sandbox("--throttle", "documented", "--latency", "100", packages=0) as sandbox:
                    wall, _, _, report = reconcile(sandbox, subcommand="restore", backup=f"file://{folder}", pace=[])
                    assert report["assets"]["copied"] == packages * versions * 4, report
                    writes = sum(count for name, count in sandbox.requests().items()
                                 if name.startswith(("maven.Put", "codeartifact.Put", "codeartifact.Update")))
                rows.append((wall, writes / 80 / wall * 100, report["throttled"]))
        wall, share, refused = (spread(column) for column in zip(*rows))
        print(f"| {packages} × {versions} | {wall} | {share} % | {refused} |", flush=True)


def verify():
    """What a verification takes of large assets, and of many small ones."""
    hashing()
    depths()


def depths():
    """Versions a second and peak memory of reconcile verify at each depth: many packages, and few large ones."""
    print(f"\nVerifying 20,000 versions of a POM and a JAR of 4 KiB, {REPETITIONS} repetitions\n")
    print("| packages | depth | versions a second | CPU µs a version | peak MiB |\n|---|---|---|---|---|")
    for packages, versions in ((5_000, 4), (50, 400)):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "backup"
            sandbox = backup(directory, packages=packages, versions=versions, assets=2)
            count = packages * versions
            for depth in ("manifests", "objects", "checksums", "bytes"):
                rows = []
                for _ in range(REPETITIONS):
                    wall, used, memory, report = reconcile(sandbox, "--depth", depth, subcommand="verify",
                                                           backup=f"file://{directory}")
                    assert report["outcome"] == "sound" and report["looked"]["versions"] == count, report
                    rows.append((count / wall, used / count * 1e6, memory))
                print(f"| {packages} | {depth} | " + " | ".join(spread(column) for column in zip(*rows)) + " |",
                      flush=True)


def hashing():
    """reconcile verify --depth bytes beside what only hashes the same files, all of them in the system's cache."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "backup"
        sandbox = backup(directory, packages=1, versions=4, assets=2, size=256 * MEBIBYTE)
        root, paths = jars(directory)
        files = [root / path for path in paths]
        size = sum(file.stat().st_size for file in files)

        def ours():
            wall, used, _, report = reconcile(sandbox, "--depth", "bytes", subcommand="verify",
                                              backup=f"file://{directory}")
            assert report["outcome"] == "sound" and report["looked"]["bytes"]["read"] >= size, report
            return wall, used

        def sums(*commands):
            runs = [measure([*command, *files], stdout=subprocess.DEVNULL) for command in commands]
            return sum(run[0] for run in runs), sum(run[1] for run in runs)

        def openssl(*algorithms):
            return sums(*(["openssl", "dgst", f"-{algorithm}"] for algorithm in algorithms))

        programs = {
            "reconcile verify --depth bytes": ours,
            "sha256sum": lambda: sums(["sha256sum"]),
            "openssl dgst -sha256": lambda: openssl("sha256"),
            "openssl dgst, verify's four hashes in turn": lambda: openssl("md5", "sha1", "sha256", "sha512"),
        }
        rows = {name: [] for name in programs}
        for _ in range(REPETITIONS):
            for name, run in programs.items():
                rows[name].append(run())
    print(f"\nVerifying {len(files)} assets of {size / len(files) / MEBIBYTE:.0f} MiB, {REPETITIONS} repetitions\n")
    print("| program | GB a CPU second | GB a second | verify's CPU ÷ this |\n|---|---|---|---|")
    first = rows["reconcile verify --depth bytes"]
    for name, row in rows.items():
        walls, used = ([size / 1e9 / value for value in column] for column in zip(*row))
        print(f"| {name} | {spread(used)} | {spread(walls)} | {ratio(first, row, 1):.3g} |", flush=True)


def records(directory, packages, versions):
    """Adds so many packages of one version, and one package of so many, by their records alone; gives a hash in the last."""
    manifests = directory / DOMAIN / "manifests/maven/releases"
    example = next(manifests.rglob("*.json"))
    group, name, version = example.relative_to(manifests).parts[:3]
    text = example.read_text()
    first = json.loads(text)["assets"][0]["sha256"]

    def add(number, *names):
        place = manifests.joinpath(*names)
        place.mkdir(parents=True)
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        record = text.replace(group.replace(".", "/"), names[0]).replace(group, names[0]).replace(name, names[1])
        (place / example.name).write_text(record.replace(version, names[2]).replace(first, sha256))
        return sha256

    for number in range(packages):
        add(number, f"group{number % 100:02}", f"package{number:05}", "1.5.0")
    return [add(packages + number, "many", "versions", f"1.{number}.5") for number in range(versions)][-1]


def pages():
    """How long pages of a large backup take."""
    packages, versions = 10_000, 6_000
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "backup"
        backup(directory, packages=1, versions=1)
        ask(directory, records(directory, packages, versions), packages, versions)


def ask(directory, sha256, packages, versions):
    """Asks servers that have just started for each page once, in this order; the hash is that of the last version's file.

    Until the backup has been read, pages say so: how long that takes is measured too.
    """
    last = f"1.{versions - 1}.5"
    found = f"/-/search?q={sha256}"
    reading = {"the overview": ("/", "State of the backup"), "a hash": (found, f":{last}")}
    asked = {
        "the overview": "/", "a name": f"/-/search?q=package{packages - 1:05}",
        "a file's name": f"/-/search?q=versions-{last}.jar", "a hash": found,
        "a hash that no file has": f"/-/search?q={'0' * 64}", "a page of packages": "/-/packages/releases/group07",
        "a page of versions": f"/-/packages/releases/many/versions?page={versions // 100}",
        "a version": f"/-/packages/releases/many/versions/{last}",
    }
    times, memory = {}, []
    for _ in range(REPETITIONS):
        port = free_port()
        command = [RELEASE / "reconcile-serve", "--domain", DOMAIN, "--backup", f"file://{directory}",
                   "--listen", f"127.0.0.1:{port}", "--log-level", "warning"]

        def get(name, path):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/html"})
            begun = time.perf_counter()
            try:
                with urllib.request.urlopen(request) as answer:
                    text = answer.read().decode()
            except urllib.error.HTTPError as early:
                assert early.code == 503, early
                text = early.read().decode()
            times.setdefault(name, []).append((time.perf_counter() - begun) * 1e3)
            return text.replace("<wbr>", "")

        with subprocess.Popen([str(word) for word in command]) as server, contextlib.ExitStack() as end:
            end.callback(server.terminate)
            while server.poll() is None:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            for name, (path, words) in reading.items():
                begun = time.perf_counter()
                while words not in get(f"{name}, while the backup is read", path):
                    time.sleep(0.1)
                times.setdefault(f"until it shows {name}", []).append((time.perf_counter() - begun) * 1e3)
            for name, path in asked.items():
                get(name, path)
            status = Path(f"/proc/{server.pid}/status").read_text()
            memory.append(int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024)
    print(f"\nPages of {packages:,} packages and one of {versions:,} versions, {REPETITIONS} repetitions; peak "
          f"{spread(memory)} MiB\n")
    print("| page or search | ms |\n|---|---|")
    for name, row in times.items():
        print(f"| {name} | {spread(row)} |", flush=True)


def main(words):
    parts = {"serve": serve, "bucket": bucket, "restore": restore, "verify": verify, "pages": pages}
    machine()
    for part in words or parts:
        parts[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
