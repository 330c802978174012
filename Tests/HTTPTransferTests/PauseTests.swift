import HTTPTransfer
import TestSupport
import Testing

/// Transfers that one side holds back for longer than curl's own timers of a second, at the places where a pause can
/// get lost.
///
/// The transfers of a test run side by side, so that it takes little longer than one rest.
@Suite(.serialized) struct PauseTests {
    /// Where in a body someone rests.
    enum Place: CaseIterable { case first, afterFirst, middle, last, often }

    /// How the end of an answer's body is told.
    enum Framing: CaseIterable {
        case length
        case chunks
        case close

        func answer(_ length: Int, restingAt place: Int? = nil) -> [ScriptedStep] {
            let parts = [0..<(place ?? 0), (place ?? 0)..<length].map { range in
                ScriptedStep.send(self == .chunks ? Self.chunks(range) : Array(pattern[range]))
            }
            let pause = place.map { _ in [ScriptedStep.wait(rest)] } ?? []
            switch self {
            case .length: return [.send([ScriptedStep].head(200, length: length)), parts[0]] + pause + [parts[1]]
            case .chunks:
                let head = [ScriptedStep].head(200, headers: [("Transfer-Encoding", "chunked")], length: nil)
                return [.send(head), parts[0]] + pause + [parts[1], .send("0\r\n\r\n")]
            case .close:
                return [.send([ScriptedStep].head(200, length: nil)), parts[0]] + pause + [parts[1], .close]
            }
        }

        private static func chunks(_ range: Range<Int>) -> [UInt8] {
            stride(from: range.lowerBound, to: range.upperBound, by: 10_000)
                .reduce(into: []) { bytes, start in
                    let end = min(start + 10_000, range.upperBound)
                    bytes += Array("\(String(end - start, radix: 16))\r\n".utf8)
                    bytes += pattern[start..<end]
                    bytes += Array("\r\n".utf8)
                }
        }
    }

    static let rest = Duration.milliseconds(2500)
    /// Much shorter than a rest: who takes a rest of ours for a stall of the peer fails.
    static let short = HTTPDeadlines(firstByte: .milliseconds(700), stall: .milliseconds(700))
    static let highMark = 64 << 10
    static let pattern = ScriptedStep.pattern(8 << 20)

    static func bytes(_ length: Int) -> [UInt8] { Array(pattern.prefix(length)) }

    @Test(arguments: Framing.allCases)
    func `a body is whole wherever its reader rests for seconds`(framing: Framing) async throws {
        try await withLoopback(seconds: 180) { request in
            framing.answer(Int(request.target.dropFirst()) ?? 0)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for length in [1, Self.highMark + 1, Self.highMark + (16 << 10) + 1, 8 << 20] {
                    for place in Place.allCases {
                        group.addTask {
                            let request = HTTPRequest.get(server.url("/\(length)"), deadlines: Self.short)
                            let body = try await client.receive(request) { _, reader in
                                try await Self.read(reader, length, restingAt: place)
                            }
                            #expect(body == Self.bytes(length), "\(length) bytes, a rest at \(place)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    static func read(_ reader: HTTPBodyReader, _ length: Int, restingAt place: Place) async throws -> [UInt8] {
        var body: [UInt8] = []
        if place == .first { try await Task.sleep(for: rest) }
        while let bytes = try await reader.next() {
            let before = body.count
            body += bytes
            switch place {
            case .afterFirst where before == 0,
                .middle where before < length / 2 && body.count >= length / 2,
                .last where body.count == length:
                try await Task.sleep(for: rest)
            case .often where before * 3 / length != body.count * 3 / length:
                try await Task.sleep(for: .milliseconds(1100))
            default: break
            }
        }
        return body
    }

    @Test(arguments: [Framing.length, .chunks])
    func `the connection of a body that was paused is used again`(framing: Framing) async throws {
        try await withLoopback { request in
            request.method == "GET" ? framing.answer(Int(request.target.dropFirst()) ?? 0) : .reply(200)
        } _: { server, client in
            let body = try await client.receive(.get(server.url("/4000000"))) { _, reader in
                try await Task.sleep(for: .milliseconds(1200))
                return try await Self.read(reader, 4_000_000, restingAt: .often)
            }
            #expect(body == Self.bytes(4_000_000))
            let answer = try await client.upload(.put(server.url("/k")), length: 100_000) { writer in
                try await writer.send(Self.bytes(90_000))
                try await Task.sleep(for: .milliseconds(1200))
                try await writer.send(Array(Self.pattern[90_000..<100_000]))
            }
            #expect(answer.status == 200)
            let next = try await client.send(.get(server.url("/7")))
            #expect(next.body == Self.bytes(7))
            #expect(server.requests[1].body == Self.bytes(100_000))
            #expect(server.connections == 1)
        }
    }

    @Test func `an upload is whole wherever its producer rests for seconds`() async throws {
        try await withLoopback(seconds: 180) { _ in
            .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for length in [1, 65_537, (256 << 10) + 1, (1 << 20) + 1] {
                    for (number, place) in [0, 1, 65_536, length / 2, length - 1].enumerated() where place < length {
                        group.addTask {
                            let put = HTTPRequest.put(server.url("/\(length)?\(number)"), deadlines: Self.short)
                            let answer = try await client.upload(put, length: Int64(length)) { writer in
                                try await writer.send(Self.bytes(place))
                                try await Task.sleep(for: Self.rest)
                                try await writer.send(Array(Self.pattern[place..<length]))
                            }
                            #expect(answer.status == 200)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 18)
            for put in server.requests {
                let length = put["content-length"].flatMap { Int($0) } ?? -1
                #expect(put.body == Self.bytes(length), "\(put.target)")
            }
        }
    }

    @Test func `an upload is whole wherever its server rests for seconds`() async throws {
        try await withLoopback(seconds: 180) { request in
            [.readBytes(Int(request.target.dropFirst()) ?? 0), .wait(Self.rest)] + .reply(200)
        } _: { server, client in
            let length = 8 << 20
            try await withThrowingTaskGroup(of: Void.self) { group in
                for place in [0, 1, length / 2, length - 1, length] {
                    group.addTask {
                        let put = HTTPRequest.put(server.url("/\(place)"))
                        let answer = try await client.upload(put, length: Int64(length)) { writer in
                            try await writer.send(Self.pattern)
                        }
                        #expect(answer.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            for put in server.requests { #expect(put.body == Self.pattern, "\(put.target)") }
        }
    }

    @Test(arguments: Framing.allCases)
    func `a pipe is whole wherever its source rests for seconds`(framing: Framing) async throws {
        try await withLoopback(seconds: 180) { request in
            let numbers = request.target.split(separator: "/").compactMap { Int($0) }
            return request.method == "GET" ? framing.answer(numbers[0], restingAt: numbers[1]) : .reply(200)
        } _: { server, client in
            try await Self.pipes(server, client) { length in
                // After the last byte of a body of known length there is nothing left to wait for.
                [0, 1, length / 2, length - 1, length].filter { framing != .length || $0 < length }
            }
        }
    }

    @Test func `a pipe is whole wherever its destination rests for seconds`() async throws {
        try await withLoopback(seconds: 180) { request in
            let numbers = request.target.split(separator: "/").compactMap { Int($0) }
            return request.method == "GET"
                ? Framing.length.answer(numbers[0]) : [.readBytes(numbers[1]), .wait(Self.rest)] + .reply(200)
        } _: { server, client in
            try await Self.pipes(server, client, sourceDeadlines: Self.short, destinationDeadlines: HTTPDeadlines()) {
                length in [0, 1, length / 2, length - 1, length]
            }
        }
    }

    /// Runs a pipe for each length and place, `/<length>/<place>` on both sides, and compares what arrived.
    private static func pipes(
        _ server: ScriptedHTTPServer,
        _ client: HTTPClient,
        sourceDeadlines: HTTPDeadlines = HTTPDeadlines(),
        destinationDeadlines: HTTPDeadlines = short,
        places: (Int) -> [Int]
    ) async throws {
        var count = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for length in [1, 65_537, (256 << 10) + 1, 8 << 20] {
                for place in places(length) {
                    count += 1
                    let url = server.url("/\(length)/\(place)")
                    group.addTask {
                        let outcome = try await client.pipe(
                            .get(url, deadlines: sourceDeadlines),
                            length: Int64(length),
                            to: { .put(url, deadlines: destinationDeadlines) },
                            check: RecordingCheck()
                        )
                        guard case .destinationAnswered(let response) = outcome, response.status == 200
                        else { throw PipeTests.Unexpected(outcome: outcome) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let puts = server.requests.filter { $0.method == "PUT" }
        #expect(puts.count == count)
        for put in puts {
            let length = put.target.split(separator: "/").first.flatMap { Int($0) } ?? -1
            #expect(put.body == bytes(length), "\(put.target)")
        }
    }
}
