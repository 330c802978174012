/// What operators have accepted as lost, by name and with a reason: no longer reported as faults, but listed in every
/// report.
struct AcceptedLosses: Sendable {
    /// Every accepted loss, the oldest first.
    private(set) var losses: [VerifyReport.AcceptedLoss] = []
    /// Records that are invalid.
    private(set) var faults: [BackupFault] = []
    private var lossesOfFaults: [BackupFault.Identity: Loss] = [:]
    /// The same of all faults under a key.
    private var lossesUnderKeys: [ObjectKey: Loss] = [:]
    /// How many versions were still recorded when a loss of some was last accepted for the whole backup.
    private(set) var versionsLeft: ReportedVersions?
    private var versionsLeftAt: Timestamp?

    /// What is accepted of one fault, or of one key.
    struct Loss: Sendable {
        /// The bytes that were there, of each time.
        private var bytes: Set<FoundBytes> = []
        /// Whether it is accepted with whatever is there.
        fileprivate(set) var coversWhatever = false
        /// The last time.
        fileprivate(set) var acceptedAt: Timestamp

        fileprivate init(at time: Timestamp) { acceptedAt = time }

        fileprivate mutating func add(_ row: LossRecord.Row, at time: Timestamp) {
            let accepted = FoundBytes(sha256: row.sha256, size: row.size)
            if accepted == FoundBytes() { coversWhatever = true } else { bytes.insert(accepted) }
            acceptedAt = max(acceptedAt, time)
        }

        /// Whether it is accepted with these bytes.
        func covers(_ found: FoundBytes) -> Bool { coversWhatever || bytes.contains { $0.agrees(with: found) } }
    }

    init() {}

    /// Reads the records: one list, and one more for each further thousand, and a GET for each.
    static func read(from reader: BackupReader) async throws -> AcceptedLosses {
        var accepted = AcceptedLosses()
        let layout = reader.backup.layout
        try await reader.forEachDocument(under: layout.lossesPrefix) { key, object in
            guard let object else { return accepted.refuse(key, "it cannot be read") }
            do throws(RecordRefusal) {
                let record = try LossRecord(decoding: object.body)
                try reader.backup.reader.requireTimely(record.recordedAt)
                if let certificate = object.certificate, !certificate.covers(record.recordedAt) {
                    throw RecordRefusal(.times, "\(certificate.distrust(in: record.recordedAt))")
                }
                guard record.domain == layout.domain else {
                    throw RecordRefusal(.coordinates, "it is of the domain \(record.domain)")
                }
                let manifests = layout.manifestsPrefix.value
                guard record.faults.allSatisfy({ $0.versions == nil || $0.key == manifests }) else {
                    throw RecordRefusal(.keys, "it counts versions under another key than \(manifests)")
                }
                accepted.add(record, at: key)
            } catch {
                accepted.refuse(key, "\(error)")
            }
        }
        return accepted
    }

    mutating func add(_ record: LossRecord, at key: ObjectKey) {
        if let left = record.faults.compactMap(\.versions).last, versionsLeftAt.map({ $0 <= record.recordedAt }) ?? true
        {
            versionsLeft = ReportedVersions(count: left, report: key)
            versionsLeftAt = record.recordedAt
        }
        losses += record.losses
        // This covers losses up to the record's time, not later ones.
        for row in record.faults where row.kind != .lostVersions {
            let (key, time) = (ObjectKey(row.key), record.recordedAt)
            let identity = BackupFault.Identity(kind: row.kind, key: key, versionID: row.versionID)
            lossesOfFaults[identity, default: Loss(at: time)].add(row, at: time)
            lossesUnderKeys[key, default: Loss(at: time)].add(row, at: time)
        }
    }

    private mutating func refuse(_ key: ObjectKey, _ reason: String) {
        let message = "this record of accepted losses is invalid: \(reason). Its losses are reported as faults again"
        faults.append(BackupFault(.unreadableManifest, at: key, message))
    }

    /// What is accepted of a fault; nil if nothing is, and for a contradicted checkpoint also if it was accepted with other
    /// records than there are now.
    func loss(of fault: BackupFault) -> Loss? {
        // Whatever was accepted of a record, later ones go on naming it.
        guard fault.kind != .brokenHistory else { return lossesUnderKeys[fault.key] }
        let loss = lossesOfFaults[fault.identity]
        guard fault.kind == .contradictedCheckpoint, let found = fault.found else { return loss }
        return loss?.covers(found) == true ? loss : nil
    }

    /// Whether a fault is accepted; one of an object, with whichever bytes.
    func contains(_ fault: BackupFault) -> Bool { loss(of: fault) != nil }

    /// The keys of records whose loss is accepted where they are: none of them says anything, unless it was put right since.
    func recordsLost(in layout: BackupLayout) -> Set<ObjectKey> {
        let kinds: Set<BackupFault.Kind> = [
            .unreadableManifest, .misplacedManifest, .archivedObject, .unreadableObject,
        ]
        let keys = losses.filter { kinds.contains($0.kind) }.map { ObjectKey($0.key) }
        return Set(keys.filter { layout.record(at: $0) != nil })
    }

    /// Whether any loss under a key is accepted.
    func contains(_ key: ObjectKey) -> Bool { lossesUnderKeys[key] != nil }

    /// When the loss of whole versions was last accepted. Earlier reports count versions that are gone.
    func lastOfVersions(at prefix: ObjectKey) -> Timestamp? {
        losses.filter { $0.kind == .lostVersions && $0.key == prefix.value }
            .compactMap { Timestamp(extended: $0.acceptedAt) }.max()
    }
}

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
    ///   - versions: how many are still recorded in the whole backup; nil if that was not counted.
    init(
        of faults: [BackupFault],
        bytes: [BackupFault.Identity: FoundBytes],
        because reason: String,
        at time: Timestamp,
        by recorder: Manifest.Recorder,
        leaving versions: Int?,
        in domain: String
    ) {
        self.domain = domain
        self.reason = reason
        recordedAt = time
        recordedBy = recorder
        self.faults = faults.map { fault in
            let found = fault.kind == .contradictedCheckpoint ? fault.found : bytes[fault.identity]
            return Row(
                kind: fault.kind,
                key: fault.key.value,
                versionID: fault.versionID,
                sha256: found?.sha256,
                size: found?.size,
                versions: fault.kind == .lostVersions ? versions : nil
            )
        }
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
            if let sha256 { json.member("sha256", sha256) }
            if let size { json.member("size", size) }
            json.member("versionID", versionID)
            if let versions { json.member("versions", versions) }
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (key, kind, versionID, sha256): (String?, BackupFault.Kind?, String?, String?)
        var (size, versions): (Int64?, Int?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "key": key = try json.read()
            case "kind": kind = try json.read()
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
            versions: versions
        )
    }
}

extension Backup {
    /// What operators have accepted: one list, and a GET for each record of it.
    func acceptedLosses() async throws -> AcceptedLosses {
        let reader = BackupReader(backup: self, stop: StopSignal(), hashed: [], places: TransferPlaces(limit: 4))
        return try await AcceptedLosses.read(from: reader)
    }

    /// Whether an operator has accepted a loss under a key.
    package func acceptsLoss(of key: ObjectKey) async throws -> Bool { try await acceptedLosses().contains(key) }
}

extension Verifier {
    /// Which of a verification's faults an operator accepts as lost, and why.
    package struct Acceptance: Hashable, Sendable {
        /// Keys, or `KEY@VERSIONID` for one S3 version; `*` is any run of characters.
        package var names: [String]
        package var reason: String
        package var recorder: Manifest.Recorder

        package init(names: [String], reason: String, recorder: Manifest.Recorder) {
            self.names = names
            self.reason = reason
            self.recorder = recorder
        }

        /// The names that match a fault; none if it is not a loss, but derived from what is there.
        func names(meaning fault: BackupFault) -> [String] {
            fault.kind.isLoss ? names(meaning: fault.key.value, fault.versionID) : []
        }

        func names(meaning key: String, _ versionID: String?) -> [String] {
            names.filter { name in
                PackagePattern.matches(name, key)
                    || versionID.map { PackagePattern.matches(name, "\(key)@\($0)") } ?? false
            }
        }
    }
}
