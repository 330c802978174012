import ReconcileCore
import Testing

@Suite struct ManifestTests {
    private static let jar = Manifest.StoredAsset(
        asset: Asset(
            name: "app-1.0.jar",
            size: 3,
            checksums: Checksums(
                md5: String(repeating: "aa", count: 16),
                sha1: String(repeating: "bb", count: 20),
                sha256: String(repeating: "cc", count: 32),
                sha512: String(repeating: "dd", count: 64)
            )
        ),
        key: ObjectKey("d/maven/releases/com/acme/app/1.0/app-1.0.jar"),
        versionID: "v1"
    )
    private static let note = Manifest.StoredAsset(
        asset: Asset(name: "a \"note\".txt", size: 0, checksums: Checksums(sha256: String(repeating: "ee", count: 32))),
        key: ObjectKey("d/maven/releases/com/acme/app/1.0/a \"note\".txt"),
        versionID: nil
    )
    private static let full = Manifest(
        coordinates: version("1.0"),
        revision: "Ciqe5/9y",
        status: .published,
        properties: VersionProperties(origin: .internal, publishedTime: 1_583_075_193.861),
        recordedAt: time("2026-11-22T08:36:12Z"),
        recordedBy: Manifest.Recorder(door: "reconcile", version: "1.2.3"),
        assets: [jar, note]
    )
    private static let fullBytes =
        shortened
        .replacing(#""ee""#, with: "\"\(String(repeating: "ee", count: 32))\"")
        .replacing(#""aa""#, with: "\"\(String(repeating: "aa", count: 16))\"")
        .replacing(#""bb""#, with: "\"\(String(repeating: "bb", count: 20))\"")
        .replacing(#""cc""#, with: "\"\(String(repeating: "cc", count: 32))\"")
        .replacing(#""dd""#, with: "\"\(String(repeating: "dd", count: 64))\"")
    private static let shortened =
        #"{"assets":[{"key":"d/maven/releases/com/acme/app/1.0/a \"note\".txt","name":"a \"note\".txt","sha256":"ee","size":0},"#
        + #"{"key":"d/maven/releases/com/acme/app/1.0/app-1.0.jar","md5":"aa","name":"app-1.0.jar","sha1":"bb","#
        + #""sha256":"cc","sha512":"dd","size":3,"versionID":"v1"}],"format":1,"namespace":"com.acme","#
        + #""origin":"INTERNAL","package":"app","publishedTime":1583075193.861,"#
        + #""recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"reconcile","version":"1.2.3"},"#
        + #""repository":"releases","revision":"Ciqe5/9y","status":"Published","version":"1.0"}"#

    /// Reads bytes as the manifest of a record's key.
    private static func read(
        _ bytes: [UInt8],
        as record: ManifestRecord = full.record
    ) throws(RecordRefusal) -> Manifest {
        let reader = RecordReader(layout: BackupLayout(domain: "d"), now: time("2026-11-22T08:36:12Z"))
        return try reader.manifest(bytes, of: record)
    }

    @Test func `a manifest is written in canonical bytes`() throws {
        #expect(String(decoding: try Self.full.canonicalBytes(), as: UTF8.self) == Self.fullBytes)
    }

    @Test func `what is not known is left out`() throws {
        let manifest = Manifest(
            coordinates: version("1.0"),
            revision: nil,
            status: .deleted,
            properties: VersionProperties(origin: .unknown),
            recordedAt: time("2026-11-22T08:36:12Z"),
            recordedBy: Manifest.Recorder(door: "event", version: "1"),
            assets: []
        )
        let bytes = try manifest.canonicalBytes()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"assets":[],"format":1,"namespace":"com.acme","origin":"UNKNOWN","package":"app","#
                + #""recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"event","version":"1"},"#
                + #""repository":"releases","status":"Deleted","version":"1.0"}"#
        )
        #expect(try Self.read(bytes, as: manifest.record) == manifest)
    }

    @Test func `the record before it is a member, null where there is none`() throws {
        let sum = String(repeating: "0a", count: 32)
        let path = "manifests/maven/releases/com.acme/app/1.0/20261122T083611Z.~.Published.json"
        for (previous, text) in [
            (PreviousRecord.first, "null"),
            (.named(path: path, sha256: sum), #"{"key":"\#(path)","sha256":"\#(sum)"}"#),
        ] {
            let bytes = Array(
                (#"{"assets":[],"format":1,"namespace":"com.acme","origin":"INTERNAL","package":"app","#
                    + #""previous":\#(text),"recordedAt":"2026-11-22T08:36:12Z","#
                    + #""recordedBy":{"door":"event","version":"1"},"repository":"releases","status":"Published","#
                    + #""version":"1.0"}"#).utf8
            )
            let manifest = try Self.read(bytes, as: record(version("1.0"), revision: nil))
            #expect(manifest.previous == previous)
            #expect(try manifest.canonicalBytes() == bytes)
        }
        #expect(Self.full.previous == nil)
    }

    @Test func `a separate member holds what a snapshot's document says`() throws {
        let bytes = Array(
            (#"{"assets":[],"format":1,"namespace":"com.acme","origin":"INTERNAL","package":"app","#
                + #""recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"event","version":"1"},"#
                + #""repository":"releases","snapshot":{"buildNumber":2,"files":["#
                + #"{"extension":"pom","updated":"20260101000002","value":"1.0-20260101.000002-2"},"#
                + #"{"classifier":"linux","extension":"jar","value":"1.0-20260101.000001-1"}],"#
                + #""timestamp":"20260101.000002"},"status":"Published","version":"1.0-SNAPSHOT"}"#).utf8
        )
        let manifest = try Self.read(bytes, as: record(version("1.0-SNAPSHOT"), revision: nil))
        #expect(try manifest.canonicalBytes() == bytes)
        #expect(
            manifest.documents.snapshot
                == RecordedSnapshot(
                    timestamp: "20260101.000002",
                    buildNumber: 2,
                    files: [
                        .init(classifier: "linux", fileExtension: "jar", value: "1.0-20260101.000001-1", updated: nil),
                        .init(
                            classifier: nil,
                            fileExtension: "pom",
                            value: "1.0-20260101.000002-2",
                            updated: "20260101000002"
                        ),
                    ]
                )
        )
    }

    @Test func `a manifest comes back`() throws {
        let read = try Self.read(Array(Self.fullBytes.utf8))
        #expect(read == Self.full)
        #expect(read.record == record(version("1.0"), revision: "Ciqe5/9y"))
        #expect(read.assets.map(\.asset.name) == ["a \"note\".txt", "app-1.0.jar"])
    }

    @Test(arguments: ["cafe\u{301}", "\u{1}\u{7F}\u{85}", "🦆", "\"\\/", "\u{2028}", "e\u{301}\u{300}", ""])
    func `hostile names come back byte for byte`(name: String) throws {
        var manifest = Self.full
        manifest.coordinates = VersionCoordinates(
            package: PackageCoordinates(repository: name, namespace: name, name: name),
            version: name
        )
        manifest.revision = name
        for index in manifest.assets.indices {
            let key = BackupLayout(domain: "d").key(of: manifest.assets[index].asset.name, in: manifest.coordinates)
            manifest.assets[index].key = key
        }
        let read = try Self.read(try manifest.canonicalBytes(), as: manifest.record)
        #expect(ExactText(read.coordinates.version) == ExactText(name))
        #expect(ExactText(read.coordinates.package.namespace) == ExactText(name))
        #expect(read.revision.map(ExactText.init) == ExactText(name))
        #expect(try read.canonicalBytes() == manifest.canonicalBytes())
    }

    @Test(arguments: [
        (fullBytes.replacing(#""format":1"#, with: #""format":2"#), "format 2 is not 1"),
        (#"{"format":2}"#, "format 2 is not 1"),
        (fullBytes.replacing(#""format":1,"#, with: ""), "it has no format"),
        (fullBytes.replacing(#","version":"1.0"}"#, with: "}"), "it has no version"),
        (fullBytes.replacing(#""size":3"#, with: #""size":"3""#), "assets.1.size is not a whole number"),
        (fullBytes.replacing("2026-11-22T08:36:12Z", with: "yesterday"), "recordedAt yesterday is not a time"),
    ])
    func `what is no manifest says why`(text: String, reason: String) {
        let refusal = #expect(throws: RecordRefusal.self) { try Self.read(Array(text.utf8)) }
        #expect(refusal?.rule == .form)
        #expect(refusal?.reason == reason)
    }

    @Test(
        arguments: [
            [], Array("null".utf8), Array("[]".utf8), Array(fullBytes.utf8.dropLast()), Array((fullBytes + "x").utf8),
            Array(fullBytes.utf8) + [0xFF], [0xFF, 0xFE],
            Array(fullBytes.replacing("\"Published\"", with: "\"Eaten\"").utf8),
            Array(String(repeating: "[", count: 100_000).utf8),
        ] as [[UInt8]]
    )
    func `broken bytes are no manifest`(bytes: [UInt8]) {
        #expect(throws: RecordRefusal.self) { try Self.read(bytes) }
    }
}
