import TestSupport
import Testing

@testable import HTTPTransfer

/// Transfers that are too slow ever to finish, and others that are slow because the caller holds them back.
@Suite(.serialized) struct SlowTransferTests {
    private static let deadlines = HTTPDeadlines(
        firstByte: .milliseconds(500),
        stall: .milliseconds(500),
        leastRate: 100
    )

    /// A body of this many bytes, sent one at a time.
    private static func drip(_ count: Int, each rest: Duration = .milliseconds(40)) -> [ScriptedStep] {
        (0..<count).flatMap { _ in [.wait(rest), .send("x")] as [ScriptedStep] }
    }

    @Test func `a body of a few bytes a second exceeds its deadline`() async throws {
        try await withLoopback { _ in
            [.send([ScriptedStep].head(200, length: 10_000))] + Self.drip(500)
        } _: { server, client in
            let start = ContinuousClock.now
            let failure = try await failure {
                _ = try await client.send(.get(server.url("/"), deadlines: Self.deadlines))
            }
            #expect(failure?.kind == .timedOut)
            #expect(failure?.message.contains("fewer than 100 bytes a second moved for 0.5 seconds") == true)
            #expect(failure?.isUnanswered == false)
            // The body takes twenty seconds.
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test func `an upload accepted a few bytes at a time exceeds its deadline`() async throws {
        try await withLoopback { _ in
            // The kernels of both sides would buffer anything smaller and hide the effect.
            (0..<500).flatMap { _ in [.skipBytes(64), .wait(.milliseconds(40))] as [ScriptedStep] }
        } _: { server, client in
            let failure = try await failure {
                var deadlines = Self.deadlines
                deadlines.leastRate = 1 << 20
                _ = try await client.upload(.put(server.url("/"), deadlines: deadlines), length: 64 << 20) { writer in
                    for _ in 0..<1_024 { try await writer.send([UInt8](repeating: 1, count: 64 << 10)) }
                }
            }
            #expect(failure?.kind == .timedOut)
        }
    }

    @Test(
        "An answer whose head does not come passes its deadline, whatever else comes",
        arguments: ["HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
    )
    func interim(line: String) async throws {
        try await withLoopback { _ in
            (0..<500).flatMap { _ in [.send(line), .wait(.milliseconds(30))] as [ScriptedStep] }
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.send(.get(server.url("/"), deadlines: Self.deadlines))
            }
            #expect(failure?.kind == .timedOut)
            #expect(failure?.isUnanswered == true)
        }
    }

    @Test func `headers that do not end are refused`() async throws {
        let line = "X-Field: \(String(repeating: "x", count: 8_000))\r\n"
        try await withLoopback { _ in
            [.send("HTTP/1.1 200 OK\r\n")] + [ScriptedStep](repeating: .send(line), count: 1_000)
        } _: { server, client in
            let failure = try await failure { _ = try await client.send(.get(server.url("/"))) }
            #expect(failure?.kind == .tooLarge)
            #expect(
                failure?.message.contains("the response headers are too long") == true,
                "\(failure?.message ?? "")"
            )
        }
    }

    @Test func `a slow source is the source's failure, and its destination only waits for it`() async throws {
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 80_000)), .sendPattern(70_000)] + Self.drip(500) : .reply(200)
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.pipe(
                    .get(server.url("/a"), deadlines: Self.deadlines),
                    length: 80_000,
                    to: { .put(server.url("/k"), deadlines: Self.deadlines) },
                    check: RecordingCheck()
                )
            }
            #expect(failure?.side == .source)
            #expect(failure?.kind == .timedOut)
        }
    }

    @Test func `a side that waits for the other side of a pipe is not slow`() async throws {
        var patient = Self.deadlines
        patient.leastRate = 5
        var strict = Self.deadlines
        strict.leastRate = 1_000
        let (source, destination) = (patient, strict)
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 70_040)), .sendPattern(70_000)] + Self.drip(40) : .reply(200)
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a"), deadlines: source),
                length: 70_040,
                to: { .put(server.url("/k"), deadlines: destination) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered(let answer) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(answer.status == 200)
        }
    }

    @Test(
        "A transfer without any answer is told from one that was answered",
        arguments: [
            ([.hold(ScriptedGate())], true), ([.close], true), ([.reset], true),
            ([.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close], false),
            ([.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hold(ScriptedGate())], false),
        ] as [([ScriptedStep], Bool)]
    )
    func answered(steps: [ScriptedStep], isUnanswered: Bool) async throws {
        try await withLoopback { _ in
            steps
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.send(.get(server.url("/"), deadlines: Self.deadlines))
            }
            #expect(failure?.isUnanswered == isUnanswered)
        }
    }

    @Test func `a port where nothing listens does not answer`() async throws {
        let port = try ScriptedHTTPServer.unusedPort()
        try await HTTPClient.withClient { client in
            let failure = try await failure { _ = try await client.send(.get("http://127.0.0.1:\(port)/")) }
            #expect(failure?.isUnanswered == true)
        }
    }
}

@Suite struct PaceTests {
    private let deadlines = HTTPDeadlines(firstByte: .seconds(60), stall: .seconds(60), leastRate: 1_024)

    /// Looks ten times a second for so long, with what `look` makes of the time and of the bytes by then.
    private func first(
        within seconds: Int,
        moving rate: Double,
        _ change: (_ second: Double, inout Progress.Look) -> Void = { _, _ in }
    ) -> (overdue: Progress.Overdue, second: Int)? {
        var progress = Progress()
        let start = ContinuousClock.now
        for tick in 0...(seconds * 10) {
            let second = Double(tick) / 10
            var look = Progress.Look(
                isConnected: true,
                isHeld: false,
                isSending: false,
                hasHead: true,
                moved: Int64(second * rate)
            )
            change(second, &look)
            let now = start + .milliseconds(100 * tick)
            if let overdue = progress.note(look, deadlines, now: now) { return (overdue, Int(second)) }
        }
        return nil
    }

    @Test func `a byte a second is slow after one stretch, and a kilobyte never`() {
        let slow = first(within: 600, moving: 1)
        #expect(slow?.overdue == .slow && slow?.second == 60)
        #expect(first(within: 600, moving: 1_100) == nil)
        let still = first(within: 600, moving: 0)
        #expect(still?.overdue == .stall)
    }

    @Test func `time in which a transfer is held does not count`() {
        let found = first(within: 500, moving: 1) { second, look in
            look.isHeld = second.truncatingRemainder(dividingBy: 1) > 0.05
        }
        #expect(found == nil)
    }

    @Test func `a transfer that becomes slow is found within two stretches`() {
        let found = first(within: 600, moving: 0) { second, look in
            look.moved = second < 70 ? Int64(second * 1e6) : 70_000_000 + Int64(second)
        }
        #expect(found?.overdue == .slow)
        #expect((found?.second ?? 999) <= 190)
    }

    @Test func `the wait for an answer is not a slow body`() {
        let found = first(within: 600, moving: 0) { _, look in (look.hasHead, look.moved) = (false, 5_000) }
        #expect(found?.overdue == .firstByte)
    }
}
