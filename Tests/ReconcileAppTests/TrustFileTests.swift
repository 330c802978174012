import ReconcileApp
import ReconcileCore
import Testing

/// Trust files: what is printed is read back, and what is not one is refused.
@Suite struct TrustFileTests {
    /// The key of RFC 6979, A.2.5.
    private static let publicKey =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ=="
    private static let otherKey =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEs6dkHhr8HMuZQPGppiTrA9s8xz8DxRVSCMpNzcgiFKRDNhXuA+D9luIPwqULk6+0PbX+DRFeEo1i9Q9FSsHzog=="
    private static let thirdKey =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/OIwaaRRDPmLFkDoP4LhWuecizExI+a7GGhPYKt69x5HUeDtOMYCiNCE4uiBQpTBipBYGDCpdOCROHoArpoSdQ=="
    private static let text = """
        {
          "anchors": [
            { "cutoff": "2026-11-22T06:00:00Z", "digest": "\(String(repeating: "0a", count: 32))" }
          ],
          "format": 1,
          "identity": "111122223333/eu-west-1/example",
          "keys": [
            { "from": "2026-11-01T00:00:00Z", "publicKey": "\(publicKey)", "until": "2027-11-01T00:00:00Z" },
            { "publicKey": "\(otherKey)", "stolen": "2026-10-01T00:00:00Z" },
            { "publicKey": "\(thirdKey)" }
          ]
        }

        """

    @Test func `what is printed is read back`() throws {
        let file = try TrustFile(Array(Self.text.utf8))
        #expect(String(decoding: file.document, as: UTF8.self) == Self.text)
        #expect(file.identity == RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "example"))
        #expect(file.keys.map(\.from?.basic) == ["20261101T000000Z", nil, nil])
        #expect(file.keys.map(\.point.count) == [65, 65, 65])
        #expect(file.keys.map(\.stolen?.basic) == [nil, "20261001T000000Z", nil])
        #expect(throws: Never.self) { try RecordTrust(file, Signing.functions) }
    }

    @Test(
        "what is not a trust file is refused",
        arguments: [
            (#""format": 1"#, #""format": 2"#), (#""format": 1,"#, #""format": 1, "formats": 1,"#),
            (#""format": 1,"#, ""), ("111122223333/eu-west-1/example", "111122223333/example"),
            ("111122223333/eu-west-1/example", "11112222333/eu-west-1/example"), (publicKey, "MFkw"),
            ("MFkwEwYHKoZIzj0CAQY", "MFkwEwYHKoZIzj0CAQc"), ("2027-11-01T00:00:00Z", "2027-11-01"),
            (thirdKey, publicKey), ("2027-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            (#""stolen": "2026"#, #""from": "2026-10-01T00:00:00Z", "stolen": "2026"#),
            (#""stolen": "2026"#, #""until": "2026-12-01T00:00:00Z", "stolen": "2026"#),
            ("0a0a", "0A0A"), (#""from""#, #""form""#), (text, "[]"), (text, ""),
        ]
    )
    func refused(change: (String, String)) {
        #expect(throws: JSONProblem.self) {
            try TrustFile(Array(Self.text.replacing(change.0, with: change.1).utf8))
        }
    }

    @Test func `a key that is no point of the curve is refused`() throws {
        // The last digit of y differs.
        let text = Self.text.replacing("EYimQ==", with: "EYinQ==")
        let file = try TrustFile(Array(text.utf8))
        #expect(throws: Distrust("one of its keys is not a P-256 key")) { try RecordTrust(file, Signing.functions) }
    }
}
