/// Compares what a plain web server would give a build of a package with the package's records: the
/// documents that are stored beside it, and the objects that its records name. Only reads.
package struct StoredDocuments: Sendable {
    /// What is wrong beside a package.
    package struct Findings: Hashable, Sendable {
        /// Of maven-metadata.xml and of checksum files.
        package var documents: [BackupFault] = []
        /// Of records, and of objects that are absent, of another size, or archived.
        package var objects: [BackupFault] = []
        /// What looks wrong and changed too recently to be called a fault.
        package var unsettled = 0
    }

    private let look: PackageLook

    /// - Parameters:
    ///   - settling: how long ago what looks wrong must have changed last, so that no writer's work is a fault.
    /// - Throws: what keeps the store from saying whether it keeps versions.
    package init(of backup: Backup, settling: Duration, stop: StopSignal, clock: any RunClock) async throws {
        var options = Verifier.Options()
        options.settling = settling
        look = PackageLook(
            reader: BackupReader(backup: backup, stop: stop, hashed: [.sha256], places: TransferPlaces(limit: 16)),
            options: options,
            keepsVersions: try await backup.store.keepsVersions() ?? true,
            clock: clock,
            repairSource: nil,
            watch: nil
        )
    }

    /// Throws `RemoteFailure`, or `CancellationError` when it is stopped.
    package func findings(of package: PackageCoordinates) async throws -> Findings {
        let outcome = try await look.look(at: package)
        var findings = Findings(unsettled: outcome.unsettled)
        for fault in outcome.faults where !fault.isNote {
            switch fault.kind {
            case .incompleteMetadata, .wrongMetadata, .wrongSidecar: findings.documents.append(fault)
            default: findings.objects.append(fault)
            }
        }
        return findings
    }
}
