/// The bytes of a pipe between its source and its destination: counted, shown to the check, and buffered.
final class Relay {
    /// What became of bytes that the source sent.
    enum Reception {
        case taken
        /// None was taken, since not all of them fit now.
        case full
        /// The body is longer than it may be.
        case overlong
    }

    let buffer: BodyBuffer
    private let check: any PipeCheck
    private(set) var isOverlong = false

    init(length: Int64, pool: BlockPool, check: any PipeCheck) {
        buffer = BodyBuffer(length: length, pool: pool)
        self.check = check
    }

    /// The next bytes of the source's body, all or none.
    func receive(_ bytes: RawSpan) -> Reception {
        if Int64(bytes.byteCount) > buffer.length - buffer.brought {
            isOverlong = true
            return .overlong
        }
        guard buffer.admits(bytes.byteCount) else { return .full }
        if bytes.byteCount > 0 {
            check.update(bytes)
            _ = buffer.append(bytes)
        }
        return .taken
    }

    /// The source's body is at its end: nil, and the last byte let go, when it was the right one; else what is wrong.
    func finish() -> String? {
        guard !isOverlong else { return "The body is longer than the expected \(buffer.length) bytes." }
        guard buffer.brought == buffer.length else {
            return "The body has \(buffer.brought) bytes instead of the expected \(buffer.length)."
        }
        if let wrong = check.verdict() { return wrong }
        buffer.release()
        return nil
    }
}
