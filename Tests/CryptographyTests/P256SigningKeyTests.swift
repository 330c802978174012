import Cryptography
import FoundationEssentials
import Subprocess
import TestSupport
import Testing

/// ES256 with a key that OpenSSL made, checked by OpenSSL's command.
@Suite struct P256SigningKeyTests {
    private static let sec1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIHR1znirywZP/SLNQfj9+dJr6JUrm5G2/UAPZtgwmmDooAoGCCqGSM49
        AwEHoUQDQgAE7x03Qewe6I8XH1OP0gEcdaWoZ7mreFznYVvQRfqbZGnNJTBLveCM
        dKDg5PLPgF7tz5IQl2PkG9fL1Ti02ZCf4Q==
        -----END EC PRIVATE KEY-----

        """
    private static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdHXOeKvLBk/9Is1B
        +P350mvolSubkbb9QA9m2DCaYOihRANCAATvHTdB7B7ojxcfU4/SARx1pahnuat4
        XOdhW9BF+ptkac0lMEu94Ix0oODk8s+AXu3PkhCXY+Qb18vVOLTZkJ/h
        -----END PRIVATE KEY-----
        """
    private static let p384 = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDB2c4ZIrmcjOaK8pWNR+qEJ9aNLJPCV8ISJ7Q8TlNp8YOruiUAn3fpK
        pwSyMYdxhnegBwYFK4EEACKhZANiAATin3mILHgSpbxk+j79oyVDUIv3DPn4slsg
        DCd5oA8wkSZZgYgaAmQlrlukUkR5zBGM2aTIpz8DFq2FxM1xFVXeCisqEz504vYu
        5fGHDMSPFIWuX7rnls2gzkH8FUql++Y=
        -----END EC PRIVATE KEY-----
        """
    private static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7x03Qewe6I8XH1OP0gEcdaWoZ7mr
        eFznYVvQRfqbZGnNJTBLveCMdKDg5PLPgF7tz5IQl2PkG9fL1Ti02ZCf4Q==
        -----END PUBLIC KEY-----

        """

    @Test("both forms of a key give its public point", arguments: [sec1, pkcs8, sec1.replacing("\n", with: "\r\n")])
    func publicPoint(pem: String) throws {
        guard let key = P256SigningKey.read(pem: pem) else { return #expect(Bool(false), "not read") }
        #expect(Hexadecimal.encode(key.x) == "ef1d3741ec1ee88f171f538fd2011c75a5a867b9ab785ce7615bd045fa9b6469")
        #expect(Hexadecimal.encode(key.y) == "cd25304bbde08c74a0e0e4f2cf805eedcf92109763e41bd7cbd538b4d9909fe1")
    }

    @Test("anything else is no key", arguments: [p384, publicKey, "", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n", "!"])
    func refused(pem: String) {
        let isKey = P256SigningKey.read(pem: pem) != nil
        #expect(!isKey)
    }

    @Test func `OpenSSL accepts its signatures, which are always as long`() async throws {
        try await withScratchDirectory { directory in
            try Data(Self.publicKey.utf8).write(to: URL(filePath: "\(directory)/key.pem"))
            // A number in 256 begins with a byte 0, which DER leaves out.
            for number in 0..<600 {
                let message = Array("message \(number)".utf8)
                guard let signature = P256SigningKey.read(pem: Self.sec1)?.sign(message) else {
                    return #expect(Bool(false), "not signed")
                }
                #expect(signature.count == 64)
                guard number < 2 || signature[0] == 0 || signature[32] == 0 else { continue }
                try Data(message).write(to: URL(filePath: "\(directory)/message"))
                try Data(Self.der(signature)).write(to: URL(filePath: "\(directory)/signature"))
                let result = try await run(
                    .name("openssl"),
                    arguments: [
                        "dgst", "-sha256", "-verify", "\(directory)/key.pem", "-signature", "\(directory)/signature",
                        "\(directory)/message",
                    ],
                    output: .string(limit: 1 << 10)
                )
                #expect(result.standardOutput == "Verified OK\n")
            }
        }
    }

    /// The two numbers as DER writes a signature.
    private static func der(_ signature: [UInt8]) -> [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var bytes = Array(bytes.drop { $0 == 0 })
            if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
            return [2, UInt8(bytes.count)] + bytes
        }
        let numbers = integer(signature[..<32]) + integer(signature[32...])
        return [0x30, UInt8(numbers.count)] + numbers
    }
}
