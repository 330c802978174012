import ReconcileCore

/// A bucket whose keys look as they do after a full backup of synthetic packages.
extension LocalS3 {
    /// Stores an object without meaningful content under the key of every manifest that a backup of a domain's
    /// synthetic packages would have.
    ///
    /// A run compares only keys, so it finds everything in sync. Reading such a manifest fails.
    package func storeManifests(of domain: LocalCodeArtifact.Configuration, in bucket: String = "backup") {
        let layout = BackupLayout(domain: domain.domain)
        // About as long as a real record.
        let unread = [UInt8](repeating: 0x20, count: 200)
        for settings in domain.repositories {
            guard let recipe = settings.synthetic else { continue }
            let repository = SyntheticRepository(recipe: recipe, repository: settings.name)
            for number in 0..<repository.count {
                let package = repository[number]
                let coordinates = PackageCoordinates(
                    repository: settings.name,
                    namespace: package.key.namespace,
                    name: package.key.name
                )
                for index in 0..<package.count {
                    let record = ManifestRecord(
                        coordinates: VersionCoordinates(package: coordinates, version: package.name(index)),
                        recordedAt: Timestamp(seconds: 1_700_000_000),
                        revision: package.revision(index),
                        status: .published
                    )
                    store(unread, under: layout.key(of: record).value, in: bucket)
                }
            }
        }
    }
}
