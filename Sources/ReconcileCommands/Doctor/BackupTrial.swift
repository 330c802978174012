import AWSServices
import ReconcileApp
import ReconcileCore

/// Tries each of the operations that a command sends to a backup's store, once.
///
/// For a command that writes, it creates one small object in the folder that the command writes to (`runs/` for
/// records) and leaves it there. The object is not a record and is never read, so it is not signed. If the domain is
/// known not to exist, nothing is written: a misspelt name must not start a backup.
struct BackupTrial: Sendable {
    /// What the trial found out about the store.
    struct Sight: Sendable {
        /// Nil if the store could not be asked.
        var keepsVersions: Bool?
        /// Whether the store has any records; nil if it could not be listed.
        var hasRecords: Bool?
        /// Where nothing is: the other backups there.
        var others: [String] = []
    }

    let backup: OpenBackup
    let uses: Set<BackupUse>

    /// The contents of the object that a trial writes.
    static let probe = Array("{\"format\": 1, \"probe\": \"reconcile doctor\"}\n".utf8)

    func run(_ trials: inout Trials) async throws -> Sight {
        var sight = Sight()
        let store = backup.store
        let operations = store.operations
        let page = try await trials.attempt([operations.list], isOfStore: true) {
            try await store.list(prefix: backup.layout.manifestsPrefix, after: nil)
        }
        sight.hasRecords = page.map { !$0.elements.isEmpty || !$0.hidden.isEmpty }
        // Before anything is tried by writing, which makes the folder of the backup.
        if sight.hasRecords == false { sight.others = await backup.backup.others() }
        if uses.contains(.versioning) {
            sight.keepsVersions = try await trials.attempt([S3Operations.getVersioning], isOfStore: true) {
                try await store.keepsVersions()
            }.flatMap(\.self)
        }
        if uses.contains(.history), sight.keepsVersions == true {
            _ = try await trials.attempt([S3Operations.listVersions], isOfStore: true) {
                try await store.listVersions(prefix: backup.layout.manifestsPrefix, after: nil)
            }
        }
        var known = page?.elements.first?.key
        for use in uses {
            guard !trials.lacksDomain, let folder = use.folder(in: backup.layout) else { continue }
            let key = backup.layout.probeKey(in: folder)
            let outcome = try await trials.attempt([operations.write], isOfStore: true) {
                try await backup.bare.store.write(Self.probe, to: key, .createOnly)
            }
            if outcome != nil { known = key }
        }
        guard let known else { return sight }
        _ = try await trials.attempt([operations.read]) { () async throws -> [UInt8]? in
            do {
                return try await store.read(known, limit: Manifest.maximumBytes)
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                // The bytes could be read; only the proof failed.
                return nil
            }
        }
        let inspected = try await trials.attempt([operations.inspect]) { try await store.inspect(known) }
        if uses.contains(.readingOlder), let version = inspected?.versionID {
            _ = try await trials.attempt([S3Operations.getVersion]) {
                try await store.body(at: known, versionID: version, range: nil).read { _ in }
            }
        }
        return sight
    }
}

extension BackupUse {
    /// The folder in which to try a write for this use; nil for a use that does not write.
    fileprivate func folder(in layout: BackupLayout) -> ObjectKey? {
        switch self {
        case .writing: layout.reportsPrefix
        case .accepting: layout.lossesPrefix
        case .recording: layout.verificationsPrefix
        case .stating: layout.statementsPrefix
        case .drilling: layout.drillsPrefix
        case .reading, .readingOlder, .versioning, .history: nil
        }
    }
}
