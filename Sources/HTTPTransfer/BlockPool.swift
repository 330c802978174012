/// A fixed number of blocks of memory, for the body buffers of one loop.
///
/// Each is made when it is first needed, and kept. Whoever finds none waits for one that comes back, in order. Lives on
/// the loop's thread.
final class BlockPool {
    @safe struct Block {
        let bytes: UnsafeMutableRawBufferPointer
    }

    /// Not less than the largest piece that curl hands over (CURL_MAX_WRITE_SIZE), so that one more block is enough.
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

    /// Blocks that can be taken now.
    var free: Int { unmade + unused.count }

    func take() -> Block? {
        if let block = unused.popLast() { return block }
        guard unmade > 0 else { return nil }
        unmade -= 1
        return unsafe Block(bytes: .allocate(byteCount: Self.blockSize, alignment: 16))
    }

    /// Gives a block back: to the buffer that has waited longest, if one waits.
    func giveBack(_ block: Block) {
        guard !waiting.isEmpty else { return unused.append(block) }
        waiting.removeFirst().accept(block)
    }

    /// Keeps the next block that comes back for a buffer. To be asked once until it is accepted.
    func wait(_ buffer: BodyBuffer) {
        waiting.append(buffer)
    }

    /// Ends the wait of a buffer, if it waits.
    func dismiss(_ buffer: BodyBuffer) {
        waiting.removeAll { $0 === buffer }
    }
}
