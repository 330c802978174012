import FoundationEssentials
import HTTPTransfer
import TestSupport
import Testing

/// The memory of a process that moves far more than it may hold.
///
/// Each test has a process of its own: what other tests hold would be counted with it.
@Suite(.serialized, .disabled(if: isSanitized, "a sanitizer's own memory would be measured"))
struct BackPressureTests {
    /// What a server sends again and again.
    static let block = ScriptedStep.pattern(64 << 10)
    /// The most that a process may grow by, in bytes: much less than what passes, and more than glibc's spare arenas.
    static let bound = 24 << 20

    static func body(of length: Int) -> [ScriptedStep] {
        [.send([ScriptedStep].head(200, length: length))]
            + [ScriptedStep](repeating: .send(block), count: length / block.count)
    }

    /// Throws when the process's greatest size grows by `bound` in `work`, beyond what a small `work` took.
    static func expectFlat(_ work: (_ blocks: Int) async throws -> Void) async throws {
        try await work(8)
        let before = try residentPeak()
        try await work(256 * 16)
        let growth = try residentPeak() - before
        #expect(growth < bound, "the process grew by \(growth >> 10) KiB")
    }

    /// VmHWM of proc(5), in bytes.
    private static func residentPeak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) << 10
    }

    @Test func `a slow reader of 256 MiB keeps the process small`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback(seconds: 120) { request in
                BackPressureTests.body(of: Int(request.target.dropFirst()) ?? 0)
            } _: { server, client in
                try await BackPressureTests.expectFlat { blocks in
                    let length = blocks * BackPressureTests.block.count
                    let count = try await client.receive(.get(server.url("/\(length)"))) { _, reader in
                        var (count, pieces) = (0, 0)
                        while let bytes = try await reader.next() {
                            #expect(bytes.count <= (256 + 16) << 10)
                            (count, pieces) = (count + bytes.count, pieces + 1)
                            if pieces % 16 == 0 { try await Task.sleep(for: .milliseconds(20)) }
                        }
                        return count
                    }
                    #expect(count == length)
                }
            }
        }
    }

    @Test func `a slow server of an upload of 256 MiB keeps the process small`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback(seconds: 120) { _ in
                [ScriptedStep](repeating: .skipBytes(4 << 20), count: 64).flatMap { [$0, .wait(.milliseconds(20))] }
                    + .reply(200)
            } _: { server, client in
                try await BackPressureTests.expectFlat { blocks in
                    let length = Int64(blocks * BackPressureTests.block.count)
                    let answer = try await client.upload(.put(server.url("/")), length: length) { writer in
                        for _ in 0..<blocks { try await writer.send(BackPressureTests.block) }
                    }
                    #expect(answer.status == 200)
                }
            }
        }
    }

    @Test func `32 pipes to slow destinations keep the process small`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback(seconds: 120) { request in
                request.method == "GET"
                    ? BackPressureTests.body(of: Int(request.target.dropFirst()) ?? 0)
                    : [ScriptedStep](repeating: .skipBytes(1 << 20), count: 8).flatMap {
                        [.wait(.milliseconds(100)), $0]
                    }
                        + .reply(200)
            } _: { server, client in
                try await BackPressureTests.expectFlat { blocks in
                    // At least a block each: the small round has all connections and threads too.
                    let length = max(1, blocks / 32) * BackPressureTests.block.count
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<32 {
                            group.addTask {
                                let check = RecordingCheck()
                                let url = server.url("/\(length)")
                                let outcome = try await client.pipe(
                                    .get(url),
                                    length: Int64(length),
                                    to: { .put(url) },
                                    check: check
                                )
                                guard case .destinationAnswered(let response) = outcome, response.status == 200
                                else { throw PipeTests.Unexpected(outcome: outcome) }
                                #expect(check.bytes == length)
                            }
                        }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }
}
