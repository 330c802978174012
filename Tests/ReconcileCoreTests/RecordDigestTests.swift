import TestSupport
import Testing

@testable import ReconcileCore

/// Digests of records, and the order in which they may come.
@Suite struct RecordDigestTests {
    private let backup = Rehearsal().backup

    private static let keys = [
        "acme/manifests/maven/releases/com.acme/app/1.0/20261122T083612Z.cmV2.Published.json",
        "acme/manifests/maven/releases/com.acme/app/1.0/20261123T083612Z.cmV3.Published.json",
        "acme/manifests/maven/releases/com.acme/app/20261122T083612Z.publish-BLOCK.upstream-ALLOW.json",
        "acme/manifests/maven/releases/com.acme/lib/2.0/20261122T090000Z.cmV2.Unlisted.json",
        "acme/manifests/maven/snapshots/com.acme/app/1.0-SNAPSHOT/20261122T100000Z.cmV2.Published.json",
    ]

    private func records(_ keys: [String]) -> [(key: ObjectKey, recordedAt: Timestamp)] {
        keys.map { key in
            let object = ObjectKey(key)
            let time =
                backup.layout.record(at: object)?.recordedAt ?? backup.layout.packageRecord(at: object)?.recordedAt
            return (object, time ?? time0)
        }
    }

    private let time0 = time("2026-11-22T08:36:12Z")

    private func digests(_ pages: [(list: Int, keys: [String])], _ cutoffs: [String]) -> [RecordDigest]? {
        let digester = RecordDigester(cutoffs: Set(cutoffs.map { time($0) }), of: backup)
        for page in pages { digester.add(records(page.keys), from: page.list) }
        digester.finish()
        return digester.digests
    }

    @Test func `a digest is literally this`() throws {
        let digest = try #require(digests([(0, Self.keys)], ["2026-11-22T12:00:00Z"])?.first)
        #expect(digest.count == 4)
        #expect(digest.records == ["releases": 3, "snapshots": 1])
        #expect(digest.digest == "bd0355f4e6bf30e065dbb7dc83ea5fcffe0ac945637408cd3520d46c49128b68")
        #expect(digest.groups.count == 256)
        // SHA-256 of nothing: most groups have no package.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(digest.groups.count { $0 != empty } == 3)
    }

    @Test func `records of the configuration are digested like those of a package, and there is a digest without them`()
        throws
    {
        let digester = RecordDigester(cutoffs: [time("2026-11-22T12:00:00Z")], of: backup)
        digester.add(records(Self.keys), from: 0)
        let names = ["20261123T083000Z.fedcba9876543210", "20261122T083000Z.0123456789abcdef"]
        digester.add(
            configuration: try names.map { name in
                let key = ObjectKey("acme/configuration/\(name).json")
                return (key, try #require(backup.layout.configuration(at: key)).recordedAt)
            }
        )
        digester.finish()
        let digests = try #require(digester.digests)
        #expect(digests.map(\.configurations) == [nil, 1] && digests.map(\.count) == [4, 5])
        #expect(
            digests.map(\.digest) == [
                "bd0355f4e6bf30e065dbb7dc83ea5fcffe0ac945637408cd3520d46c49128b68",
                "7761cb980b163851dec70f728a5c29ed236298aa05b7141f47b301160928b412",
            ]
        )
        #expect(digests.like(digests[1]) == digests[1] && digests.like(digests[0]) == digests[0])
    }

    @Test func `a digest does not depend on pages, lists or the order within a package`() throws {
        let cutoffs = ["2026-11-22T09:00:00Z", "2026-11-24T00:00:00Z"]
        let expected = try #require(digests([(0, Self.keys)], cutoffs))
        #expect(expected.map(\.count) == [3, 5])
        let alone = cutoffs.compactMap { digests([(0, Self.keys)], [$0])?.first }
        #expect(alone == expected)
        let keys = Self.keys
        #expect(digests(keys.map { (0, [$0]) }, cutoffs) == expected)
        #expect(
            digests([(1, [keys[3]]), (0, [keys[1]]), (2, [keys[4]]), (0, [keys[2], keys[0]])], cutoffs) == expected
        )
    }

    @Test func `a package that comes again gives no digest, and neither does a listing that has not ended`() {
        let keys = Self.keys
        #expect(digests([(0, [keys[0], keys[3], keys[1]])], ["2026-11-24T00:00:00Z"]) == nil)
        let digester = RecordDigester(cutoffs: [time("2026-11-24T00:00:00Z")], of: backup)
        digester.add(records(keys), from: 0)
        #expect(digester.digests == nil)
    }

    @Test func `the digest of no records is that of 256 empty groups`() throws {
        let digest = try #require(digests([], ["2026-11-22T12:00:00Z"])?.first)
        #expect(digest.count == 0)
        #expect(digest.digest == "7dc100959050bea31c96fe1275f0999a70f70db468387258b9bcf587571ba62b")
    }

    @Test(arguments: [
        ("2026-11-22T08:36:12Z", "2026-11-22T07:00:00Z"), ("2026-11-22T08:00:00Z", "2026-11-22T07:00:00Z"),
        ("2026-11-22T07:59:59Z", "2026-11-22T06:00:00Z"), ("1969-12-31T23:30:00Z", "1969-12-31T22:00:00Z"),
    ])
    func `a cutoff is a full hour that has passed for an hour`(start: String, cutoff: String) {
        #expect(Checkpoint.cutoff(ofRunAt: time(start)) == time(cutoff))
    }

    @Test(arguments: [
        ("20261129T080000Z:\(String(repeating: "a", count: 64))", true),
        ("2026-11-29T08:00:00Z:\(String(repeating: "0", count: 64))", true),
        ("2026-11-29:\(String(repeating: "0", count: 64))", false), ("20261129T080000Z:abc", false), ("", false),
        ("20261129T080000Z:\(String(repeating: "A", count: 64))", false),
    ])
    func `an anchor is a time and a hash`(text: String, isOne: Bool) {
        #expect((CheckpointAnchor(text) != nil) == isOne)
    }
}
