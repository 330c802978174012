import HTTPTransfer
import TestSupport
import Testing

/// Pipes whose two sides pause at random: seeded, so that a failure comes again.
@Suite struct PauseScheduleTests {
    private static let lengths = [
        0, 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, (256 << 10) - 1,
        256 << 10, (256 << 10) + 1, 300_000, 500_000,
    ]

    /// One pipe: its length, and at which bytes each side rests, and for how long.
    struct Schedule: Sendable {
        let length: Int
        let isChunked: Bool
        let source: [(place: Int, rest: Duration)]
        let destination: [(place: Int, rest: Duration)]

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let length = lengths.randomElement(using: &random) ?? 0
            self.length = length
            isChunked = Bool.random(using: &random)
            func rests() -> [(place: Int, rest: Duration)] {
                (0..<Int.random(in: 0...4, using: &random))
                    .map { _ in
                        // The first and the last bytes are where a pause gets lost: they come up often.
                        let places = [0, min(1, length), length / 2, max(0, length - 1), length]
                        let anywhere = Int.random(in: 0...length, using: &random)
                        let place = Bool.random(using: &random) ? anywhere : places.randomElement(using: &random) ?? 0
                        return (place, .milliseconds(Int.random(in: 0...60, using: &random)))
                    }
                    .sorted { $0.place < $1.place }
            }
            source = rests()
            destination = rests()
        }

        /// The source's answer in the pieces between its rests.
        var answer: [ScriptedStep] {
            var steps = [
                isChunked
                    ? ScriptedStep.send(
                        [ScriptedStep].head(200, headers: [("Transfer-Encoding", "chunked")], length: nil)
                    )
                    : .send([ScriptedStep].head(200, length: length))
            ]
            var sent = 0
            for (place, rest) in source + [(length, .zero)] {
                if place > sent {
                    let piece = Array(PauseTests.pattern[sent..<place])
                    let size = Array("\(String(piece.count, radix: 16))\r\n".utf8)
                    steps.append(.send(isChunked ? size + piece + Array("\r\n".utf8) : piece))
                }
                if rest > .zero { steps.append(.wait(rest)) }
                sent = place
            }
            return isChunked ? steps + [.send("0\r\n\r\n")] : steps
        }

        /// How the destination reads before it answers.
        var reading: [ScriptedStep] {
            var read = 0
            return destination.flatMap { place, rest -> [ScriptedStep] in
                defer { read = place }
                return [.readBytes(place - read), .wait(rest)]
            }
        }
    }

    @Test(arguments: [1, 2, 3])
    func `a hundred pipes with random pauses on both sides end with the right bytes`(round: Int) async throws {
        try await withLoopback(seconds: 120) { request in
            let schedule = Schedule(seed: UInt64(request.target.dropFirst()) ?? 0)
            return request.method == "GET" ? schedule.answer : schedule.reading + .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    if number >= 16 { try await group.next() }
                    let seed = UInt64(round * 1000 + number)
                    group.addTask {
                        let url = server.url("/\(seed)")
                        let outcome = try await client.pipe(
                            .get(url),
                            length: Int64(Schedule(seed: seed).length),
                            to: { .put(url) },
                            check: RecordingCheck()
                        )
                        guard case .destinationAnswered(let response) = outcome, response.status == 200
                        else { throw PipeTests.Unexpected(outcome: outcome) }
                    }
                }
                try await group.waitForAll()
            }
            let puts = server.requests.filter { $0.method == "PUT" }
            #expect(puts.count == 100)
            for put in puts {
                let length = Schedule(seed: UInt64(put.target.dropFirst()) ?? 0).length
                #expect(put.body == PauseTests.bytes(length), "seed \(put.target)")
            }
            #expect(server.connections <= 32)
        }
    }
}
