import Cryptography
import Testing

/// Checking signatures on P-256: the published ones of RFC 6979 (A.2.5), and what must be refused.
@Suite struct P256PublicKeyTests {
    private static let point = bytes(
        "04"
            + "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
            + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    )
    private static let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    private static let highS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    private static let lowS = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"
    private static let sample = Array("sample".utf8)

    /// The bytes that hexadecimal digits say.
    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = digits.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test func `a published signature is right, and wrong for any other message, key or bit`() throws {
        let key = try #require(P256PublicKey(point: Self.point))
        let signature = Self.bytes(
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                + "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
        )
        let message = Array("test".utf8)
        #expect(key.verifies(signature, of: message))
        #expect(!key.verifies(signature, of: Self.sample))
        #expect(!key.verifies(signature, of: []))
        for bit in 0..<512 {
            var other = signature
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.verifies(other, of: message))
        }
        let point = P256SigningKey.generate()?.point
        let stranger = try #require(P256PublicKey(point: point ?? []))
        #expect(!stranger.verifies(signature, of: message))
    }

    @Test func `the higher s of a right signature is refused, and the lower one is right`() throws {
        let key = try #require(P256PublicKey(point: Self.point))
        #expect(!key.verifies(Self.bytes(Self.r + Self.highS), of: Self.sample))
        #expect(key.verifies(Self.bytes(Self.r + Self.lowS), of: Self.sample))
    }

    @Test func `numbers of no signature are refused`() throws {
        let key = try #require(P256PublicKey(point: Self.point))
        let zero = String(repeating: "0", count: 64)
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
        for wrong in [zero + zero, zero + Self.lowS, Self.r + zero, order + Self.lowS, Self.r + order, "", Self.r] {
            #expect(!key.verifies(Self.bytes(wrong), of: Self.sample))
        }
        #expect(!key.verifies(Self.bytes(Self.r + Self.lowS + "00"), of: Self.sample))
    }

    @Test func `a point that is not on the curve, or not written in full, is no key`() {
        var off = Self.point
        off[64] ^= 1
        let infinity: [UInt8] = [0]
        let compressed: [UInt8] = [3] + Self.point[1...32]
        let hybrid: [UInt8] = [7] + Self.point.dropFirst()
        let origin: [UInt8] = [4] + [UInt8](repeating: 0, count: 64)
        let long = Self.point + [0]
        for wrong in [off, infinity, compressed, hybrid, origin, long, []] {
            #expect(P256PublicKey(point: wrong) == nil)
        }
    }

    @Test func `what a new key signs is right, and its s is low`() throws {
        guard let key = P256SigningKey.generate() else { return #expect(Bool(false), "no key") }
        let point = key.point
        let publicKey = try #require(P256PublicKey(point: point))
        for number in 0..<100 {
            let message = Array("message \(number)".utf8)
            let signed = key.sign(message)
            let signature = try #require(signed)
            #expect(publicKey.verifies(signature, of: message))
            #expect(P256Signature(bytes: signature)?.isLow == true)
        }
    }

    @Test func `no two keys are alike`() {
        let points = (0..<20).compactMap { _ in P256SigningKey.generate()?.point }
        #expect(Set(points).count == 20)
    }

    @Test func `DER is read with its s made low, and written back`() throws {
        let high = Self.bytes("3046022100" + Self.r + "022100" + Self.highS)
        let low = Self.bytes("3045022100" + Self.r + "0220" + Self.lowS)
        let signature = try #require(P256Signature(der: high))
        #expect(signature.bytes == Self.bytes(Self.r + Self.lowS))
        #expect(signature.der == low)
        #expect(P256Signature(der: low) == signature)
        // Numbers that are shorter than 32 bytes.
        let short = try #require(P256Signature(der: Self.bytes("3006020101020102")))
        let zeros = String(repeating: "0", count: 63)
        #expect(short.bytes == Self.bytes("\(zeros)1\(zeros)2"))
        #expect(short.der == Self.bytes("3006020101020102"))
    }

    @Test(
        "other DER is refused",
        arguments: [
            // Cut, longer than it says, something behind it, another tag.
            "", "30", "3006020101", "3007020101020102", "300602010102010200", "3106020101020102", "3006030101020102",
            // Zeros that need not be there, a negative number, an empty one, a length in two bytes.
            "300702020001020102", "3006020181020102", "30050200020102", "308106020101020102",
            // The order itself.
            "3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020102",
        ]
    )
    func refusedDER(digits: String) {
        #expect(P256Signature(der: Self.bytes(digits)) == nil)
    }
}
