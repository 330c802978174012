"""A machine's network: an HTTP proxy behind which every host name answers over TLS, and plain HTTP for agents.

Every request that arrives is kept as it was sent, in the order in which the requests arrived.
"""

import contextlib
import dataclasses
import datetime
import ipaddress
import pathlib
import re
import socket
import ssl
import threading
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, *"
    r"SignedHeaders=(?P<headers>[^,]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclasses.dataclass
class Request:
    """One request, as it was on the wire."""

    # "tunnel" through the proxy over TLS, "proxied" for plain HTTP given to the proxy, "direct" for plain HTTP.
    way: str
    host: str
    method: str
    path: str
    query: list
    headers: list
    body: bytes
    url: str
    status: int = 0

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    def parameter(self, name):
        return next((value for key, value in self.query if key == name), None)

    @property
    def signature(self):
        """The parts of its Authorization header; None where it is not signed."""
        return SIGNED.fullmatch(self.header("authorization") or "")

    @property
    def signer(self):
        """The key that signed it and the region that it was signed for."""
        return f"{self.signature['key']}@{self.signature['region']}" if self.signature else "nobody"

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode()))


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: bytes | str = b""
    headers: dict = dataclasses.field(default_factory=dict)


class Authority:
    """A certificate authority that vouches for every name that is asked for; made once, for all cases."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lock = threading.Lock()
        self.contexts = {}
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.leaf_key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        constraints = (x509.BasicConstraints(ca=True, path_length=0), True)
        certificate = self._certificate(self.name, self.key.public_key(), [constraints])
        self.bundle = self.folder / "authority.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key_file = self.folder / "leaf-key.pem"
        self.key_file.write_bytes(self.leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))

    def context(self, host):
        name = certified(host)
        with self.lock:
            if name not in self.contexts:
                file = self.folder / f"leaf-{len(self.contexts)}.pem"
                try:
                    subject = x509.IPAddress(ipaddress.ip_address(name))
                except ValueError:
                    subject = x509.DNSName(name)
                leaf = self._certificate(
                    x509.Name([]), self.leaf_key.public_key(), [(x509.SubjectAlternativeName([subject]), True)]
                )
                file.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(file, self.key_file)
                self.contexts[name] = context
            return self.contexts[name]

    def _certificate(self, subject, key, extensions):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2)).not_valid_after(now + datetime.timedelta(days=2))
        )
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(self.key, hashes.SHA256())


def certified(host):
    """The name in the certificate: for buckets the one wildcard that AWS has, which covers no bucket with a dot."""
    service = re.search(r"(?<=\.)s3[.-]", host)
    return f"*.{host[service.start():]}" if service else host


class Network:
    """Listens on loopback and keeps what it gets; `answer(request)` decides on the answers."""

    def __init__(self, authority, answer):
        self.authority = authority
        self.answer = answer
        self.seen = []
        # The headers of each request to the proxy for a tunnel.
        self.tunnels = []
        self.lock = threading.Lock()
        self.listeners = []
        self.connections = set()
        self.proxy = self._listen("127.0.0.1", 0)
        self.agent = self._listen("127.0.0.1", 0)

    def listen_at(self, address):
        """Answers plain HTTP at an address that agents have, which must be this machine's."""
        self._listen(address, 80)

    def close(self):
        for listener in self.listeners:
            # Wakes the thread that accepts.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self.lock:
            left = list(self.connections)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, port), family=family, backlog=64)
        self.listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return f"{address}:{listener.getsockname()[1]}"

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.connections.add(connection)
        try:
            # A client that goes, or that does not trust the certificate, is no failure here.
            with contextlib.suppress(OSError, ConnectionError), connection:
                self._converse(connection, None)
        finally:
            with self.lock:
                self.connections.discard(connection)

    def _converse(self, connection, tunnel):
        with connection.makefile("rb") as reader:
            while head := self._head(reader):
                method, target, headers = head
                if method == "CONNECT":
                    self.tunnels.append(headers)
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    host = target.removesuffix(":443")
                    with self.authority.context(target.rpartition(":")[0].strip("[]")).wrap_socket(
                        connection, server_side=True
                    ) as secure:
                        self._converse(secure, host)
                    return
                request = self._request(connection, reader, tunnel, method, target, headers)
                with self.lock:
                    self.seen.append(request)
                answer = self.answer(request)
                if answer is None:
                    return
                request.status = answer.status
                self._send(connection, request, answer)

    def _head(self, reader):
        line = reader.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        method, target, _ = line.split(" ", 2)
        headers = []
        while field := reader.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = field.partition(":")
            headers.append((name, value.strip()))
        return method, target, headers

    def _request(self, connection, reader, tunnel, method, target, headers):
        fields = {name.lower(): value for name, value in headers}
        if fields.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b""
        if fields.get("transfer-encoding", "").lower() == "chunked":
            while size := int(reader.readline().split(b";")[0], 16):
                body += reader.read(size)
                reader.readline()
            reader.readline()
        elif length := int(fields.get("content-length") or 0):
            body = reader.read(length)
        way = "tunnel" if tunnel else "direct"
        host = tunnel or fields.get("host", "")
        if target.startswith("http://"):
            way, (host, _, rest) = "proxied", target[len("http://"):].partition("/")
            target = f"/{rest}"
        path, _, query = target.partition("?")
        return Request(
            way, host, method, path, urllib.parse.parse_qsl(query, keep_blank_values=True), headers, body,
            f"{'https' if tunnel else 'http'}://{host}{target}",
        )

    def _send(self, connection, request, answer):
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        headers = {"Content-Length": str(len(body))} | answer.headers
        lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in headers.items())]
        hides_body = request.method == "HEAD" or answer.status in (204, 304)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if hides_body else body))
