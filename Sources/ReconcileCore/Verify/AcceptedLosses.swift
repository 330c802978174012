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
    /// The same of each repository, where the record says it.
    private(set) var repositoriesLeft: [ReportedVersions] = []
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
        if let row = record.faults.last(where: { $0.versions != nil }), let left = row.versions,
            versionsLeftAt.map({ $0 <= record.recordedAt }) ?? true
        {
            versionsLeft = ReportedVersions(count: left, report: key)
            repositoriesLeft = (row.repositories ?? [:]).map { name, count in
                var part = Selection()
                part.repositories = [name.value]
                return ReportedVersions(count: count, report: key, part: part)
            }
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
