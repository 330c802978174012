import Subprocess

/// A loopback HTTPS server in Python whose certificate only its own authority vouches for.
///
/// `GET /<n>` answers with the first `n` bytes of `ScriptedStep.pattern`; `PUT` answers with the length of its body.
/// Either rests for `s` seconds after the body's first `b` bytes where the query is `<b>,<s>`.
package struct TLSPeer: Sendable {
    package let port: Int
    /// The PEM file of the authority.
    package let authority: String

    /// Gives `body` a server with a fresh certificate for 127.0.0.1, and ends it on every path.
    package static func withPeer<R: Sendable>(
        in directory: String,
        _ body: @Sendable (TLSPeer) async throws -> R
    ) async throws -> R {
        let authority = "\(directory)/authority.pem"
        let request = try await run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(directory)/key.pem", "-out", authority,
            ],
            output: .discarded,
            error: .discarded
        )
        guard request.terminationStatus.isSuccess else { throw PeerFailure(words: "openssl made no certificate") }
        return try await run(
            .name("python3"),
            arguments: ["-c", script, authority, "\(directory)/key.pem"],
            input: .none,
            output: .sequence,
            error: .discarded
        ) { execution in
            // By its own pid alone.
            defer { try? execution.send(signal: .kill) }
            for try await line in execution.standardOutput.strings() {
                guard let port = Int(line.filter(\.isNumber)) else { break }
                return try await body(TLSPeer(port: port, authority: authority))
            }
            throw PeerFailure(words: "python3 started no server")
        }.closureResult
    }

    struct PeerFailure: Error {
        let words: String
    }

    private static let script = """
        import http.server, ssl, sys, time

        def pattern(start, count):
            return bytes(((((i * 0x9E3779B9) & (2**64 - 1)) >> 11) ^ i) & 255 for i in range(start, start + count))

        BLOCK = pattern(0, 1 << 20)

        class Peer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                count = int(self.path.partition("?")[0].strip("/"))
                place, seconds = self.rest()
                self.send_response(200)
                self.send_header("Content-Length", str(count))
                self.end_headers()
                self.wfile.write(BLOCK[:min(place, count)])
                time.sleep(seconds)
                self.wfile.write(BLOCK[min(place, count):count])
            def do_PUT(self):
                count = int(self.headers["Content-Length"])
                place, seconds = self.rest()
                body = self.rfile.read(min(place, count))
                time.sleep(seconds)
                body += self.rfile.read(count - len(body))
                text = str(len(body)).encode() if body == BLOCK[:len(body)] else b"wrong"
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def rest(self):
                place, _, seconds = self.path.partition("?")[2].partition(",")
                return int(place or 0), float(seconds or 0)
            def log_message(self, *arguments): pass

        http.server.ThreadingHTTPServer.request_queue_size = 128
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
