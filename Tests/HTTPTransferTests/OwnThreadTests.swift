import Glibc
import HTTPTransfer
import TestSupport
import Testing

/// Work that runs on the client's own thread, between its transfers.
@Suite(.serialized) struct OwnThreadTests {
    @Test func `every step of it runs on one thread, and what comes after on another`() async throws {
        try await withLoopback { _ in
            .reply(200, text: "abc")
        } _: { server, client in
            let inside = try await client.onItsThread {
                var threads: Set<UInt> = [thisThread()]
                for _ in 0..<20 {
                    let answer = try await client.send(.get(server.url("/")))
                    #expect(answer.body == Array("abc".utf8))
                    threads.insert(thisThread())
                    try await Task.sleep(for: .milliseconds(1))
                    threads.insert(thisThread())
                    await withTaskGroup(of: UInt.self) { group in
                        for _ in 0..<3 { group.addTask { thisThread() } }
                        for await thread in group { threads.insert(thread) }
                    }
                }
                return threads
            }
            #expect(inside.count == 1)
            #expect(!inside.contains(thisThread()))
        }
    }

    @Test func `a thread that is kept busy has had no pause, and one that waits has`() async throws {
        try await withLoopback { _ in
            [.wait(.milliseconds(50))] + .reply(200, text: "abc")
        } _: { server, client in
            _ = try await client.send(.get(server.url("/")))
            #expect(client.sincePause < .seconds(1))
            #expect(client.lateAnswerCount == 0)
            let busy = await client.onItsThread {
                let end = ContinuousClock.now + .milliseconds(200)
                while ContinuousClock.now < end {}
                return client.sincePause
            }
            #expect(busy >= .milliseconds(150))
        }
    }

    @Test func `bodies flow both ways, and others use the client meanwhile`() async throws {
        let bytes = ScriptedStep.pattern(1 << 20)
        try await withLoopback { request in
            request.method == "PUT" ? .reply(200) : .reply(200, body: bytes)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        func work() async throws {
                            for _ in 0..<5 {
                                var read: [UInt8] = []
                                try await client.receive(.get(server.url("/"))) { _, reader in
                                    while let piece = try await reader.next() { read += piece }
                                }
                                #expect(read == bytes)
                                let whole = read
                                let put = HTTPRequest.put(server.url("/"))
                                let answer = try await client.upload(put, length: Int64(whole.count)) { writer in
                                    try await writer.send(whole)
                                }
                                #expect(answer.status == 200)
                            }
                        }
                        if number.isMultiple(of: 2) {
                            try await client.onItsThread { try await work() }
                        } else {
                            try await work()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `it is cancelled as any task is`() async throws {
        try await withLoopback { _ in
            [.hold(ScriptedGate())]
        } _: { server, client in
            let error = try await cancelled {
                try await client.onItsThread { _ = try await client.send(.get(server.url("/"))) }
            } when: {
                _ = await server.requests(atLeast: 1)
            }
            #expect(error is CancellationError)
            let late = try await cancelled {
                try await client.onItsThread { try await Task.sleep(for: .seconds(60)) }
            } when: {
            }
            #expect(late is CancellationError)
        }
    }

    @Test func `a client that is over still runs it, and fails its requests as closed`() async throws {
        let kept = try await HTTPClient.withClient { $0 }
        let failure = try await failure {
            try await kept.onItsThread { _ = try await kept.send(.get("http://127.0.0.1:1/")) }
        }
        #expect(failure?.kind == .closed)
    }
}

/// The thread that runs this.
private func thisThread() -> UInt { UInt(pthread_self()) }
