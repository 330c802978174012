/// The part of an outgoing body that its producer has appended and the connection has not yet taken.
///
/// Holds up to `capacity` bytes of a body of known length, in order, in blocks that are taken from the pool as bytes
/// arrive and returned as they leave. Withholds the body's last byte until `release()`: until then, a peer that was
/// promised `length` bytes cannot mistake the body for complete.
final class BodyBuffer {
    /// The most bytes held at a time.
    static let capacity = mostBlocks * BlockPool.blockSize
    private static let mostBlocks = 16

    /// The length of the whole body.
    let length: Int64
    private(set) var brought: Int64 = 0
    private(set) var taken: Int64 = 0
    private(set) var isReleased = false
    /// Whether the buffer found no block and is waiting for one.
    private(set) var isStarved = false
    /// Called when a block arrives that the buffer was waiting for.
    var onBlock: (() -> Void)?
    private let pool: BlockPool
    private var blocks: [BlockPool.Block] = []
    /// The block that arrived after a wait and is not in use yet.
    private var kept: BlockPool.Block?
    /// How many bytes of the first block have been taken.
    private var start = 0

    init(length: Int64, pool: BlockPool) {
        self.length = length
        self.pool = pool
    }

    deinit {
        giveBackBlocks()
    }

    /// Bytes that have been appended but not taken.
    var count: Int { Int(brought - taken) }

    /// Bytes that can be appended now.
    var space: Int { rest + min(blocksLeft, pool.free + (kept == nil ? 0 : 1)) * BlockPool.blockSize }

    /// Bytes that can be taken now; leaves out the body's last byte until it is released.
    var takeable: Int { isReleased || brought < length ? count : max(0, count - 1) }

    /// Whether the buffer can get more space only if bytes that are already here are taken.
    var mustDrain: Bool { isStarved && takeable > 0 }

    /// Whether the whole body has been taken.
    var isDrained: Bool { taken == length }

    /// Free space in the last block, in bytes.
    private var rest: Int { blocks.count * BlockPool.blockSize - start - count }

    private var blocksLeft: Int { Self.mostBlocks - blocks.count }

    /// Whether this many bytes fit now. If only a block is lacking, starts to wait for one.
    func admits(_ bytes: Int) -> Bool {
        if bytes <= space { return true }
        if blocksLeft > 0 { starve() }
        return false
    }

    /// Whether a producer that found no room may continue: the buffer is at most half full, and a block for the next
    /// piece is available. If only a block is lacking, starts to wait for one.
    func hasRoomAgain() -> Bool {
        guard !isStarved, count <= Self.capacity / 2 else { return false }
        return admits(BlockPool.blockSize)
    }

    /// Appends as many of the bytes as fit, from the first on, and returns how many. Never takes more than `length`
    /// bytes in total. If a block is lacking for the rest, starts to wait for one.
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

    /// Moves as many bytes as are available and fit into `destination`, and returns how many.
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

    /// Allows the last byte to be taken.
    func release() {
        isReleased = true
    }

    /// Drops the remaining bytes and returns all blocks; no more bytes may be appended.
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

    /// Receives the block that the buffer was waiting for.
    func accept(_ block: BlockPool.Block) {
        isStarved = false
        kept = block
        onBlock?()
    }

    /// Whether the last block has room, after adding a block if necessary. If the pool has none, starts to wait for
    /// one.
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
