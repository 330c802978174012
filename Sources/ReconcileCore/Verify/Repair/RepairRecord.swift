/// What a repair puts down of records that no longer count: an object under `repairs/`, create-only.
struct RepairRecord: Hashable, Sendable {
    /// One record that no longer counts.
    struct Row: Hashable, Sendable {
        let key: String
        /// Of the bytes that were found there, which alone no longer count; nil excuses nothing.
        let sha256: String?
        let reason: String
    }

    let domain: String
    let recordedAt: Timestamp
    let recordedBy: Manifest.Recorder
    let rows: [Row]

    func canonicalBytes() -> [UInt8] { JSONWriter.bytes(of: self) }

    /// Those of a domain, and a fault for each that cannot be read or breaks a rule, which excuses nothing: one list, and a
    /// GET for each.
    static func all(from reader: BackupReader) async throws -> (records: [RepairRecord], faults: [BackupFault]) {
        let layout = reader.backup.layout
        var records: [RepairRecord] = []
        var faults: [BackupFault] = []
        try await reader.forEachDocument(under: layout.repairsPrefix) { key, object in
            if let object, let record = try? RecordJSON.read(RepairRecord.self, from: object.body),
                record.domain == layout.domain,
                key.value.utf8.starts(with: "\(layout.repairsPrefix)\(record.recordedAt.basic).".utf8),
                (try? reader.backup.reader.requireTimely(record.recordedAt)) != nil
            {
                records.append(record)
            } else {
                let message =
                    "this is not a repair record that this program wrote, so it is ignored: records that it was to "
                    + "retire count again, or are faults. Restore it from another copy of the bucket, or delete it"
                faults.append(BackupFault(.unreadableManifest, at: key, message))
            }
        }
        return (records, faults)
    }
}

extension Backup {
    /// The keys of the records that repairs have retired: one list, and a GET for each repair.
    package func retiredRecords() async throws -> Set<ObjectKey> {
        let reader = BackupReader(backup: self, stop: StopSignal(), hashed: [], places: TransferPlaces(limit: 4))
        let rows = try await RepairRecord.all(from: reader).records.flatMap(\.rows)
        return Set(rows.filter { $0.sha256 != nil }.map { ObjectKey($0.key) })
    }

    /// The keys of records that a repair has retired, or whose loss was accepted: two lists, and a GET for each record of
    /// either.
    package func settledRecords() async throws -> Set<ObjectKey> {
        try await retiredRecords().union(try await acceptedLosses().recordsLost(in: layout))
    }
}

extension RepairRecord: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("domain", domain)
            json.member("format", Manifest.format)
            json.member("recordedAt", recordedAt)
            json.member("recordedBy", recordedBy)
            json.member("repaired", rows)
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (domain, rows): (String?, [Row]?)
        var (recordedAt, recordedBy): (Timestamp?, Manifest.Recorder?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "domain": domain = try json.read()
            // Read before everything else.
            case "format": try json.skip()
            case "recordedAt": recordedAt = try json.read()
            case "recordedBy": recordedBy = try json.read()
            case "repaired": rows = try json.read()
            default: throw .unknown
            }
        }
        self.init(
            domain: try required(domain, "domain"),
            recordedAt: try required(recordedAt, "recordedAt"),
            recordedBy: try required(recordedBy, "recordedBy"),
            rows: try required(rows, "repaired")
        )
    }
}

extension RepairRecord.Row: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("key", key)
            json.member("reason", reason)
            json.member("sha256", sha256)
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (key, sha256, reason): (String?, String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "key": key = try json.read()
            case "sha256": sha256 = try json.read(String.self)
            case "reason": reason = try json.read()
            default: throw .unknown
            }
        }
        self.init(key: try required(key, "key"), sha256: sha256, reason: try required(reason, "reason"))
    }
}
