import Glibc

/// The memory for bodies on their way through one loop: half of it is blocks for `BodyBuffer`, half is lent to curl.
///
/// Lives on the loop's thread.
final class BodyMemory {
    /// Whatever the process holds by then, so much is there for the bodies.
    static let least = 4 << 20
    /// Bytes of curl's buffers for one direction of a transfer: for a body that is short, or finds no more to be lent.
    static let smallBuffer = 16 << 10
    /// The same for a long body, in whose transfer they save calls of the kernel.
    static let largeBuffer = 64 << 10
    /// The shortest body that is worth large buffers.
    private static let longBody: Int64 = 256 << 10

    private let limit: Int
    /// Divided when the first body comes: what the process holds before that is not there for them.
    private lazy var share = max(limit - Self.resident(), min(limit, Self.least)) / 2
    private(set) lazy var blocks = BlockPool(share / BlockPool.blockSize)
    private var lent = 0

    /// - Parameter limit: bytes that the process is to stay below.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes for each of curl's buffers in the transfer of a body; to be given back.
    ///
    /// Two of them: what is received or sent, and what a pause finds received already.
    func lend(forBodyOf length: Int64) -> Int {
        let isLong = length >= Self.longBody && lent + 2 * Self.largeBuffer <= share
        let size = isLong ? Self.largeBuffer : Self.smallBuffer
        lent += 2 * size
        return size
    }

    func giveBack(_ size: Int) {
        lent -= 2 * size
    }

    /// Bytes that the process has in memory now (proc(5), statm); 0 where that cannot be read.
    private static func resident() -> Int {
        let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        let text = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            count = max(0, unsafe read(file, buffer.baseAddress, 128))
        }
        let numbers = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard numbers.count > 1, let pages = Int(numbers[1]) else { return 0 }
        return pages * Int(sysconf(CInt(_SC_PAGESIZE)))
    }
}
