"""The Lambda function compared with the sample's method in Python: cold start, memory, and CPU for each event once warm.

    python3 Tests/Benchmarks/lambda.py BIN [EVENTS]

BIN holds release builds of backup-lambda and sandbox; the Python needs boto3. Both functions get the same events from
the same stand-in of Lambda's runtime API, in turn, and copy from the same local CodeArtifact into its local S3. The
function in Python does for each event what maven-package-backup does, but for every asset: list them, get each through
the API, put it. It is given the signed API only; ours reads through the Maven endpoint and proves what it copied.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3

OWNER, DOMAIN, BUCKET = "111122223333", "bench", "backup"
TICKS = os.sysconf("SC_CLK_TCK")
COLD = 5

SAMPLE = '''
import json, os, urllib.request
import boto3
codeartifact, s3 = boto3.client("codeartifact"), boto3.client("s3")
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as answer:
        request, detail = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)["detail"]
    version = dict(domain=detail["domainName"], domainOwner=detail["domainOwner"], repository=detail["repositoryName"],
                   format="maven", namespace=detail["packageNamespace"], package=detail["packageName"],
                   packageVersion=detail["packageVersion"])
    folder = "/".join([version["domain"] + "-sample", "maven", version["repository"],
                       version["namespace"].replace(".", "/"), version["package"], version["packageVersion"]])
    for asset in codeartifact.list_package_version_assets(**version)["assets"]:
        body = codeartifact.get_package_version_asset(**version, asset=asset["name"])["asset"].read()
        s3.put_object(Bucket=os.environ["DESTINATION_BUCKET"], Key=folder + "/" + asset["name"], Body=body)
    urllib.request.urlopen(api + request + "/response", data=b"{}").close()
'''


class RuntimeAPI:
    """Hands out events one by one, and tells when each was asked for and answered."""

    def __init__(self):
        self.pending, self.asked, self.answered = [], threading.Semaphore(0), threading.Semaphore(0)
        self.more, self.failures, self.number = threading.Semaphore(0), [], 0
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                api.asked.release()
                api.more.acquire()
                event = api.pending.pop(0)
                if event is None:
                    self.close_connection = True
                    return
                api.number += 1
                body = json.dumps(event).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", f"id-{api.number}")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
                self.send_header("Content-Length", str(len(body)))
                # In one piece with the head: two would wait for each other's acknowledgement.
                self._headers_buffer.append(b"\r\n" + body)
                self.flush_headers()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not self.path.endswith("/response"):
                    api.failures.append(body)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                api.answered.release()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, event):
        self.pending.append(event)
        self.more.release()
        self.answered.acquire()
        if self.failures:
            sys.exit(f"an event failed: {self.failures[0].decode()}")


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def start(command, environment, work):
    """A fresh process of the function, and its runtime API once it has asked for its first event; ms until then."""
    api, begun = RuntimeAPI(), time.monotonic()
    with open(work / "function.log", "a") as log:
        process = subprocess.Popen(
            command, env=environment | {"AWS_LAMBDA_RUNTIME_API": api.address}, stdout=log, stderr=log
        )
    api.asked.acquire()
    return process, api, (time.monotonic() - begun) * 1000


def end(process):
    """The CPU ms of the whole process."""
    process.kill()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (usage.ru_utime + usage.ru_stime) * 1000


def measure(command, environment, events, work):
    """Cold, the medians of COLD: ms to the first ask, CPU ms with one event. Warm: peak MiB, CPU and wall ms an event."""
    starts, colds = [], []
    for event in events[:COLD]:
        process, api, took = start(command, environment, work)
        starts.append(took)
        api.invoke(event)
        colds.append(end(process))
    process, api, _ = start(command, environment, work)
    # The first tenth warms connections and token.
    events = events[COLD:]
    warm = len(events) // 10
    for event in events[:warm]:
        api.invoke(event)
    used, begun = cpu(process.pid), time.monotonic()
    for event in events[warm:]:
        api.invoke(event)
    count = len(events) - warm
    result = (
        statistics.median(starts), statistics.median(colds), peak(process.pid),
        (cpu(process.pid) - used) / count * 1000, (time.monotonic() - begun) / count * 1000,
    )
    end(process)
    return result


def main():
    binaries, count = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 400
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        recipe = f"packages={count // 20},versions=20,assets=2,size=4096,seed=1"
        sandbox = subprocess.Popen(
            [binaries / "sandbox", "--domain", DOMAIN, "--owner", OWNER, "--s3-port", "0", "--s3-bucket", BUCKET,
             "--synthetic", recipe, "--ready-file", work / "ready.json"],
            stdout=subprocess.DEVNULL, stderr=open(work / "sandbox.log", "w"),
        )
        try:
            while not (work / "ready.json").exists():
                if sandbox.poll() is not None:
                    sys.exit((work / "sandbox.log").read_text())
                time.sleep(0.05)
            environment = os.environ | json.loads((work / "ready.json").read_text())["environment"]
            environment |= {"DESTINATION_BUCKET": BUCKET, "RECONCILE_DOMAIN": DOMAIN, "RECONCILE_DOMAIN_OWNER": OWNER,
                            "AWS_EC2_METADATA_DISABLED": "true"}
            os.environ |= environment
            events = list(published(boto3.client("codeartifact")))
            rows = {
                "backup-lambda": measure([binaries / "backup-lambda"], environment, events, work),
                "the sample's method (Python, boto3)": measure([sys.executable, "-c", SAMPLE], environment, events, work),
            }
        finally:
            sandbox.terminate()
            sandbox.wait()
    print(f"{len(events)} events, one version of 2 assets of 4 KiB each; {COLD} of them to a process of its own\n")
    print("| function | start ms | CPU ms of a start with its event | peak MiB | CPU ms an event | wall ms an event |")
    print("|---|---|---|---|---|---|")
    ours, sample = rows.values()
    rows["the second ÷ the first"] = [b / a for a, b in zip(ours, sample)]
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.3g}" for value in values) + " |")


def published(codeartifact):
    domain = dict(domain=DOMAIN, domainOwner=OWNER)
    for package in codeartifact.get_paginator("list_packages").paginate(
        **domain, repository="releases", format="maven"
    ).search("packages"):
        versions = codeartifact.list_package_versions(
            **domain, repository="releases", format="maven", namespace=package["namespace"], package=package["package"],
            maxResults=1000,
        )["versions"]
        for version in versions:
            yield {
                "detail-type": "CodeArtifact Package Version State Change", "source": "aws.codeartifact",
                "detail": {
                    "domainName": DOMAIN, "domainOwner": OWNER, "repositoryName": "releases", "packageFormat": "maven",
                    "packageNamespace": package["namespace"], "packageName": package["package"],
                    "packageVersion": version["version"],
                },
            }


if __name__ == "__main__":
    main()
