"""Measures the peak memory of a first backup with default settings, as it is and over TLS.

    memory.py

`make bench` builds the release programs, unpacks nginx, and runs this. The sandbox admits what the documented quotas
allow. For TLS, nginx stands in front of its servers, with a certificate that AWS_CA_BUNDLE holds beside the system's own.
Every figure is the median of REPETITIONS runs, with the lowest and the highest beside it.
"""

import contextlib, socket, subprocess, tempfile, time
from pathlib import Path

from bench import REPETITIONS, Sandbox, machine, reconcile, spread
from recovery import free_port, nginx_command

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Assets of 20 KB and of 8 MB: packages, versions of each, assets of a version, bytes of an asset.
RECIPES = {"4,800 of 20 KB": (60, 20, 4, 20_000), "200 of 8 MB": (10, 5, 4, 8_000_000)}

TLS = """
    client_max_body_size 0;
    ssl_certificate {work}/certificate.pem;
    ssl_certificate_key {work}/key.pem;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_request_buffering off;
    proxy_buffering off;
"""

# The addresses that the sandbox hands out are those of the server in front of it.
SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        location / {{
            proxy_pass {behind};
            sub_filter_types application/json;
            sub_filter_once off;
            sub_filter {behind} https://localhost:{port};
        }}
    }}
"""


@contextlib.contextmanager
def encrypted(sandbox):
    """Servers with TLS in front of the sandbox's; its environment names them meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", work / "key.pem", "-out", work / "certificate.pem", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        (work / "bundle.pem").write_text(CERTIFICATES.read_text() + (work / "certificate.pem").read_text())
        ports = {behind: free_port() for behind in {sandbox.api.rstrip("/"), sandbox.s3.rstrip("/")}}
        servers = "".join(SERVER.format(port=port, behind=behind) for behind, port in ports.items())
        process = subprocess.Popen(nginx_command(work, TLS.format(work=work) + servers))
        try:
            for port in ports.values():
                wait_for(port, process)
            for name, value in sandbox.environment.items():
                port = ports.get(value.rstrip("/"))
                if port is not None:
                    sandbox.environment[name] = f"https://localhost:{port}"
            sandbox.environment["AWS_CA_BUNDLE"] = str(work / "bundle.pem")
            yield
        finally:
            process.terminate()
            process.wait()


def wait_for(port, process):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None:
                raise
            time.sleep(0.05)


def main():
    machine()
    print(f"\nA first backup at the documented quotas, default settings, {REPETITIONS} repetitions\n")
    print("| assets | latency | over | s | CPU s | peak MiB |\n|---|---|---|---|---|---|")
    for name, (packages, versions, assets, size) in RECIPES.items():
        for latency in (30, 100):
            for over, front in (("TCP", contextlib.nullcontext), ("TLS", encrypted)):
                rows = []
                for _ in range(REPETITIONS):
                    # Bytes come from the Maven endpoint itself: a redirect would lead past the server in front.
                    arguments = ("--throttle", "documented", "--latency", str(latency), "--inline-assets")
                    with Sandbox(*arguments, packages=packages, versions=versions, assets=assets, size=size) as sandbox:
                        with front(sandbox):
                            wall, cpu, peak, report = reconcile(sandbox, pace=[])
                    assert report["versions"]["copied"] == packages * versions, report
                    rows.append((wall, cpu, peak))
                columns = " | ".join(spread(column) for column in zip(*rows))
                print(f"| {name} | {latency} ms | {over} | {columns} |", flush=True)


if __name__ == "__main__":
    main()
