/// A fixed number of memory blocks for the body buffers of one loop.
///
/// Blocks are allocated on first use and then kept. A buffer that finds no block waits for one to come back, first
/// come, first served. Confined to the loop's thread.
final class BlockPool {
    @safe struct Block {
        let bytes: UnsafeMutableRawBufferPointer
    }

    /// At least the largest piece that curl delivers (CURL_MAX_WRITE_SIZE), so that one more block always suffices for
    /// it.
    static let blockSize = 16 << 10

    private var unmade: Int
    private var unused: [Block] = []
    private var waiting: [BodyBuffer] = []

    init(_ count: Int) {
        unmade = count
    }

    deinit {
        for block in unused { unsafe block.bytes.deallocate() }
    }

    /// The number of blocks available now.
    var free: Int { unmade + unused.count }

    func take() -> Block? {
        if let block = unused.popLast() { return block }
        guard unmade > 0 else { return nil }
        unmade -= 1
        return unsafe Block(bytes: .allocate(byteCount: Self.blockSize, alignment: 16))
    }

    /// Returns a block: to the buffer that has waited longest, or to the pool if none waits.
    func giveBack(_ block: Block) {
        guard !waiting.isEmpty else { return unused.append(block) }
        waiting.removeFirst().accept(block)
    }

    /// Reserves the next returned block for a buffer. Do not call this again until the buffer has accepted that block.
    func wait(_ buffer: BodyBuffer) {
        waiting.append(buffer)
    }

    /// Ends a buffer's wait; does nothing if it is not waiting.
    func dismiss(_ buffer: BodyBuffer) {
        waiting.removeAll { $0 === buffer }
    }
}
