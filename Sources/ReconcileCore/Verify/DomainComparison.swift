/// Compares the records of versions that are in sync with the files that the domain lists for them:
/// a record that was forged or overwritten names other bytes than the domain has.
///
/// It takes, for each package, one more list of its records and one of its versions in the domain,
/// and for each version that is drawn a GET of its record and a list of its files. A domain that
/// has changed since says nothing about a record, so what is not in sync is not compared.
struct DomainComparison: Sendable {
    let reader: BackupReader
    let domain: any PackageSource
    let options: Verifier.Options

    /// What was found, and how many versions were compared.
    struct Outcome: Sendable {
        var faults: [BackupFault] = []
        var compared = 0
    }

    private var backup: Backup { reader.backup }

    func compare(_ package: PackageCoordinates) async throws -> Outcome {
        var outcome = Outcome()
        let histories = try await backup.catalog.history(of: package).versions
        let records = histories.compactMap { history in history.records.last { history.counts($0) } }.filter(isDrawn)
        guard !records.isEmpty else { return outcome }
        let listed = try await domain.allVersions(of: package)
        for record in records {
            try reader.checkStop()
            guard let shown = listed[ExactText(record.coordinates.version)], shown.status == record.status,
                let revision = shown.revision, revision == record.revision
            else { continue }
            guard let manifest = try await manifest(of: record),
                let assets = try await domain.assets(of: record.coordinates, ifStill: revision)
            else { continue }
            outcome.compared += 1
            if let difference = Self.difference(manifest, assets) {
                outcome.faults.append(fault(record, difference))
            }
        }
        return outcome
    }

    private func isDrawn(_ record: ManifestRecord) -> Bool {
        record.status.isDownloadable && options.selection.contains(record.coordinates)
            && options.sample.contains(backup.layout.key(of: record))
    }

    /// Nil for a record that does not pass the reader, which is reported separately.
    private func manifest(of record: ManifestRecord) async throws -> Manifest? {
        do {
            return try await backup.catalog.manifest(of: record)
        } catch let failure as RemoteFailure where [.untrusted, .absent, .archived].contains(failure.kind) {
            return nil
        }
    }

    /// In what a record differs from the files of its version; nil for nothing. Documents that the service makes itself may
    /// be left out of a record.
    static func difference(_ manifest: Manifest, _ assets: [Asset]) -> String? {
        var shown: [ExactText: Asset] = [:]
        for asset in assets where asset.name != MavenMetadata.fileName { shown[ExactText(asset.name)] = asset }
        var words: [String] = []
        for recorded in manifest.assets.map(\.asset) where recorded.name != MavenMetadata.fileName {
            guard let asset = shown.removeValue(forKey: ExactText(recorded.name)) else {
                words.append("\(recorded.name) is not there")
                continue
            }
            if asset.size != recorded.size || asset.checksums.sha256 != recorded.checksums.sha256 {
                words.append(
                    "\(recorded.name) has \(asset.size) bytes and the SHA-256 \(asset.checksums.sha256 ?? "not known"), and "
                        + "in the record \(recorded.size) and \(recorded.checksums.sha256 ?? "none")"
                )
                continue
            }
            for algorithm in ChecksumAlgorithm.byWeight {
                guard let sum = asset.checksums[algorithm], let other = recorded.checksums[algorithm], sum != other
                else {
                    continue
                }
                words.append("\(recorded.name) has the \(algorithm.serviceName) \(sum), and in the record \(other)")
            }
        }
        words += shown.keys.sorted().map { "\($0) is not in the record" }
        guard let first = words.first else { return nil }
        return words.count == 1 ? first : "\(first) (and \(words.count - 1) more)"
    }

    private func fault(_ record: ManifestRecord, _ difference: String) -> BackupFault {
        let place = Place(record.coordinates.package, version: record.coordinates.version)
        return BackupFault(
            .contradictedRecord,
            of: place,
            at: backup.layout.key(of: record),
            "the domain shows this revision with other files: \(difference). A run records what the domain shows, so find out "
                + "who wrote the record, or changed the domain, and compare with another copy of the bucket"
        )
    }
}
