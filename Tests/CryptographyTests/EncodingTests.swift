import Cryptography
import FoundationEssentials
import Testing

/// The text forms that a signature is made of.
@Suite struct EncodingTests {
    @Test func `hexadecimal goes both ways`() {
        #expect(Hexadecimal.encode([0x00, 0x0f, 0xa5, 0xff]) == "000fa5ff")
        #expect(Hexadecimal.encode([]) == "")
        #expect(Hexadecimal.decode("000fA5Ff") == [0x00, 0x0f, 0xa5, 0xff])
        #expect(Hexadecimal.decode("") == [])
    }

    @Test("text that is no hexadecimal", arguments: ["0", "000", "0g", "0x10", " 00", "é0"])
    func notHexadecimal(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }

    @Test(
        "percent-encoding",
        arguments: [
            ("AZaz09-_.~", false, "AZaz09-_.~"),
            ("a b+c", false, "a%20b%2Bc"),
            ("a/b", false, "a%2Fb"),
            ("a/b", true, "a/b"),
            ("é€😀", false, "%C3%A9%E2%82%AC%F0%9F%98%80"),
            ("!*'()", false, "%21%2A%27%28%29"),
            ("100%", false, "100%25"),
            ("", false, ""),
        ]
    )
    func encode(raw: String, keepSlash: Bool, encoded: String) {
        #expect(PercentEncoding.encode(raw, keepSlash: keepSlash) == encoded)
        #expect(PercentEncoding.decode(encoded) == raw)
    }

    @Test("text that cannot be decoded", arguments: ["%", "%2", "%zz", "a%4", "%ff", "%C3"])
    func undecodable(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test(
        "signing times and their seconds since 1970",
        arguments: [
            ("19700101T000000Z", 0.0),
            ("20000229T235959Z", 951_868_799),
            ("20260115T120000Z", 1_768_478_400),
            ("21000301T000000Z", 4_107_542_400),
            ("19691231T235959Z", -1),
        ]
    )
    func time(stamp: String, seconds: Double) {
        #expect(SigningTime(Date(timeIntervalSince1970: seconds)).stamp == stamp)
        #expect(SigningTime(Date(timeIntervalSince1970: seconds + 0.999)).stamp == stamp)
        #expect(SigningTime(Date(timeIntervalSince1970: seconds)).day == String(stamp.prefix(8)))
        #expect(SigningTime.date(of: stamp) == Date(timeIntervalSince1970: seconds))
    }

    @Test func `every day of five centuries comes back`() {
        for day in -40_000..<150_000 {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            #expect(SigningTime.date(of: SigningTime(date).stamp) == date)
        }
    }

    @Test(
        "stamps that name no time",
        arguments: [
            "", "2026-01-15T12:00:00Z", "20260115T120000", "20260115 120000Z", "20261315T120000Z", "20260230T120000Z",
            "20260115T240000Z", "20260115T126000Z", "20260115T120060Z", "2026011+T120000Z",
        ]
    )
    func noTime(stamp: String) {
        #expect(SigningTime.date(of: stamp) == nil)
    }

    @Test func `printing credentials shows neither secret nor token`() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "the-secret",
            sessionToken: "the-token",
            expiration: Date(timeIntervalSince1970: 1_768_478_400)
        )
        #expect(credentials.description == "credentials AKIDEXAMPLE, temporary, expire 2026-01-15T12:00:00Z")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped] {
            #expect(text.contains("AKIDEXAMPLE"))
            #expect(!text.contains("the-secret") && !text.contains("the-token"))
        }
        let longLived = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "s")
        #expect(longLived.description == "credentials AKID, long-lived, do not expire")
        let unknown = AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t")
        #expect(unknown.description == "credentials ASIA, temporary, nothing says when they expire")
    }
}
