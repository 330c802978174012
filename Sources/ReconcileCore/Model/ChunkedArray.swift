/// An array of small values that grows without moving them, for the data that takes most of a run's memory.
///
/// An `Array` leaves its old buffer behind when it grows, often in a gap that nothing else fits into, and up to half of
/// the new buffer is unused.
struct ChunkedArray<Element: Sendable>: RandomAccessCollection, MutableCollection, Sendable {
    /// The number of elements in every chunk except the last.
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
            // The first chunk grows on demand, so short arrays stay small.
            if count > 0 { chunks[chunks.count - 1].reserveCapacity(Self.chunkSize) }
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    /// Removes all elements from index `newCount` onwards.
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
