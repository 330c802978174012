"""A pod without a kubelet: what a rendered manifest says, run here as its user in a root of the image's files alone."""

import contextlib
import dataclasses
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

from manifests import PROJECT, bytes_of

AGENT = "169.254.170.23"
INDEX = "batch.kubernetes.io/job-completion-index"
TOKENS = "/var/run/secrets"


def missing():
    """Why pods cannot be run on this machine; None where they can."""
    if os.geteuid() != 0:
        return "only root can give a process a root directory and a user of its own"
    for program in ["unshare", "setpriv", "chroot", "ip", "strip", "ldd"]:
        if shutil.which(program) is None:
            return f"there is no {program}"
    if subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode:
        return "this machine lets nobody make namespaces"
    return None


def enter_network_of_its_own():
    """Starts this program again where there is no network but a loopback, with the Pod Identity agent's address on it."""
    if os.environ.get("RECONCILE_POD_NETWORK") == "1":
        return
    script = f'ip link set lo up && ip addr add {AGENT}/32 dev lo && exec "$@"'
    os.environ["RECONCILE_POD_NETWORK"] = "1"
    os.execvp("unshare", ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, *sys.argv])


def wait_until(condition, limit=60):
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {limit} seconds")
        time.sleep(0.02)
    return value


@dataclasses.dataclass
class Ended:
    status: int
    output: str
    errors: str
    seconds: float
    resident: int


class Pod:
    """The program of a manifest, running; the first process of its own process table, as in a container."""

    def __init__(self, image, workload, variables, tokens=None, index=None):
        """`variables` stand for what EKS adds to the pod, and say where the servers are."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": "pod"}
        environment |= workload.environment({} if index is None else {INDEX: str(index)}) | variables
        security = workload.pod["securityContext"] | workload.container["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert workload.container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
        size = bytes_of(workload.pod["volumes"][0]["emptyDir"]["sizeLimit"])
        user = f"{security['runAsUser']}:{security['runAsGroup']}"
        steps = [
            f"mount --bind {image} {image}",
            f"mount -t proc proc {image}/proc",
            f"mount -t tmpfs -o size={size},mode=1777 tmpfs {image}/tmp",
            *([f"mount -o bind,ro {tokens} {image}{TOKENS}"] if tokens else []),
            f"mount -o remount,bind,ro {image}",
            # What is left of root is what chroot needs; it is gone with the user.
            "exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid"
            f' chroot --userspec={user} --groups={security["fsGroup"]} {image} /usr/bin/reconcile "$@"',
        ]
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", " && ".join(steps), "sh",
             *workload.arguments(environment)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def program(self):
        """The program's directory in /proc, when it is itself and no longer what prepares it."""
        parent = self.process.pid

        def found():
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            folders = [pathlib.Path("/proc") / child for child in children]
            return next((each for each in folders if (each / "comm").read_text() == "reconcile\n"), None)

        return wait_until(found)

    def terminate(self):
        """What the kubelet does first."""
        os.kill(int(self.program().name), signal.SIGTERM)

    def end(self, limit=120):
        killer = threading.Timer(limit, self.process.kill)
        killer.start()
        errors = {}
        reader = threading.Thread(target=lambda: errors.update(text=self.process.stderr.read()))
        reader.start()
        output = self.process.stdout.read()
        reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        killer.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return Ended(
            self.process.returncode, output, errors["text"], time.monotonic() - self.begun, usage.ru_maxrss << 10
        )


@contextlib.contextmanager
def serving(address, port, answer):
    """An HTTP server whose answers are `answer(request, body)`: a status, a content type and a text."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def reply(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, kind, text = answer(self, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = reply

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Cluster:
    """The servers that a pod talks to, and what EKS puts into it."""

    ROLE = "arn:aws:iam::111122223333:role/maven-backup"
    SESSION = "session-of-a-role"

    def __init__(self, work, programs, program):
        self.work = pathlib.Path(work)
        self.programs = pathlib.Path(programs)
        self.image = self.work / "image"
        subprocess.run([PROJECT / "k8s/image-files.sh", program, self.image], check=True)
        # What the container's runtime makes to mount things on.
        (self.image / "proc").mkdir()
        (self.image / TOKENS[1:]).mkdir(parents=True)
        self.tokens = self.work / "tokens"
        self.identity = self._token("pods.eks.amazonaws.com", "eks-pod-identity-token", "token of the agent")
        self.web_identity = self._token("eks.amazonaws.com", "token", "token.of.irsa")
        self.asked = []

    def _token(self, issuer, name, text):
        """A projected token as the kubelet writes it: for the pod's group alone."""
        file = self.tokens / issuer / "serviceaccount" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        os.chown(file, 0, 65532)
        file.chmod(0o640)
        return f"{TOKENS}/{issuer}/serviceaccount/{name}"

    @contextlib.contextmanager
    def domain(self, *arguments):
        """A domain and an empty bucket; gives the variables that say where they are."""
        ready = self.work / "ready.json"
        ready.unlink(missing_ok=True)
        command = [self.programs / "sandbox", "--s3-port", "0", "--s3-bucket", "my-backup-bucket",
                   "--session-token", self.SESSION, "--ready-file", ready, *arguments]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: ready.exists() or process.poll() is not None)
                found = json.loads(ready.read_text())
                self.keys = found["environment"]
                yield {
                    "AWS_ENDPOINT_URL_CODEARTIFACT": found["codeartifact"],
                    "AWS_ENDPOINT_URL_S3": found["s3"],
                    "RECONCILE_REPORT": "-",
                }
            finally:
                process.terminate()

    @contextlib.contextmanager
    def credentials(self, kind, refused=False):
        """One of the two ways to a role; gives the variables that EKS adds to the pod."""
        if kind == "irsa":
            with serving("127.0.0.1", 0, lambda request, body: self._sts(request, body, refused)) as port:
                yield {
                    "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2",
                    "AWS_STS_REGIONAL_ENDPOINTS": "regional",
                    "AWS_ROLE_ARN": self.ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": self.web_identity,
                    "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{port}",
                }
        else:
            with serving(AGENT, 80, lambda request, body: self._agent(request)):
                yield {
                    "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{AGENT}/v1/credentials",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": self.identity,
                }

    def _agent(self, request):
        self.asked.append(("agent", request.path, request.headers.get("Authorization")))
        if request.headers.get("Authorization") != "token of the agent":
            return 401, "text/plain", "no"
        return 200, "application/json", json.dumps({
            "AccessKeyId": self.keys["AWS_ACCESS_KEY_ID"], "SecretAccessKey": self.keys["AWS_SECRET_ACCESS_KEY"],
            "Token": self.SESSION, "AccountId": "111122223333", "Expiration": "2099-01-01T00:00:00Z",
        })

    def _sts(self, request, body, refused):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        self.asked.append(("sts", form.get("Action"), form.get("RoleArn"), form.get("WebIdentityToken")))
        if refused or form.get("WebIdentityToken") != "token.of.irsa" or form.get("RoleArn") != self.ROLE:
            return 403, "text/xml", (
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                "<Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>"
            )
        return 200, "text/xml", (
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            "<AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{self.keys['AWS_ACCESS_KEY_ID']}</AccessKeyId>"
            f"<SecretAccessKey>{self.keys['AWS_SECRET_ACCESS_KEY']}</SecretAccessKey>"
            f"<SessionToken>{self.SESSION}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )
