import TestSupport
import Testing

@testable import HTTPTransfer

@Suite struct BodyBufferTests {
    private func take(_ count: Int, from buffer: BodyBuffer) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { storage, filled in
            filled = unsafe buffer.take(into: UnsafeMutableRawBufferPointer(storage))
        }
    }

    @Test func `bytes come out as they went in, from block to block`() {
        let length = 3 * BodyBuffer.capacity + 17
        let body = ScriptedStep.pattern(length)
        let buffer = BodyBuffer(length: Int64(length), pool: BlockPool(100))
        var out: [UInt8] = []
        var brought = 0
        while out.count < length {
            let piece = Array(body[brought..<min(length, brought + 100_003)])
            brought += unsafe buffer.append(piece.span.bytes)
            if brought == length { buffer.release() }
            #expect(buffer.count <= BodyBuffer.capacity)
            out += take(70_001, from: buffer)
        }
        #expect(out == body)
        #expect(buffer.isDrained)
    }

    @Test func `what does not fit is not taken`() {
        let buffer = BodyBuffer(length: Int64(BodyBuffer.capacity + 10), pool: BlockPool(100))
        let bytes = [UInt8](repeating: 7, count: BodyBuffer.capacity - 4)
        #expect(unsafe buffer.append(bytes.span.bytes) == BodyBuffer.capacity - 4)
        #expect(unsafe buffer.append(bytes.span.bytes) == 4)
        #expect(unsafe buffer.append(bytes.span.bytes) == 0)
        #expect(buffer.space == 0)
    }

    @Test func `the last byte stays until it is released`() {
        let buffer = BodyBuffer(length: 3, pool: BlockPool(100))
        let bytes: [UInt8] = [1, 2, 3, 4]
        #expect(unsafe buffer.append(bytes.span.bytes) == 3)
        #expect(buffer.takeable == 2)
        #expect(take(10, from: buffer) == [1, 2])
        #expect(take(10, from: buffer) == [])
        #expect(!buffer.isDrained)
        buffer.release()
        #expect(take(10, from: buffer) == [3])
        #expect(buffer.isDrained)
    }

    @Test func `an empty body is drained from the start`() {
        let buffer = BodyBuffer(length: 0, pool: BlockPool(100))
        let bytes: [UInt8] = [1]
        #expect(unsafe buffer.append(bytes.span.bytes) == 0)
        #expect(buffer.takeable == 0)
        #expect(buffer.isDrained)
    }
}

@Suite struct RelayTests {
    private func relay(_ length: Int64, _ pieces: [[UInt8]], wrong: String? = nil) -> (Relay, RecordingCheck) {
        let check = RecordingCheck(wrong: wrong)
        let relay = Relay(length: length, pool: BlockPool(100), check: check)
        for piece in pieces { _ = unsafe relay.receive(piece.span.bytes) }
        return (relay, check)
    }

    @Test func `the right body lets its last byte go`() {
        let (relay, check) = relay(3, [[1], [2, 3]])
        #expect(relay.finish() == nil)
        #expect(relay.buffer.isReleased)
        #expect(check.bytes == 3)
    }

    @Test(
        arguments: [
            (4, [[1], [2, 3]], nil, "The body has 3 bytes instead of the expected 4."),
            (2, [[1], [2, 3]], nil, "The body is longer than the expected 2 bytes."),
            (0, [[1]], nil, "The body is longer than the expected 0 bytes."),
            (3, [[1, 2, 3]], "no good", "no good"),
        ] as [(Int64, [[UInt8]], String?, String)]
    )
    func `a wrong body keeps its last byte`(length: Int64, pieces: [[UInt8]], wrong: String?, said: String) {
        let (relay, _) = relay(length, pieces, wrong: wrong)
        #expect(relay.finish() == said)
        #expect(!relay.buffer.isReleased)
    }

    @Test func `bytes that do not fit are neither taken nor checked`() {
        let (relay, check) = relay(
            Int64(BodyBuffer.capacity) + 100,
            [[UInt8](repeating: 1, count: BodyBuffer.capacity)]
        )
        let piece: [UInt8] = [1]
        #expect(unsafe relay.receive(piece.span.bytes) == .full)
        #expect(check.bytes == BodyBuffer.capacity)
    }
}

@Suite struct ProgressTests {
    private let deadlines = HTTPDeadlines(firstByte: .seconds(5), stall: .seconds(2), leastRate: 0)
    private let start = ContinuousClock.now

    private func overdue(_ seconds: Double, _ look: Progress.Look) -> Progress.Overdue? {
        var progress = Progress()
        #expect(progress.note(look, deadlines, now: start) == nil)
        return progress.note(look, deadlines, now: start + .seconds(seconds))
    }

    @Test func `waiting for the head has the first-byte deadline`() {
        let look = Progress.Look(isConnected: true, isHeld: false, isSending: false, hasHead: false, moved: 10)
        #expect(overdue(5, look) == nil)
        #expect(overdue(5.1, look) == .firstByte)
    }

    @Test func `a head that has not come after five seconds is late, a body that pauses is not`() {
        var progress = Progress()
        var look = Progress.Look(isConnected: true, isHeld: false, isSending: true, hasHead: false, moved: 10)
        let deadlines = HTTPDeadlines()
        for second in [0, 6] { _ = progress.note(look, deadlines, now: start + .seconds(second)) }
        #expect(!progress.isLate)
        look.isSending = false
        look.moved = 20
        for second in [7, 12] { _ = progress.note(look, deadlines, now: start + .seconds(second)) }
        #expect(!progress.isLate)
        _ = progress.note(look, deadlines, now: start + .seconds(13))
        #expect(progress.isLate)
    }

    @Test(arguments: [(true, false), (false, true)])
    func `a body in either direction has the stall deadline`(isSending: Bool, hasHead: Bool) {
        let look = Progress.Look(isConnected: true, isHeld: false, isSending: isSending, hasHead: hasHead, moved: 10)
        #expect(overdue(2, look) == nil)
        #expect(overdue(2.1, look) == .stall)
    }

    @Test func `a transfer that is held back or not connected is never overdue`() {
        #expect(overdue(99, .init(isConnected: true, isHeld: true, isSending: true, hasHead: true, moved: 1)) == nil)
        #expect(overdue(99, .init(isConnected: false, isHeld: false, isSending: true, hasHead: false, moved: 0)) == nil)
    }

    @Test func `each byte starts the deadline anew`() {
        var progress = Progress()
        var look = Progress.Look(isConnected: true, isHeld: false, isSending: false, hasHead: true, moved: 0)
        for second in 0..<10 {
            look.moved += 1
            #expect(progress.note(look, deadlines, now: start + .seconds(second)) == nil)
        }
        #expect(progress.note(look, deadlines, now: start + .seconds(12)) == .stall)
    }
}
