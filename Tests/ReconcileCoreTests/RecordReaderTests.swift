import TestSupport
import Testing

@testable import ReconcileCore

/// What the reader of records refuses, by rule, and that no bytes end a program.
@Suite struct RecordReaderTests {
    private static let layout = BackupLayout(domain: "acme")
    private static let sum = String(repeating: "0a", count: 32)
    private static let sha1 = String(repeating: "0b", count: 20)
    private static let folder = "acme/maven/releases/com/acme/app/1.0"

    private static func text(_ assets: String, _ members: String = #""publishedTime":1583075193.861,"#) -> String {
        #"{"assets":[\#(assets)],"format":1,"namespace":"com.acme","origin":"INTERNAL","package":"app",\#(members)"#
            + #""recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"reconcile","version":"0.1.0"},"#
            + #""repository":"releases","revision":"cmV2","status":"Published","version":"1.0"}"#
    }

    private static func row(_ name: String = "a.jar", _ size: String = "3", key: String? = nil) -> String {
        #"{"key":"\#(key ?? "\(folder)/\(name)")","name":"\#(name)","sha1":"\#(sha1)","sha256":"\#(sum)","size":\#(size)}"#
    }

    private static let valid = text("\(row()),\(row("b.jar"))")

    private static func refusal(_ text: String, now: String = "2026-11-22T08:36:12Z") -> RecordRefusal? {
        refusal(Array(text.utf8), now: now)
    }

    private static func refusal(_ bytes: [UInt8], now: String = "2026-11-22T08:36:12Z") -> RecordRefusal? {
        do throws(RecordRefusal) {
            _ = try RecordReader(layout: layout, now: time(now)).manifest(bytes, of: record(version("1.0")))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a record as this program writes it passes, also spread over lines`() {
        #expect(Self.refusal(Self.valid) == nil)
        #expect(Self.refusal(Self.valid.replacing(",", with: ",\n  ")) == nil)
        #expect(Self.refusal(Self.text(Self.row("a\\\"b:c\\\\"))) == nil)
        #expect(Self.refusal(Self.text(Self.row("a.jar", "\(Int64(5) << 30)"))) == nil)
        #expect(Self.refusal(Self.text("", "")) == nil)
    }

    @Test(
        arguments: [
            (text(row("a.jar", "-1")), RecordRefusal.Rule.sizes),
            (text("\(row("a.jar", "4611686018427387904")),\(row("b.jar", "4611686018427387904"))"), .sizes),
            (text(row("a.jar", "5368709121")), .sizes), (text(row("a.jar", "1e300")), .form),
            (text(row(), #""publishedTime":1e300,"#), .times), (text(row(), #""publishedTime":-1e300,"#), .times),
            (text(row(), #""publishedTime":1e999,"#), .form),
            (valid.replacing(#","sha256":"\#(sum)""#, with: ""), .checksums),
            (valid.replacing(sum, with: sum.dropLast(2)), .checksums),
            (valid.replacing("0a0a", with: "0A0a"), .checksums),
            (valid.replacing(sha1, with: sha1 + "0b"), .checksums),
            (text(row(key: "other-domain/maven/releases/com/acme/app/1.0/secret.txt")), .keys),
            (text(row(key: "\(folder)/b.jar")), .keys), (text(row("../a.jar")), .keys),
            (text("\(row()),\(row())"), .names), (text("\(row()),\(row("a.jar", "4"))"), .names),
            (text(row(), #""more":1,"#), .members), (text(row(), #""status":"Published","#), .members),
            (valid.replacing(#""size":3"#, with: #""size":3,"size":3"#), .members),
            (valid.replacing(#""size":3"#, with: #""size":3,"md5":null"#), .form),
            (valid.replacing(#""size":3"#, with: #""size":3,"note":{"a":1}"#), .members),
            (valid.replacing(#""version":"1.0"}"#, with: #""version":"1.1"}"#), .coordinates),
            (valid.replacing("cmV2", with: "cmV3"), .coordinates),
            (valid.replacing("08:36:12", with: "08:36:13"), .coordinates),
            (valid.replacing(#""format":1"#, with: #""format":2"#), .form), ("", .form), ("[]", .form),
            (#"{"format":1}"#, .form),
        ]
    )
    func `each rule is asked`(text: String, rule: RecordRefusal.Rule) {
        let refusal = Self.refusal(text)
        #expect(refusal?.rule == rule, "\(refusal?.reason ?? "it passes")")
        #expect(refusal?.description.hasSuffix("(rule: \(rule.rawValue))") == true)
    }

    private static let earlier =
        #"{"key":"manifests/maven/releases/com.acme/app/1.0/20261122T083611Z.cmV2.Published.json","sha256":"\#(sum)"}"#

    private static func refusal(previous: String) -> RecordRefusal? {
        refusal(valid.replacing(#""recordedAt""#, with: #""previous":\#(previous),"recordedAt""#))
    }

    @Test(arguments: [
        "null", earlier, earlier.replacing("20261122T083611Z", with: "20261122T083613Z"),
        earlier.replacing("cmV2.Published", with: "~.Deleted"),
    ])
    func `what a record can say of the one before it passes, also where verify finds a fault in it`(previous: String) {
        #expect(Self.refusal(previous: previous) == nil)
    }

    @Test(arguments: [
        (earlier.replacing("/1.0/", with: "/1.1/"), RecordRefusal.Rule.previous),
        (earlier.replacing("manifests/", with: "acme/manifests/"), .previous),
        (earlier.replacing("/1.0/", with: "/1.0/../1.0/"), .previous),
        (earlier.replacing("/1.0/", with: "/"), .previous), (earlier.replacing("083611Z", with: "083661Z"), .previous),
        (earlier.replacing("Published.json", with: "Published.json2"), .previous),
        (earlier.replacing(sum, with: sum.uppercased()), .previous),
        (earlier.replacing(sum, with: sum.dropLast()), .previous),
        (earlier.replacing("}", with: #","more":1}"#), .members), (#"{"key":"a"}"#, .form), ("{}", .form),
        (#""manifests""#, .form), ("false", .form), ("[]", .form),
    ])
    func `what no record can say of the one before it is refused`(previous: String, rule: RecordRefusal.Rule) {
        let refusal = Self.refusal(previous: previous)
        #expect(refusal?.rule == rule, "\(refusal?.reason ?? "it passes")")
    }

    @Test func `a package's own record names one of the same package before it`() throws {
        let record = PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:12Z"), originControls: .ingested)
        let reader = RecordReader(layout: Self.layout, now: record.recordedAt)
        let recorder = Manifest.Recorder(door: "reconcile", version: "0.2.0")
        let folder = "manifests/maven/releases/com.acme/app"
        let name = "20261122T083611Z.publish-ALLOW.upstream-BLOCK.json"
        for previous in [PreviousRecord.first, .named(path: "\(folder)/\(name)", sha256: Self.sum)] {
            let bytes = record.canonicalBytes(recordedBy: recorder, after: previous)
            #expect(try reader.prove(bytes, are: record) == previous)
        }
        for path in ["\(folder)/1.0/\(name)", "\(folder)2/\(name)", "\(folder)/\(name.dropFirst())", ""] {
            let bytes = record.canonicalBytes(recordedBy: recorder, after: .named(path: path, sha256: Self.sum))
            let refusal = #expect(throws: RecordRefusal.self) { try reader.prove(bytes, are: record) }
            #expect(refusal?.rule == .previous)
        }
    }

    /// A record of `1.0-SNAPSHOT` with what a document says of it.
    private static func refusal(snapshot: String) -> RecordRefusal? {
        let text = text("", #""snapshot":\#(snapshot),"#).replacing(
            #""version":"1.0"}"#,
            with: #""version":"1.0-SNAPSHOT"}"#
        )
        do throws(RecordRefusal) {
            let reader = RecordReader(layout: layout, now: time("2026-11-22T08:36:12Z"))
            _ = try reader.manifest(Array(text.utf8), of: record(version("1.0-SNAPSHOT")))
            return nil
        } catch {
            return error
        }
    }

    private static let file =
        #"{"classifier":"linux","extension":"jar","updated":"20260101000001","value":"1.0-20260101.000001-1"}"#

    private static let more = file.replacing("}", with: #","a":1}"#)

    @Test(arguments: [
        #"{"buildNumber":1,"files":[\#(file)],"timestamp":"20260101.000001"}"#, #"{"files":[\#(file)]}"#,
        #"{"files":[{"extension":"tar.gz","value":"1.0-20260101.000001-1"},\#(file)]}"#,
    ])
    func `what a snapshot's document can say passes`(snapshot: String) {
        #expect(Self.refusal(snapshot: snapshot) == nil)
    }

    @Test(arguments: [
        (#"{"files":[]}"#, RecordRefusal.Rule.snapshot), (#"{"files":[\#(file),\#(file)]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("linux", with: "../../b"))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("linux", with: ""))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("linux", with: "a\\nb"))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("jar", with: ""))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("1.0-2026", with: "1.1-2026"))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("1.0-20260101.000001-1", with: "1.0-SNAPSHOT"))]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("20260101000001", with: "now"))]}"#, .snapshot),
        (#"{"files":[\#(file)],"timestamp":"now"}"#, .snapshot), (#"{"buildNumber":-1,"files":[\#(file)]}"#, .snapshot),
        (#"{"files":[\#(file.replacing("jar", with: String(repeating: "a", count: 1_100)))]}"#, .snapshot),
        (
            #"{"files":[\#((0...2_000).map { file.replacing("linux", with: "c\($0)") }.joined(separator: ","))]}"#,
            .snapshot
        ),
        (#"{"files":[\#(file)],"more":1}"#, .members), (#"{"files":[\#(more)]}"#, .members),
        ("{}", .form), (#"{"files":[{"extension":"jar"}]}"#, .form), ("[]", .form),
    ])
    func `what no snapshot's document can say is refused`(snapshot: String, rule: RecordRefusal.Rule) {
        let refusal = Self.refusal(snapshot: snapshot)
        #expect(refusal?.rule == rule, "\(refusal?.reason ?? "it passes")")
    }

    @Test func `only a snapshot may have the snapshot member`() {
        let text = Self.text("", #""snapshot":{"files":[\#(Self.file)]},"#)
        #expect(Self.refusal(text) == RecordRefusal(.snapshot, "1.0 is not a snapshot"))
    }

    @Test func `more bytes than a record may have are refused before they are decoded`() {
        let bytes = Array(Self.valid.utf8) + Array(repeating: UInt8(ascii: " "), count: Manifest.maximumBytes)
        #expect(Self.refusal(bytes)?.rule == .length)
    }

    @Test func `a record may be five minutes ahead, and no more`() {
        #expect(Self.refusal(Self.valid, now: "2026-11-22T08:31:12Z") == nil)
        #expect(Self.refusal(Self.valid, now: "2026-11-22T08:31:11Z")?.rule == .future)
        let reader = RecordReader(layout: Self.layout, now: time("2026-11-22T08:31:12Z"))
        #expect(reader.isTimely(time("2026-11-22T08:36:12Z")))
        #expect(!reader.isTimely(time("2026-11-22T08:36:13Z")))
        #expect(!reader.isTimely(time("9999-12-31T23:59:59Z")))
        #expect(!reader.isTimely(Timestamp(seconds: .min)))
    }

    @Test func `a package's own record is proved by its bytes`() throws {
        let record = PackageRecord(package: app, recordedAt: time("2026-11-22T08:36:12Z"), originControls: .ingested)
        let bytes = record.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "0.1.0"))
        let reader = RecordReader(layout: Self.layout, now: record.recordedAt)
        try reader.prove(bytes, are: record)
        let forged = PackageRecord(package: app, recordedAt: record.recordedAt, originControls: .published)
        for (bytes, record, rule) in [
            ([], record, RecordRefusal.Rule.form), (bytes, forged, .coordinates),
            (Array(#"{"x":1,"#.utf8) + bytes.dropFirst(), record, .members),
        ] {
            let refusal = #expect(throws: RecordRefusal.self) { try reader.prove(bytes, are: record) }
            #expect(refusal?.rule == rule)
        }
    }

    /// Deterministic; what passes must be usable without a trap: its sizes add up and its times can be shown.
    @Test(.timeLimit(.minutes(1)), arguments: 0..<8)
    func `whatever becomes of a record's bytes, reading it ends in a manifest or a refusal`(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let digits = Array("0123456789-+.eE\"{}[]:,\\ntx".utf8)
        var passed = 0
        for _ in 0..<300 {
            var bytes = Array(Self.valid.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let place = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<5, using: &dice) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &dice)
                case 1: bytes[place] = digits[Int.random(in: 0..<digits.count, using: &dice)]
                case 2: bytes.insert(digits[Int.random(in: 0..<digits.count, using: &dice)], at: place)
                case 3: bytes.remove(at: place)
                default:
                    let numbers = ["-1", "4611686018427387904", "9223372036854775807", "1e300", "-1e300", "0"]
                    let digit = bytes.indices.filter { ASCII.isDigit(bytes[$0]) }.randomElement(using: &dice) ?? place
                    let number = numbers[Int.random(in: 0..<numbers.count, using: &dice)]
                    bytes.replaceSubrange(digit...digit, with: Array(number.utf8))
                }
            }
            let reader = RecordReader(layout: Self.layout, now: time("2026-11-22T08:36:12Z"))
            guard let manifest = try? reader.manifest(bytes, of: record(version("1.0"))) else { continue }
            passed += 1
            #expect(manifest.assets.reduce(Int64(0)) { $0 + $1.asset.size } >= 0)
            _ = manifest.properties.publishedTime.map { Timestamp(secondsSince1970: $0).extended }
            #expect(try reader.manifest(manifest.canonicalBytes(), of: manifest.record) == manifest)
        }
        #expect(passed < 150)
    }

    @Test(arguments: [1e300, -1e300, .infinity, -.infinity, .nan, 0, 253_402_300_799.5])
    func `a time from elsewhere is one of the calendar`(seconds: Double) {
        #expect(Timestamp(secondsSince1970: seconds).extended.utf8.count == 20)
        #expect(Timestamp(extended: Timestamp(secondsSince1970: seconds).extended) != nil)
    }

    @Test func `sums of sizes end at the largest number`() {
        #expect(Int64.max.adding(saturating: 1) == .max)
        #expect(Int64.min.adding(saturating: -1) == .min)
        #expect((Int64(1) << 62).adding(saturating: 1 << 62) == .max)
        #expect(Int64(1).adding(saturating: 2) == 3)
    }
}
