import Synchronization
import TestSupport
import Testing

@testable import HTTPTransfer

/// The memory that bodies share: who finds none waits, and all of them get through.
@Suite struct BlockPoolTests {
    private static let block = BlockPool.blockSize

    private func bring(_ count: Int, to buffer: BodyBuffer) -> Int {
        let bytes = [UInt8](repeating: 7, count: count)
        return unsafe buffer.append(bytes.span.bytes)
    }

    private func take(_ count: Int, from buffer: BodyBuffer) -> Int {
        var bytes = [UInt8](repeating: 0, count: count)
        return unsafe bytes.withUnsafeMutableBytes { unsafe buffer.take(into: $0) }
    }

    @Test func `a block comes back when its bytes are gone`() {
        let pool = BlockPool(3)
        let buffer = BodyBuffer(length: 1 << 20, pool: pool)
        #expect(pool.free == 3)
        #expect(bring(2 * Self.block + 1, to: buffer) == 2 * Self.block + 1)
        #expect(pool.free == 0)
        #expect(take(Self.block, from: buffer) == Self.block)
        #expect(pool.free == 1)
        #expect(take(Self.block + 1, from: buffer) == Self.block + 1)
        #expect(pool.free == 3)
    }

    @Test func `who finds none gets the next one, in order`() {
        let pool = BlockPool(2)
        let (first, second, third) = (
            BodyBuffer(length: 1 << 20, pool: pool), BodyBuffer(length: 1 << 20, pool: pool),
            BodyBuffer(length: 1 << 20, pool: pool)
        )
        var heard: [Int] = []
        second.onBlock = { heard.append(2) }
        third.onBlock = { heard.append(3) }
        #expect(bring(2 * Self.block, to: first) == 2 * Self.block)
        #expect(!second.admits(1))
        #expect(bring(1, to: third) == 0)
        #expect(second.isStarved && third.isStarved && !second.mustDrain)
        #expect(take(2 * Self.block, from: first) == 2 * Self.block)
        #expect(heard == [2, 3])
        #expect(bring(1, to: first) == 0)
        #expect(second.hasRoomAgain() && third.hasRoomAgain())
        #expect(bring(1, to: third) == 1)
        third.discard()
        #expect(bring(1, to: first) == 1)
    }

    @Test func `a buffer that goes gives all back, and waits no more`() {
        let pool = BlockPool(2)
        let (first, second) = (BodyBuffer(length: 1 << 20, pool: pool), BodyBuffer(length: 1 << 20, pool: pool))
        #expect(bring(Self.block + 1, to: first) == Self.block + 1)
        #expect(!second.admits(1))
        second.discard()
        first.discard()
        #expect(pool.free == 2)
    }

    @Test func `a body is admitted whole or not at all`() {
        let pool = BlockPool(1)
        let buffer = BodyBuffer(length: 1 << 20, pool: pool)
        #expect(buffer.admits(Self.block))
        #expect(bring(10, to: buffer) == 10)
        #expect(!buffer.admits(Self.block))
        #expect(buffer.isStarved && buffer.mustDrain)
        #expect(take(10, from: buffer) == 10)
        #expect(!buffer.isStarved && buffer.admits(Self.block))
    }

    /// Four blocks for all of them.
    private static let little = HTTPClientSettings(memory: 8 * block)

    @Test func `pipes get through with less memory than there are pipes`() async throws {
        let length = 300_000
        try await withLoopback(settings: Self.little, seconds: 60) { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)] : .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        let url = server.url("/a")
                        let check = RecordingCheck()
                        _ = try await client.pipe(.get(url), length: Int64(length), to: { .put(url) }, check: check)
                        #expect(check.bytes == length)
                    }
                }
                try await group.waitForAll()
            }
            let puts = server.requests.filter { $0.method == "PUT" }
            #expect(puts.count == 24)
            #expect(puts.allSatisfy { $0.body == ScriptedStep.pattern(length) })
        }
    }

    @Test func `uploads get through with less memory than there are uploads`() async throws {
        let body = ScriptedStep.pattern(200_000)
        try await withLoopback(settings: Self.little, seconds: 60) { _ in
            .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        _ = try await client.upload(.put(server.url("/a")), length: Int64(body.count)) { writer in
                            try await writer.send(Array(body[..<70_000]))
                            try await writer.send(Array(body[70_000...]))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 24)
            #expect(server.requests.allSatisfy { $0.body == body })
        }
    }

    @Test func `a stuck pipe holds no other up for longer than it lasts`() async throws {
        let length = 300_000
        let gate = ScriptedGate()
        try await withLoopback(settings: Self.little, seconds: 60) { request in
            switch request.method {
            case "GET": [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
            default: request.target == "/stuck" ? [.hold(gate)] : .reply(200)
            }
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let deadlines = HTTPDeadlines(firstByte: .milliseconds(300), stall: .milliseconds(300))
                    let kind = try await failure {
                        _ = try await client.pipe(
                            .get(server.url("/stuck")),
                            length: Int64(length),
                            to: { .put(server.url("/stuck"), deadlines: deadlines) },
                            check: RecordingCheck()
                        )
                    }?.kind
                    #expect(kind == .timedOut)
                }
                _ = await server.requests(atLeast: 2)
                group.addTask {
                    let url = server.url("/other")
                    _ = try await client.pipe(
                        .get(url),
                        length: Int64(length),
                        to: { .put(url) },
                        check: RecordingCheck()
                    )
                }
                try await group.waitForAll()
            }
        }
    }
}

extension BlockPoolTests {
    @Test func `long bodies borrow large buffers while the half of curl has them`() {
        let memory = BodyMemory(limit: 1 << 20)
        #expect(memory.blocks.free == (512 << 10) / Self.block)
        #expect(memory.lend(forBodyOf: 1000) == BodyMemory.smallBuffer)
        var lent: [Int] = []
        for _ in 0..<4 { lent.append(memory.lend(forBodyOf: 1 << 20)) }
        #expect(lent == [64 << 10, 64 << 10, 64 << 10, 16 << 10])
        memory.giveBack(64 << 10)
        #expect(memory.lend(forBodyOf: 1 << 20) == BodyMemory.largeBuffer)
    }
}
