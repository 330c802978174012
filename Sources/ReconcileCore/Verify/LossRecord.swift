/// A record of accepted losses: one object under `losses/`, create-only.
struct LossRecord: Hashable, Sendable {
    let domain: String
    let reason: String
    let recordedAt: Timestamp
    let recordedBy: Manifest.Recorder
    let faults: [Row]

    /// The most rows of a record: even with the longest keys, it can then be read back.
    static let maximumRows = 5_000

    /// What is lost: a fault by its class and place.
    struct Row: Hashable, Sendable {
        let kind: BackupFault.Kind
        let key: String
        let versionID: String?
        /// Of the record, or the wrong bytes of an asset, that was there, or the digest of the records that contradict a
        /// checkpoint: it alone is accepted. Nil where there was none or it was not read, for any other fault, and in records
        /// of earlier releases.
        var sha256: String?
        /// Of wrong bytes of an asset: how many there were; nil in records of earlier releases.
        var size: Int64?
        /// Of a loss of versions: how many were still recorded; nil in records of earlier releases, and where a part of the
        /// backup was verified.
        var versions: Int?
        /// The same number for each repository that has any; nil in records of earlier releases.
        var repositories: [ExactText: Int]?
    }

    fileprivate init(
        domain: String,
        reason: String,
        recordedAt: Timestamp,
        recordedBy: Manifest.Recorder,
        faults: [Row]
    ) {
        self.domain = domain
        self.reason = reason
        self.recordedAt = recordedAt
        self.recordedBy = recordedBy
        self.faults = faults
    }

    /// - Parameters:
    ///   - bytes: what was there, where it counts.
    ///   - left: how many versions are still recorded in the whole backup; nil if that was not counted.
    init(
        of faults: [BackupFault],
        bytes: [BackupFault.Identity: FoundBytes],
        because reason: String,
        at time: Timestamp,
        by recorder: Manifest.Recorder,
        leaving left: RunReport.Recorded?,
        in domain: String
    ) {
        self.domain = domain
        self.reason = reason
        recordedAt = time
        recordedBy = recorder
        self.faults = faults.map { fault in
            let found = fault.kind == .contradictedCheckpoint ? fault.found : bytes[fault.identity]
            let left = fault.kind == .lostVersions ? left : nil
            return Row(
                kind: fault.kind,
                key: fault.key.value,
                versionID: fault.versionID,
                sha256: found?.sha256,
                size: found?.size,
                versions: left?.versions,
                repositories: left?.repositories.map(Self.exact)
            )
        }
    }

    private static func exact(_ repositories: [String: Int]) -> [ExactText: Int] {
        Dictionary(uniqueKeysWithValues: repositories.map { (ExactText($0), $1) })
    }

    /// The losses as a report lists them.
    var losses: [VerifyReport.AcceptedLoss] {
        faults.map {
            VerifyReport.AcceptedLoss(
                kind: $0.kind,
                key: $0.key,
                versionID: $0.versionID,
                reason: reason,
                acceptedAt: recordedAt.extended
            )
        }
    }

    func canonicalBytes() -> [UInt8] {
        JSONWriter.bytes(of: Document(record: self))
    }

    init(decoding bytes: [UInt8]) throws(RecordRefusal) {
        self = try RecordJSON.read(Document.self, from: bytes).record
        for row in faults {
            if let sum = row.sha256, !ChecksumAlgorithm.sha256.isWellFormed(sum) {
                throw RecordRefusal(.checksums, "\(sum.prefix(80)) is not a SHA-256")
            }
            if let size = row.size, !row.kind.isOfBytes || size < 0 {
                throw RecordRefusal(.form, "it says \(size) bytes, of \(row.kind.rawValue)")
            }
            if let versions = row.versions, row.kind != .lostVersions || !(0...1_000_000_000).contains(versions) {
                throw RecordRefusal(.form, "it counts \(versions) versions, of \(row.kind.rawValue)")
            }
            if let counts = row.repositories?.values,
                row.kind != .lostVersions || !counts.allSatisfy((0...1_000_000_000).contains)
            {
                throw RecordRefusal(.form, "it counts versions of repositories, of \(row.kind.rawValue)")
            }
        }
    }

    fileprivate struct Document {
        let record: LossRecord
    }
}

extension LossRecord.Document: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("domain", record.domain)
            json.member("format", Manifest.format)
            json.member("lost", record.faults)
            json.member("reason", record.reason)
            json.member("recordedAt", record.recordedAt)
            json.member("recordedBy", record.recordedBy)
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (domain, reason, lost): (String?, String?, [LossRecord.Row]?)
        var (recordedAt, recordedBy): (Timestamp?, Manifest.Recorder?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "domain": domain = try json.read()
            // Read before everything else.
            case "format": try json.skip()
            case "lost": lost = try json.read()
            case "reason": reason = try json.read()
            case "recordedAt": recordedAt = try json.read()
            case "recordedBy": recordedBy = try json.read()
            default: throw .unknown
            }
        }
        record = LossRecord(
            domain: try required(domain, "domain"),
            reason: try required(reason, "reason"),
            recordedAt: try required(recordedAt, "recordedAt"),
            recordedBy: try required(recordedBy, "recordedBy"),
            faults: try required(lost, "lost")
        )
    }
}

extension LossRecord.Row: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("key", key)
            json.member("kind", kind)
            if let repositories { json.member("repositories", repositories) }
            if let sha256 { json.member("sha256", sha256) }
            if let size { json.member("size", size) }
            json.member("versionID", versionID)
            if let versions { json.member("versions", versions) }
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (key, kind, versionID, sha256): (String?, BackupFault.Kind?, String?, String?)
        var (size, versions): (Int64?, Int?)
        var repositories: [ExactText: Int]?
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "key": key = try json.read()
            case "kind": kind = try json.read()
            case "repositories": repositories = try json.read([ExactText: Int].self)
            case "sha256": sha256 = try json.read()
            case "size": size = try json.read(Int64.self)
            case "versionID": versionID = try json.read(String.self)
            case "versions": versions = try json.read(Int.self)
            default: throw .unknown
            }
        }
        self.init(
            kind: try required(kind, "kind"),
            key: try required(key, "key"),
            versionID: versionID,
            sha256: sha256,
            size: size,
            versions: versions,
            repositories: repositories
        )
    }
}
