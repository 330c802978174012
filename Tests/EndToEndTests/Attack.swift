import ReconcileCore
import TestSupport

/// One thing that is tried, and what must come of it.
struct Attack: Sendable {
    /// What a restore says and does.
    struct Restored: Sendable {
        /// Classes of its failures.
        var kinds: Set<String> = []
        /// Versions that do not come back whole.
        var lacking: Set<String> = []

        static let whole = Restored()
        /// The forged record is named, the true one used.
        static let named = Restored(kinds: ["untrusted"])
        static func without(_ version: String, _ kind: String) -> Restored {
            Restored(kinds: [kind], lacking: [version])
        }
    }

    /// What the next run does.
    struct Ran: Sendable {
        var exit = ExitStatus.converged
        /// Versions that it copies or records anew.
        var copied = 0
        /// What its one warning says; nil if it is to have none.
        var warning: String?
        /// What a restore after it says and does, where that is asked.
        var restored: Restored?
        /// Whether the record of a deletion names the file that the forged record names, where one is to be made.
        var carriesOn: Bool?

        static let quiet = Ran()
        static let warned = Ran(warning: "1 object does not count as a record: ")
        static let ofFuture = Ran(warning: "(its time is in the future)")
    }

    let name: String
    /// Classes of faults that a verification finds among others; none if nothing in the bucket shows the attack.
    let verify: Set<String>
    let restored: Restored
    /// In a bucket that keeps versions, if that differs.
    var withVersions: Restored?
    let ran: Ran
    /// In a bucket that keeps versions, if that differs.
    var ranWithVersions: Ran?
    let apply: @Sendable (AttackStage) async throws -> Void
    /// What happens between the restore and the run.
    private(set) var next: @Sendable (InMemorySource) -> Void = { _ in }

    init(
        _ name: String,
        verify: Set<String>,
        restored: Restored,
        withVersions: Restored? = nil,
        ran: Ran = .quiet,
        ranWithVersions: Ran? = nil,
        _ apply: @escaping @Sendable (AttackStage) async throws -> Void
    ) {
        self.name = name
        self.verify = verify
        self.restored = restored
        self.withVersions = withVersions
        (self.ran, self.ranWithVersions) = (ran, ranWithVersions)
        self.apply = apply
    }

    /// The same, where the domain changes before the run.
    func then(_ next: @escaping @Sendable (InMemorySource) -> Void) -> Attack {
        var attack = self
        attack.next = next
        return attack
    }

    static var all: [Attack] { laterRecords + overwrittenRecords + keys + states + objects + documents + runs }

    // MARK: Bytes of records

    /// What is done to the text of a record, and what a verification calls it.
    private static let damages: [(name: String, kind: String, change: @Sendable (String) -> String)] = [
        ("nothing but a brace", "unreadableManifest", { _ in "{" + String(repeating: " ", count: 200) }),
        ("an empty object", "unreadableManifest", { _ in "{}" + String(repeating: " ", count: 200) }),
        ("a list", "unreadableManifest", { "[\($0)]" }),
        ("a text", "unreadableManifest", { _ in "\"\(String(repeating: "x", count: 200))\"" }),
        ("no JSON", "unreadableManifest", { _ in String(repeating: "<manifest/>", count: 20) }),
        ("a byte order mark", "unreadableManifest", { "\u{FEFF}\($0)" }),
        ("something behind the end", "unreadableManifest", { $0 + "{}" }),
        ("cut in the middle", "unreadableManifest", { String($0.prefix($0.count / 2)) }),
        ("a thousand brackets", "unreadableManifest", { _ in String(repeating: "[", count: 1_000) }),
        ("a size below zero", "unreadableManifest", { $0.replacing(#""size":3"#, with: #""size":-3"#) }),
        (
            "a size of 2 to the 62", "unreadableManifest",
            { $0.replacing(#""size":3"#, with: #""size":4611686018427387904"#) }
        ),
        ("a size of 6 GiB", "unreadableManifest", { $0.replacing(#""size":3"#, with: #""size":6442450944"#) }),
        ("a size with a fraction", "unreadableManifest", { $0.replacing(#""size":3"#, with: #""size":3.5"#) }),
        ("a size as text", "unreadableManifest", { $0.replacing(#""size":3"#, with: #""size":"3""#) }),
        ("a size of null", "unreadableManifest", { $0.replacing(#""size":3"#, with: #""size":null"#) }),
        ("no SHA-256", "unreadableManifest", { $0.replacing(#""sha256":"#, with: #""was":"#) }),
        ("a short SHA-256", "unreadableManifest", { $0.replacing(#""sha256":""#, with: #""sha256":"ab","was":""#) }),
        ("an empty SHA-256", "unreadableManifest", { $0.replacing(#""sha256":""#, with: #""sha256":"","was":""#) }),
        (
            "a publication in the year 1e292", "unreadableManifest",
            {
                $0.replacing(#""publishedTime":1700000000.125"#, with: #""publishedTime":1e300"#)
            }
        ),
        (
            "a publication that is no number", "unreadableManifest",
            {
                $0.replacing(#""publishedTime":1700000000.125"#, with: #""publishedTime":NaN"#)
            }
        ),
        (
            "a member more", "unreadableManifest",
            { $0.replacing(#""version":"1.0"}"#, with: #""version":"1.0","more":1}"#) }
        ),
        (
            "a member twice", "unreadableManifest",
            {
                $0.replacing(#""version":"1.0"}"#, with: #""version":"1.0","version":"1.0"}"#)
            }
        ),
        ("another format", "unreadableManifest", { $0.replacing(#""format":1"#, with: #""format":2"#) }),
        ("no format", "unreadableManifest", { $0.replacing(#""format":1,"#, with: "") }),
        ("an unknown status", "unreadableManifest", { $0.replacing(#""status":""#, with: #""status":"Un"#) }),
        ("an unknown origin", "unreadableManifest", { $0.replacing(#""origin":""#, with: #""origin":"x"#) }),
        (
            "a file twice", "unreadableManifest",
            { text in
                guard let start = text.firstRange(of: #"{"key""#), let end = text.firstRange(of: "},{") else {
                    return text
                }
                return String(text[..<start.lowerBound]) + String(text[start.lowerBound..<end.lowerBound]) + "},"
                    + String(text[start.lowerBound...])
            }
        ),
        (
            "a file of another domain", "unreadableManifest",
            {
                $0.replacing(#""key":"acme/maven/"#, with: #""key":"other/maven/"#)
            }
        ),
        (
            "a file above the backup", "unreadableManifest",
            {
                $0.replacing(#""key":"acme/maven/"#, with: #""key":"../maven/"#)
            }
        ),
        (
            "a file of another version", "unreadableManifest",
            { $0.replacing("/1.0/app-1.0.jar", with: "/1.1/app-1.1.jar") }
        ),
        (
            "a file with a path for its name", "unreadableManifest",
            {
                $0.replacing(#""name":"app-1.0.jar""#, with: #""name":"../../evil.jar""#)
            }
        ),
        ("another version", "misplacedManifest", { $0.replacing(#""version":"1.0"}"#, with: #""version":"1.1"}"#) }),
        ("another package", "misplacedManifest", { $0.replacing(#""package":"app""#, with: #""package":"lib""#) }),
        (
            "another group", "misplacedManifest",
            { $0.replacing(#""namespace":"com.acme""#, with: #""namespace":"com.evil""#) }
        ),
        (
            "another repository", "misplacedManifest",
            {
                $0.replacing(#""repository":"releases""#, with: #""repository":"public""#)
            }
        ),
        ("another revision", "misplacedManifest", { $0.replacing(#""revision":""#, with: #""revision":"b3Ro"#) }),
    ]

    private static var laterRecords: [Attack] {
        damages.map { damage in
            Attack("a later record with \(damage.name)", verify: [damage.kind], restored: .named) {
                try await $0.forge(damage.change)
            }
        }
    }

    private static var overwrittenRecords: [Attack] {
        damages.map { damage in
            Attack(
                "the record written over with \(damage.name)",
                verify: [damage.kind],
                restored: .without("1.0", "untrusted")
            ) {
                try await $0.overwrite(damage.change)
            }
        }
    }

    // MARK: Keys of records

    /// Keys under the folder of 1.0's records, or beside it, that no run writes.
    private static var keys: [Attack] {
        [
            ("of an unknown status", "1.0/20260101T000000Z.cmV2.Gone.json"),
            ("of a status in small letters", "1.0/20260101T000000Z.cmV2.published.json"),
            ("without a revision", "1.0/20260101T000000Z.Published.json"),
            ("of a revision that is spelled twice", "1.0/20260101T000000Z.~616.Published.json"),
            ("of no calendar day", "1.0/20261332T000000Z.cmV2.Published.json"),
            ("of the year 0", "1.0/00000101T000000Z.cmV2.Published.json"),
            ("of six digits of a year", "1.0/1000000101T000000Z.cmV2.Published.json"),
            ("with another ending", "1.0/20260101T000000Z.cmV2.Published.json.bak"),
            ("one level further down", "1.0/more/20260101T000000Z.cmV2.Published.json"),
            ("of a package that allows itself", "20260101T000000Z.publish-ALL.upstream-ALL.json"),
            ("of no version", "20260101T000000Z.cmV2.Published.json"),
            ("with a blank", "1.0/20260101T000000Z.cmV2.Published .json"),
        ].map { name, key in
            Attack("a key \(name)", verify: ["misplacedManifest"], restored: .whole) { stage in
                let text = try await stage.record().text
                try await stage.put(text, at: "acme/manifests/maven/releases/com.acme/app/\(key)")
            }
        }
    }

    // MARK: States

    private static var states: [Attack] {
        let statuses: [VersionStatus] = [.deleted, .archived, .disposed, .unlisted, .unfinished, .published]
        let empty = statuses.map { status in
            Attack(
                "an empty record that says \(status.rawValue)",
                verify: ["unreadableManifest"],
                restored: .named,
                ran: .warned
            ) {
                try await $0.forge(as: status) { _ in "" }
            }
        }
        let pinned = statuses.map { status in
            Attack(
                "an empty record of the year 9999 that says \(status.rawValue)",
                verify: ["unreadableManifest"],
                restored: .named,
                ran: .ofFuture
            ) { stage in
                let (record, _) = try await stage.record()
                let prefix = stage.layout.manifestsPrefix(of: record.coordinates).value
                let revision = record.fileName.split(separator: ".")[1]
                try await stage.put("", at: "\(prefix)99991231T235959Z.\(revision).\(status.rawValue).json")
            }
        }
        return empty + pinned + wholeRecords
    }

    private static var wholeRecords: [Attack] {
        [
            Attack("a whole record of tomorrow", verify: ["unreadableManifest"], restored: .named, ran: .ofFuture) {
                try await $0.forge(after: 86_400) { $0 }
            },
            Attack("a whole record of yesterday", verify: [], restored: .whole) {
                try await $0.forge(after: -86_400) { $0 }
            },
            // What only a signature would show.
            Attack(
                "a whole record that says Deleted",
                verify: ["wrongMetadata"],
                restored: Restored(lacking: ["1.0"]),
                ran: Ran(copied: 1, restored: .whole)
            ) {
                try await $0.forge(as: .deleted) { $0 }
            },
            Attack(
                "a whole record that says Unlisted",
                verify: ["wrongMetadata"],
                restored: .whole,
                ran: Ran(copied: 1, restored: .whole)
            ) {
                try await $0.forge(as: .unlisted) { $0 }
            },
            Attack(
                "a whole record with another SHA-256",
                verify: ["wrongBytes"],
                restored: .without("1.0", "corrupt")
            ) {
                try await $0.forge { text in
                    let sums = text.matchesOfSHA256
                    return text.replacing(sums[0], with: String(sums[0].reversed()))
                }
            },
            Attack("origin controls without bytes", verify: ["unreadableManifest"], restored: .named, ran: .warned) {
                stage in
                try await stage.put("", at: stage.layout.key(of: stage.opening(after: 0)).value)
            },
            Attack(
                "origin controls of the year 9999",
                verify: ["unreadableManifest"],
                restored: .named,
                ran: .ofFuture
            ) { stage in
                let key = "acme/manifests/maven/releases/com.acme/app/"
                try await stage.put("", at: "\(key)99991231T235959Z.publish-ALLOW.upstream-ALLOW.json")
            },
            // Not followed with --allow-upstream: nothing proves it, and nobody has accepted it.
            Attack("whole origin controls that open the package", verify: [], restored: .named) { stage in
                let record = stage.opening(after: 0)
                let bytes = record.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1"))
                try await stage.put(String(decoding: bytes, as: UTF8.self), at: stage.layout.key(of: record).value)
            },
        ]
    }

    // MARK: Files

    private static var objects: [Attack] {
        let jar = "acme/maven/releases/com/acme/app/1.0/app-1.0.jar"
        func replaced(_ name: String, _ kind: String, _ bytes: String) -> Attack {
            // In a bucket that keeps versions, the recorded bytes are still there.
            Attack(
                "a file replaced by \(name)",
                verify: [kind],
                restored: .without("1.0", "corrupt"),
                withVersions: .whole
            ) {
                try await $0.put(bytes, at: jar)
            }
        }
        let files = [
            replaced("other bytes", "wrongBytes", "bad"), replaced("nothing", "wrongSize", ""),
            replaced("less", "wrongSize", "ja"), replaced("more", "wrongSize", "jar and more"),
        ]
        let strays = [
            "1.0/evil.jar", "1.0/app-1.0.jar.exe", "1.0/app-1.0-evil.jar", "9.9/app-9.9.jar", "1.0/a b+c.jar",
            "1.0/\u{202E}raj.jar", "1.0/\(String(repeating: "n", count: 200)).jar",
        ].map { name in
            Attack("a file of no record: \(name)", verify: ["stray"], restored: .whole) {
                try await $0.put("evil", at: "acme/maven/releases/com/acme/app/\(name)")
            }
        }
        return files + strays
    }

    // MARK: Documents

    private static var documents: [Attack] {
        let folder = "acme/maven/releases/com/acme/app/maven-metadata.xml"
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><metadata>&b;</metadata>"
        let document =
            "<metadata><groupId>com.acme</groupId><artifactId>app</artifactId><versioning><latest>6.6.6</latest>"
            + "<versions><version>6.6.6</version></versions></versioning></metadata>"
        let named: [(String, String)] = [
            ("a document that is a bomb", bomb), ("no document", ""),
            ("a document that is no XML", "\u{0}\u{1}"),
        ]
        let documents = named.map { name, text in
            Attack(name, verify: ["wrongMetadata"], restored: .whole) { try await $0.put(text, at: folder) }
        }
        let other = Attack("a document of another version", verify: ["incompleteMetadata"], restored: .whole) {
            try await $0.put(document, at: folder)
        }
        let sums = ["sha1", "md5"].map { ending in
            Attack("a document's \(ending) of nothing", verify: ["wrongSidecar"], restored: .whole) {
                try await $0.put("da39a3ee", at: "\(folder).\(ending)")
            }
        }
        return documents + [other] + sums + others
    }

    /// Retires nothing that there is.
    private static let repair = """
        {"domain":"acme","format":1,"recordedAt":"2026-01-02T00:00:00Z","recordedBy":{"door":"repair","version":"1"},\
        "repaired":[]}
        """

    /// What lies beside the records and files.
    private static var others: [Attack] {
        let rows: [(name: String, key: String, text: String, kind: String)] = [
            ("a checkpoint of no JSON", "checkpoints/2026-01-01/20260101T000000Z.x.json", "x", "unreadableCheckpoint"),
            ("an empty checkpoint", "checkpoints/2026-01-01/20260101T000000Z.x.json", "{}", "unreadableCheckpoint"),
            (
                "a checkpoint of the year 9999", "checkpoints/9999-12-31/99991231T230000Z.x.json", "{}",
                "unreadableCheckpoint"
            ),
            ("accepted losses of no JSON", "losses/x.json", "x", "unreadableManifest"),
            ("accepted losses of another domain", "losses/x.json", Self.losses, "unreadableManifest"),
            ("a repair of no JSON", "repairs/20260101T000000Z.x.json", "x", "unreadableManifest"),
            (
                "a repair of another time than its name", "repairs/20260101T000000Z.x.json", Self.repair,
                "unreadableManifest"
            ),
            ("a repair without a time", "repairs/x.json", Self.repair, "unreadableManifest"),
            ("a checkpoint that is no file of a run", "checkpoints/x", "{}", "unreadableCheckpoint"),
            ("an allowance of no JSON", "deletions/20260101T000000Z.x.json", "x", ""),
            ("a report of no JSON", "runs/2026-01-01/x.json", "x", "unreadableManifest"),
        ]
        let evidence = rows.map { row in
            Attack(row.name, verify: row.kind.isEmpty ? [] : [row.kind], restored: .whole) {
                try await $0.put(row.text, at: "acme/\(row.key)")
            }
        }
        return evidence + hostileLosses
    }

    /// Records of losses, beside a file with wrong bytes that none of them accepts.
    private static var hostileLosses: [Attack] {
        HostileLosses.rows.map { row in
            let kinds: Set<String> = row.isRefused ? ["unreadableManifest", "wrongBytes"] : ["wrongBytes"]
            return Attack(
                "accepted losses: \(row.name)",
                verify: kinds,
                restored: .without("1.0", "corrupt"),
                withVersions: .whole
            ) {
                try await $0.put("bad", at: "acme/maven/releases/com/acme/app/1.0/app-1.0.jar")
                try await $0.put(row.text, at: "acme/losses/x.json")
            }
        }
    }

    private static let losses =
        #"{"domain":"other","format":1,"lost":[],"reason":"r","recordedAt":"2026-01-01T00:00:00Z","recordedBy":"#
        + #"{"door":"verify","version":"1"}}"#
}

extension AttackStage {
    /// A record that opens the package to upstream repositories.
    func opening(after seconds: Int64) -> PackageRecord {
        PackageRecord(
            package: Self.app,
            recordedAt: Timestamp(seconds: now.seconds + seconds),
            originControls: OriginControls(publish: .allow, upstream: .allow)
        )
    }
}

extension String {
    /// What stands in it as SHA-256, in order.
    fileprivate var matchesOfSHA256: [String] {
        split(separator: #""sha256":""#).dropFirst().map { String($0.prefix(64)) }
    }
}
