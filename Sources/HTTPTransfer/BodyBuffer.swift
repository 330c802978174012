/// The part of an outgoing body that its producer has sent and the connection has not taken yet.
///
/// A ring of at most `capacity` bytes, in order, for a body whose length is known. The body's last byte is held back
/// until `release()`: a peer that was promised `length` bytes cannot take a body for whole before that.
final class BodyBuffer {
    /// Resident bytes at most.
    static let capacity = 256 << 10

    /// The length of the whole body.
    let length: Int64
    private(set) var brought: Int64 = 0
    private(set) var taken: Int64 = 0
    private(set) var isReleased = false
    private var ring: [UInt8]
    private var start = 0

    init(length: Int64) {
        self.length = length
        ring = [UInt8](repeating: 0, count: Int(min(length, Int64(Self.capacity))))
    }

    /// Bytes that are brought and not taken.
    var count: Int { Int(brought - taken) }

    /// Bytes that fit now.
    var space: Int { ring.count - count }

    /// Bytes that can be taken now.
    var takeable: Int { isReleased || brought < length ? count : max(0, count - 1) }

    /// Whether every byte was taken.
    var isDrained: Bool { taken == length }

    /// Brings bytes, as many of the first as fit, and says how many. Never more than `length` in all.
    func append(_ bytes: RawSpan) -> Int {
        let added = min(bytes.byteCount, space, Int(clamping: length - brought))
        guard added > 0 else { return 0 }
        let end = (start + count) % ring.count
        let first = min(added, ring.count - end)
        unsafe bytes.withUnsafeBytes { source in
            unsafe ring.withUnsafeMutableBytes { ring in
                unsafe ring[end..<(end + first)].copyBytes(from: source[..<first])
                unsafe ring[..<(added - first)].copyBytes(from: source[first..<added])
            }
        }
        brought += Int64(added)
        return added
    }

    /// Takes the next bytes, as many as there are and `destination` holds, and says how many.
    func take(into destination: UnsafeMutableRawBufferPointer) -> Int {
        let removed = min(takeable, destination.count)
        guard removed > 0 else { return 0 }
        let first = min(removed, ring.count - start)
        unsafe ring.withUnsafeBytes { ring in
            unsafe destination[..<first].copyBytes(from: ring[start..<(start + first)])
            unsafe destination[first..<removed].copyBytes(from: ring[..<(removed - first)])
        }
        start = (start + removed) % ring.count
        taken += Int64(removed)
        return removed
    }

    /// Lets the last byte go.
    func release() {
        isReleased = true
    }
}
