import Glibc

/// The memory for the bodies that pass through one loop: half for the blocks of `BodyBuffer`, half lent to curl.
///
/// Confined to the loop's thread.
final class BodyMemory {
    /// The least memory for bodies, in bytes, however much the process already uses.
    static let least = 4 << 20
    /// The size in bytes of each curl buffer for a short body, or for a long one once the memory to lend is used up.
    static let smallBuffer = 16 << 10
    /// The size in bytes of each curl buffer for a long body, where larger buffers save system calls.
    static let largeBuffer = 64 << 10
    /// The length from which a body is worth large buffers.
    private static let longBody: Int64 = 256 << 10

    private let limit: Int
    /// Computed for the first body, to subtract what the process already uses by then.
    private lazy var share = max(limit - Self.resident(), min(limit, Self.least)) / 2
    private(set) lazy var blocks = BlockPool(share / BlockPool.blockSize)
    private var lent = 0

    /// - Parameter limit: the memory that the process should stay below, in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Lends curl the buffers for the transfer of one body and returns the size of each in bytes. Pass it to `giveBack`
    /// after the transfer.
    ///
    /// Counts two buffers: one for what is sent or received, and one for what has already been received when curl
    /// pauses.
    func lend(forBodyOf length: Int64) -> Int {
        let isLong = length >= Self.longBody && lent + 2 * Self.largeBuffer <= share
        let size = isLong ? Self.largeBuffer : Self.smallBuffer
        lent += 2 * size
        return size
    }

    func giveBack(_ size: Int) {
        lent -= 2 * size
    }

    /// The process's resident memory in bytes (proc(5), statm); 0 if that cannot be read.
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
