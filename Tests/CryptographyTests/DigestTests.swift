import Cryptography
import Testing

/// The hash functions against the published vectors of RFC 1321, RFC 3174, FIPS 180-2 and RFC 4231.
@Suite struct DigestTests {
    @Test(
        "hashes of the published messages",
        arguments: [
            (DigestAlgorithm.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ]
    )
    func vectors(algorithm: DigestAlgorithm, message: String, hash: String) {
        #expect(Hexadecimal.encode(Digest.of(Array(message.utf8), algorithm)) == hash)
    }

    @Test("pieces of any size make the same hash as the whole", arguments: DigestAlgorithm.allCases)
    func pieces(algorithm: DigestAlgorithm) {
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var digest = Digest(algorithm)
        var position = 0
        for size in [0, 1, 63, 64, 65, 127, 680] {
            digest.update(Array(message[position..<position + size]))
            position += size
        }
        #expect(position == message.count)
        let hash = digest.finalize()
        #expect(hash == Digest.of(message, algorithm))
        #expect(hash.count == algorithm.length)
    }

    @Test(
        "HMAC-SHA256 of the published keys and messages",
        arguments: [
            // RFC 4231, test cases 1, 2, 6 (a key longer than a block) and 7.
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                "This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ]
    )
    func hmac(key: [UInt8], message: String, code: String) {
        #expect(Hexadecimal.encode(HMAC.sha256(key: key, Array(message.utf8))) == code)
    }
}
