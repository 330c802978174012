/// HMAC-SHA256 (RFC 2104), built on `Digest`.
package enum HMAC {
    private static let blockLength = 64

    /// The authentication code of a message; the key may have any length.
    package static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var block = key.count > blockLength ? Digest.of(key, .sha256) : key
        block.append(contentsOf: repeatElement(0, count: blockLength - block.count))

        for index in block.indices { block[index] ^= 0x36 }
        var inner = Digest(.sha256)
        inner.update(block)
        inner.update(message)

        for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
        var outer = Digest(.sha256)
        outer.update(block)
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
