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
    private static let rsa = """
        -----BEGIN PRIVATE KEY-----
        MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAN1T126kpkTGNxDI
        7N46cV3OBz+rz0CjrkB+OiHh2GHCAnvb6x/0Umwx2eDEn3MQ9NdT7N60EXZh8NVL
        pansj5QCtSNevRY7N8G7OIWWdSXAnaqH6jQi6uJyQd0v6nG00S9cXSi0ggxa592n
        1YgB/o2M+XrFGlAGKjMh1LMj/i/jAgMBAAECgYBXoUZ+zDn4qPJMdwExy7nvBg/g
        qcnZMfVgG5owqBbgPcx19dDWSgoIRISbdb4b9O68AsKaOnlfgc+048qnyL3fg+El
        1EjP9Lo/c8Sshg1Wbm9kuGFiDtpoWgDuFx6E8qoWQsBKJxu247Rlj7nKnAJYaytp
        q07JhTrHE8W7oU98IQJBAPEa1U/65B3+B/JRuOJeJnsKBcDHAUMeQqjck/ahkHF7
        LDkcUy3Ru1ie1ofao2bN3CDctzYXXXWlWyWb/Z/hqVcCQQDrADjuNu0yFHhpyw3K
        mutEGTxwQeqxbNCFJom/BUc5ozGeE/6dFepUnP5m+zmh47wkNiF0fM2CEoPIyuNN
        nvpVAkBAxVqk39vEiugLmxS2C2D/ENQ2079tDoYN4yQEz6aENfjNZuSZnIxd5F3x
        pTTce1U1ptW5PFGpN0DjO6LI/tCFAkAX96HWyctPPD87qvXxH/O2skwztsVU6yAp
        NFEAJm2pNzesQ6XIJ6AKmShpIF40YKGjn9Gxq7jZ90FxjR+5nukxAkB2vQUWJFUi
        XFMnzEgL2IzmEoNnidr2tF1PQbfwfoS+8ihUzqwCps+vZ77Uaknn9VCmwA5oP6Yf
        +jnlf/73wLhJ
        -----END PRIVATE KEY-----
        """
    private static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi/w/lZqw912gICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEF8lG59JPv7IF8VUefgDA3wEgZAV
        lMl2kQDO7RAZh+h8ReWXKOK97pX7naFCh0Hk+SdkafP7RvAyty2tKRgRIlKwjoVy
        V+rllAoxxdFMBJnXV7M4aYKI7Z98dRJ62V2Ngqt55NsActLYK2NTH67Bq78dQyS3
        tuJ/Vsfi6rOgpJL25e8/SmM1i8ZD8FtDbfeuLmTdf3UeCPQbTg2AoX0/DBidEcg=
        -----END ENCRYPTED PRIVATE KEY-----
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

    @Test func `the curve's parameters before a key, and what follows it, are passed over`() {
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        let x = P256SigningKey.read(pem: parameters + Self.sec1 + Self.publicKey)?.x
        #expect(x.map(Hexadecimal.encode) == "ef1d3741ec1ee88f171f538fd2011c75a5a867b9ab785ce7615bd045fa9b6469")
    }

    @Test(
        "anything else is no key",
        arguments: [p384, rsa, encrypted, publicKey, "", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n", "!"]
    )
    func refused(pem: String) {
        let isKey = P256SigningKey.read(pem: pem) != nil
        #expect(!isKey)
    }

    @Test func `what is not a P-256 key is refused by name`() {
        #expect(P256SigningKey.refusal(ofPEM: Self.p384) == "is on the curve secp384r1, not P-256")
        #expect(P256SigningKey.refusal(ofPEM: Self.rsa) == "is a key of the kind RSA; a P-256 key is needed")
        let pkcs1 = "-----BEGIN RSA PRIVATE KEY-----\nMIIC\n-----END RSA PRIVATE KEY-----\n"
        #expect(P256SigningKey.refusal(ofPEM: pkcs1) == "is an RSA key; a P-256 key is needed")
        #expect(
            P256SigningKey.refusal(ofPEM: Self.encrypted) == "is encrypted, and nobody is asked for a passphrase"
        )
        #expect(P256SigningKey.refusal(ofPEM: Self.publicKey) == "is a public key; the private key is needed")
        #expect(P256SigningKey.refusal(ofPEM: "key") == "is no private key in PEM")
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
