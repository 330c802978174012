/// The part of an outgoing body that its producer has sent and the connection has not taken yet.
///
/// At most `capacity` bytes, in order, for a body whose length is known, in blocks that are taken as bytes come and given
/// back as they go. The body's last byte is held back until `release()`: a peer that was promised `length` bytes cannot
/// take a body for whole before that.
final class BodyBuffer {
    /// Resident bytes at most.
    static let capacity = mostBlocks * BlockPool.blockSize
    private static let mostBlocks = 16

    /// The length of the whole body.
    let length: Int64
    private(set) var brought: Int64 = 0
    private(set) var taken: Int64 = 0
    private(set) var isReleased = false
    /// It found no block, and waits for one.
    private(set) var isStarved = false
    /// Called when a block has come that it waited for.
    var onBlock: (() -> Void)?
    private let pool: BlockPool
    private var blocks: [BlockPool.Block] = []
    /// The block that it waited for.
    private var kept: BlockPool.Block?
    /// Bytes of the first block that were taken.
    private var start = 0

    init(length: Int64, pool: BlockPool) {
        self.length = length
        self.pool = pool
    }

    deinit {
        giveBackBlocks()
    }

    /// Bytes that are brought and not taken.
    var count: Int { Int(brought - taken) }

    /// Bytes that fit now.
    var space: Int { rest + min(blocksLeft, pool.free + (kept == nil ? 0 : 1)) * BlockPool.blockSize }

    /// Bytes that can be taken now.
    var takeable: Int { isReleased || brought < length ? count : max(0, count - 1) }

    /// Whether only what is taken now brings a block for more.
    var mustDrain: Bool { isStarved && takeable > 0 }

    /// Whether every byte was taken.
    var isDrained: Bool { taken == length }

    /// Bytes that fit into the last block.
    private var rest: Int { blocks.count * BlockPool.blockSize - start - count }

    private var blocksLeft: Int { Self.mostBlocks - blocks.count }

    /// Whether so many bytes fit now. Waits for a block if that is what they lack.
    func admits(_ bytes: Int) -> Bool {
        if bytes <= space { return true }
        if blocksLeft > 0 { starve() }
        return false
    }

    /// Whether a producer that found no room may go on: half is free, and a block for the next piece at hand. Waits for a
    /// block if that is what it lacks.
    func hasRoomAgain() -> Bool {
        guard !isStarved, count <= Self.capacity / 2 else { return false }
        return admits(BlockPool.blockSize)
    }

    /// Brings bytes, as many of the first as fit, and says how many. Never more than `length` in all. Waits for a block
    /// if that is what the others lack.
    func append(_ bytes: RawSpan) -> Int {
        let wanted = min(bytes.byteCount, Int(clamping: length - brought))
        var added = 0
        unsafe bytes.withUnsafeBytes { source in
            while added < wanted, addsRoom(), let block = blocks.last {
                let count = min(rest, wanted - added)
                unsafe UnsafeMutableRawBufferPointer(rebasing: block.bytes[(BlockPool.blockSize - rest)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[added..<added + count]))
                added += count
                brought += Int64(count)
            }
        }
        return added
    }

    /// Takes the next bytes, as many as there are and `destination` holds, and says how many.
    func take(into destination: UnsafeMutableRawBufferPointer) -> Int {
        let wanted = min(takeable, destination.count)
        var removed = 0
        while removed < wanted, let block = blocks.first {
            let count = min(BlockPool.blockSize - start, wanted - removed)
            unsafe UnsafeMutableRawBufferPointer(rebasing: destination[removed..<removed + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + count]))
            removed += count
            start += count
            taken += Int64(count)
            guard start == BlockPool.blockSize || self.count == 0 else { break }
            start = 0
            blocks.removeFirst()
            pool.giveBack(block)
        }
        return removed
    }

    /// Lets the last byte go.
    func release() {
        isReleased = true
    }

    /// Gives all blocks back: the bytes are not needed any more, and no more come.
    func discard() {
        onBlock = nil
        if isStarved { pool.dismiss(self) }
        isStarved = false
        taken = brought
        start = 0
        giveBackBlocks()
    }

    private func giveBackBlocks() {
        for block in blocks { pool.giveBack(block) }
        blocks = []
        if let block = kept { pool.giveBack(block) }
        kept = nil
    }

    /// Takes the block that it waited for.
    func accept(_ block: BlockPool.Block) {
        isStarved = false
        kept = block
        onBlock?()
    }

    /// Whether the last block has room, or one was added.
    private func addsRoom() -> Bool {
        if rest > 0 { return true }
        guard blocksLeft > 0 else { return false }
        guard let block = kept ?? pool.take() else {
            starve()
            return false
        }
        kept = nil
        blocks.append(block)
        return true
    }

    private func starve() {
        guard !isStarved else { return }
        isStarved = true
        pool.wait(self)
    }
}
