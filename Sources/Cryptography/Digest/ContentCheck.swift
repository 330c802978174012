/// Whether bytes that pass are those that were listed: their number and, where it is known, their SHA-256.
package final class ContentCheck {
    private let size: Int64
    private let sha256: String?
    private var digest: Digest?
    private var count: Int64 = 0

    /// - Parameter sha256: lower-case hexadecimal; nil where only the number counts.
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

    /// Why more bytes can no longer make it right; nil while they can.
    package var excess: String? {
        count > size ? "the source sent more than the \(size) bytes that it lists" : nil
    }

    /// After the last byte, once: nil when they are the asset's bytes, else what is wrong.
    package func verdict() -> String? {
        if let excess { return excess }
        if count < size { return "the source sent \(count) of the \(size) bytes that it lists" }
        guard let listed = sha256, let digest = digest.take() else { return nil }
        let actual = Hexadecimal.encode(digest.finalize())
        return actual == listed ? nil : "the source sent bytes with the SHA-256 \(actual) and lists \(listed)"
    }
}
