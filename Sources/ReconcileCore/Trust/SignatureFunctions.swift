/// The cryptographic functions that signatures need, given by whoever opens a backup: the core contains no cryptography.
package struct SignatureFunctions: Sendable {
    /// Whether a signature on P-256, the numbers r and s of 32 bytes each and s low, is that of a message's SHA-256.
    package typealias Check = @Sendable (_ message: [UInt8], _ signature: [UInt8]) -> Bool

    /// A private key in memory: its public point of 65 bytes, and a function that signs with it and
    /// returns nil if it fails.
    package struct PrivateKey: Sendable {
        package let point: [UInt8]
        package let sign: @Sendable (_ message: [UInt8]) -> [UInt8]?

        package init(point: [UInt8], sign: @escaping @Sendable (_ message: [UInt8]) -> [UInt8]?) {
            self.point = point
            self.sign = sign
        }
    }

    /// Makes the check for a public key, which is a point of 65 bytes; nil for anything that is not
    /// a point of P-256.
    package let check: @Sendable (_ point: [UInt8]) -> Check?
    /// Makes a new private key; nil if that fails.
    package let makeKey: @Sendable () -> PrivateKey?
    /// Lower-case hexadecimal.
    package let sha256: @Sendable (_ bytes: [UInt8]) -> String

    package init(
        check: @escaping @Sendable (_ point: [UInt8]) -> Check?,
        makeKey: @escaping @Sendable () -> PrivateKey?,
        sha256: @escaping @Sendable (_ bytes: [UInt8]) -> String
    ) {
        self.check = check
        self.makeKey = makeKey
        self.sha256 = sha256
    }
}
