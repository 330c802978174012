/// Checks a stream of bytes against an asset's listed size and, if known, its SHA-256.
package final class ContentCheck {
    private let size: Int64
    private let sha256: String?
    private var digest: Digest?
    private var count: Int64 = 0

    /// - Parameter sha256: lower-case hexadecimal; nil to check only the size.
    package init(size: Int64, sha256: String?) {
        self.size = size
        self.sha256 = sha256
        digest = sha256 == nil ? nil : Digest(.sha256)
    }

    package func update(_ bytes: RawSpan) {
        count += Int64(bytes.byteCount)
        digest?.update(bytes)
    }

    package func update(_ bytes: [UInt8]) {
        count += Int64(bytes.count)
        digest?.update(bytes)
    }

    /// What is wrong once there are too many bytes; nil until then.
    package var excess: String? {
        count > size ? "the source sent more than the \(size) bytes that it lists" : nil
    }

    /// Call once, after the last byte: nil if the bytes are the asset's, otherwise what is wrong.
    package func verdict() -> String? {
        if let excess { return excess }
        if count < size { return "the source sent \(count) of the \(size) bytes that it lists" }
        guard let listed = sha256, let digest = digest.take() else { return nil }
        let actual = Hexadecimal.encode(digest.finalize())
        return actual == listed ? nil : "the source sent bytes with the SHA-256 \(actual) and lists \(listed)"
    }
}
