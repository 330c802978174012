import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct TLSTests {
    @Test func `a private authority is trusted only when it is named`() async throws {
        try await withScratchDirectory { directory in
            try await withTimeout {
                try await TLSPeer.withPeer(in: directory) { peer in
                    let url = "https://127.0.0.1:\(peer.port)/1000"
                    try await HTTPClient.withClient(HTTPClientSettings(caBundle: peer.authority)) { client in
                        let answer = try await client.send(.get(url))
                        #expect(answer.body == ScriptedStep.pattern(1000))
                        let named = "https://localhost:\(peer.port)/1000"
                        let failure = try await failure { _ = try await client.send(.get(named)) }
                        #expect(failure?.kind == .untrusted, "the certificate is for another name")
                    }
                    try await HTTPClient.withClient { client in
                        let failure = try await failure { _ = try await client.send(.get(url)) }
                        #expect(failure?.kind == .untrusted)
                        #expect(failure?.isTransient == false)
                        #expect(failure?.message.contains("AWS_CA_BUNDLE") == true)
                    }
                    let missing = HTTPClientSettings(caBundle: directory + "/none.pem")
                    try await HTTPClient.withClient(missing) { client in
                        let failure = try await failure { _ = try await client.send(.get(url)) }
                        #expect(failure?.kind == .untrusted)
                        #expect(failure?.message.contains("AWS_CA_BUNDLE") == true)
                    }
                }
            }
        }
    }

    @Test func `bodies are whole over TLS wherever their reader rests`() async throws {
        try await withScratchDirectory { directory in
            try await withTimeout {
                try await TLSPeer.withPeer(in: directory) { peer in
                    try await HTTPClient.withClient(HTTPClientSettings(caBundle: peer.authority)) { client in
                        for length in [1, 65_535, 65_536, 65_537, 81_920, 1 << 20] {
                            for rest in [0, 1, 100] {
                                let request = HTTPRequest.get("https://127.0.0.1:\(peer.port)/\(length)")
                                let body = try await client.receive(request) { _, reader in
                                    var body: [UInt8] = []
                                    try await Task.sleep(for: .milliseconds(rest))
                                    while let bytes = try await reader.next() {
                                        body += bytes
                                        try await Task.sleep(for: .milliseconds(rest))
                                    }
                                    return body
                                }
                                #expect(body == ScriptedStep.pattern(length))
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func `rests of seconds lose nothing over TLS, whoever rests`() async throws {
        try await withScratchDirectory { directory in
            try await withTimeout {
                try await TLSPeer.withPeer(in: directory) { peer in
                    try await HTTPClient.withClient(HTTPClientSettings(caBundle: peer.authority)) { client in
                        let url = "https://127.0.0.1:\(peer.port)"
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for length in [1, 262_145, 278_529, 1 << 20] {
                                for place in PauseTests.Place.allCases {
                                    group.addTask { try await receive(client, url, length, restingAt: place) }
                                }
                                for place in [0, 1, length / 2, length - 1, length] {
                                    let rest = "?\(place),2.5"
                                    group.addTask { try await upload(client, url, length, restingAt: place) }
                                    group.addTask { try await pipe(client, url, length, get: rest, put: "") }
                                    group.addTask { try await pipe(client, url, length, get: "", put: rest) }
                                }
                            }
                            try await group.waitForAll()
                        }
                    }
                }
            }
        }
    }

    private func receive(
        _ client: HTTPClient,
        _ url: String,
        _ length: Int,
        restingAt place: PauseTests.Place
    ) async throws {
        let request = HTTPRequest.get("\(url)/\(length)", deadlines: HTTPDeadlines(stall: .seconds(2)))
        let body = try await client.receive(request) { _, reader in
            try await PauseTests.read(reader, length, restingAt: place)
        }
        #expect(body == PauseTests.bytes(length), "\(length) bytes, a rest at \(place)")
    }

    private func upload(_ client: HTTPClient, _ url: String, _ length: Int, restingAt place: Int) async throws {
        let request = HTTPRequest.put("\(url)/k", deadlines: HTTPDeadlines(stall: .seconds(2)))
        let response = try await client.upload(request, length: Int64(length)) { writer in
            try await writer.send(PauseTests.bytes(place))
            try await Task.sleep(for: PauseTests.rest)
            try await writer.send(Array(PauseTests.pattern[place..<length]))
        }
        #expect(String(decoding: response.body, as: UTF8.self) == "\(length)", "a rest at \(place)")
    }

    /// Pipes a body, with the queries of the two sides.
    private func pipe(_ client: HTTPClient, _ url: String, _ length: Int, get: String, put: String) async throws {
        let outcome = try await client.pipe(
            .get("\(url)/\(length)\(get)"),
            length: Int64(length),
            to: { .put("\(url)/k\(put)") },
            check: RecordingCheck()
        )
        guard case .destinationAnswered(let response) = outcome else { throw PipeTests.Unexpected(outcome: outcome) }
        #expect(String(decoding: response.body, as: UTF8.self) == "\(length)", "\(get) to \(put)")
    }

    @Test func `a pipe runs over TLS on both sides`() async throws {
        try await withScratchDirectory { directory in
            try await withTimeout {
                try await TLSPeer.withPeer(in: directory) { peer in
                    try await HTTPClient.withClient(HTTPClientSettings(caBundle: peer.authority)) { client in
                        for length in [0, 1, 4096, 65_536, 300_000, 1 << 20] {
                            let outcome = try await client.pipe(
                                .get("https://127.0.0.1:\(peer.port)/\(length)"),
                                length: Int64(length),
                                to: { .put("https://127.0.0.1:\(peer.port)/k") },
                                check: RecordingCheck()
                            )
                            guard case .destinationAnswered(let response) = outcome
                            else { throw PipeTests.Unexpected(outcome: outcome) }
                            #expect(String(decoding: response.body, as: UTF8.self) == "\(length)")
                        }
                    }
                }
            }
        }
    }
}
