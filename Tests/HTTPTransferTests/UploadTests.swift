import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct UploadTests {
    @Test(arguments: [0, 1, 4096, 65_536, 262_144, 262_145, 1 << 20, (1 << 20) + 1, 20 << 20], [10_000, 1 << 20])
    func `a streamed body arrives whole and with its length`(length: Int, piece: Int) async throws {
        try await withLoopback { _ in
            .reply(200, text: "stored")
        } _: { server, client in
            let response = try await client.upload(.put(server.url("/k")), length: Int64(length)) { writer in
                for start in stride(from: 0, to: length, by: piece) {
                    try await writer.send(ScriptedStep.pattern(min(piece, length - start), from: start))
                }
                try await writer.send([])
            }
            #expect(response.body == Array("stored".utf8))
            let request = server.requests[0]
            #expect(request.method == "PUT")
            #expect(request["content-length"] == "\(length)")
            #expect(request["transfer-encoding"] == nil)
            #expect(request["expect"] == (length > 1 << 20 ? "100-continue" : nil))
            #expect(request.body == ScriptedStep.pattern(length))
        }
    }

    @Test func `a server that reads slowly holds the producer back`() async throws {
        let length = 64 << 20
        let gate = ScriptedGate()
        try await withLoopback { _ in
            [.readBytes(1), .hold(gate)] + .reply(200)
        } _: { server, client in
            let response = try await client.upload(.put(server.url("/k")), length: Int64(length)) { writer in
                var sent = 0
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await Task.sleep(for: .seconds(1))
                        gate.open()
                    }
                    while sent < length {
                        try await writer.send(ScriptedStep.pattern(1 << 18, from: sent))
                        sent += 1 << 18
                        // What the kernel holds between the two is not ours: at most some 12 MiB on loopback.
                        if !gate.isOpen { #expect(sent < 24 << 20) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(response.status == 200)
            #expect(server.requests[0].body.count == length)
        }
    }

    @Test func `a producer that rests passes no deadline, and what it brought is sent meanwhile`() async throws {
        let arrived = ScriptedGate()
        try await withLoopback { _ in
            [.readBytes(100_000), .open(arrived)] + .reply(200)
        } _: { server, client in
            let deadlines = HTTPDeadlines(firstByte: .milliseconds(400), stall: .milliseconds(400))
            let response = try await client.upload(.put(server.url("/k"), deadlines: deadlines), length: 100_002) {
                writer in
                try await writer.send(ScriptedStep.pattern(99_999))
                try await Task.sleep(for: .seconds(1))
                try await writer.send(ScriptedStep.pattern(2, from: 99_999))
                await arrived.opened()
                try await writer.send(ScriptedStep.pattern(1, from: 100_001))
            }
            #expect(response.status == 200)
            #expect(server.requests[0].body == ScriptedStep.pattern(100_002))
        }
    }

    @Test(arguments: [1 << 20, 2 << 20])
    func `an early answer ends the upload and is returned`(length: Int) async throws {
        try await withLoopback { _ in
            (length > 1 << 20 ? [] : [.readBytes(70_000)]) + [.send([ScriptedStep].head(403, length: 6) + "denied")]
        } _: { server, client in
            let response = try await client.upload(.put(server.url("/k")), length: Int64(length)) { writer in
                while true { try await writer.send(ScriptedStep.pattern(1000)) }
            }
            #expect(response.status == 403)
            #expect(response.body == Array("denied".utf8))
        }
    }

    @Test func `a producer that fails leaves the server without the whole body`() async throws {
        struct Own: Error {}
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            await #expect(throws: Own.self) {
                try await client.upload(.put(server.url("/k")), length: 200_000) { writer in
                    try await writer.send(ScriptedStep.pattern(200_000))
                    throw Own()
                }
            }
            #expect(server.requests.allSatisfy { $0.body.count < 200_000 })
        }
    }

    @Test func `a small body that fails is never begun`() async throws {
        struct Own: Error {}
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            await #expect(throws: Own.self) {
                try await client.upload(.put(server.url("/k")), length: 4096) { writer in
                    try await writer.send(ScriptedStep.pattern(4096))
                    throw Own()
                }
            }
            #expect(server.connections == 0)
        }
    }

    @Test(arguments: [10, 12, 200_000])
    func `another number of bytes than announced is refused`(length: Int64) async throws {
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.upload(.put(server.url("/k")), length: length) { writer in
                    try await writer.send(ScriptedStep.pattern(11))
                }
            }
            #expect(failure?.kind == .invalidRequest)
            #expect(server.connections == 0)
        }
    }

    @Test(arguments: [ScriptedStep.close, .reset])
    func `a server that goes away in the middle is a transient failure`(end: ScriptedStep) async throws {
        try await withLoopback { _ in
            [.readBytes(100_000), end]
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.upload(.put(server.url("/k")), length: 1 << 20) { writer in
                    for start in stride(from: 0, to: 1 << 20, by: 1 << 16) {
                        try await writer.send(ScriptedStep.pattern(1 << 16, from: start))
                    }
                }
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.isTransient == true)
        }
    }
}
