import AWSServices
import ReconcileApp
import ReconcileCore

/// Tries the operations that a command sends to a backup's store, each once.
///
/// A command that writes is tried by writing: one small object in the folder that it writes to, or under `runs/` where it
/// writes records. It is created once and left there, and is no record: nobody reads it, so it is not signed. Where the
/// domain is known not to be there, nothing is written: a mistyped name must not begin a backup.
struct BackupTrial: Sendable {
    /// What was seen of the store.
    struct Sight: Sendable {
        /// Nil if the store could not be asked.
        var keepsVersions: Bool?
        /// Whether anything is recorded there; nil where it could not be listed.
        var hasRecords: Bool?
        /// Where nothing is: the other backups there.
        var others: [String] = []
    }

    let backup: OpenBackup
    let uses: Set<BackupUse>

    /// What is written where nothing else is to be.
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
                // It was read.
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
    /// Where a write of this use is tried; nil for one that writes nothing.
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
