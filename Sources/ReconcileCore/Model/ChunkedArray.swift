/// An array of small values that grows without ever being moved, for what takes most of a run's memory.
///
/// An `Array` that grows leaves its old place behind, which nothing else may fit into, and is empty by up to a half.
struct ChunkedArray<Element: Sendable>: RandomAccessCollection, MutableCollection, Sendable {
    /// Elements of each chunk but the last.
    private static var chunkSize: Int { 256 }

    private var chunks: [[Element]] = []
    private(set) var count = 0

    init() {}

    var startIndex: Int { 0 }
    var endIndex: Int { count }

    subscript(index: Int) -> Element {
        get { chunks[index / Self.chunkSize][index % Self.chunkSize] }
        _modify { yield &chunks[index / Self.chunkSize][index % Self.chunkSize] }
    }

    mutating func append(_ element: Element) {
        if count % Self.chunkSize == 0 {
            chunks.append([])
            // Where there are few elements, they need not be given room.
            if count > 0 { chunks[chunks.count - 1].reserveCapacity(Self.chunkSize) }
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    /// Removes all elements from an index on.
    ///
    /// - Precondition: `newCount` is at most `count`.
    mutating func truncate(to newCount: Int) {
        precondition(newCount <= count)
        count = newCount
        chunks.removeLast(chunks.count - (newCount + Self.chunkSize - 1) / Self.chunkSize)
        if let last = chunks.indices.last {
            chunks[last].removeLast(chunks[last].count - (newCount - last * Self.chunkSize))
        }
    }
}
