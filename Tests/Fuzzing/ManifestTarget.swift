import ReconcileCore

/// The JSON of a manifest, as it comes back from the store under the key that it says is its own.
///
/// - What is accepted has canonical bytes; they are accepted too, mean the same, and are the canonical ones of that.
/// - Its assets are in order of name, no two of one name, and their sizes add up.
/// - What it says of a snapshot is of builds of it, and names no file that nobody has.
/// - The record that it names as the one before it is one of the same version.
/// - The key that its record gives is read back as that record.
/// - A refusal has a reason.
@Sendable func checkManifest(_ bytes: [UInt8]) throws {
    let layout = BackupLayout(domain: "d")
    let records = [
        record("r", "com.acme", "app", "1.0", "Ciqe5/9y+A==", .published), record("r", "", "a", "é", nil, .deleted),
        record("r", "n", "p", "1", nil, .unlisted),
        record("r", "com.acme", "app", "1.0-SNAPSHOT", "Ciqe5/9y+A==", .published),
    ]
    let reader = RecordReader(layout: layout, now: recordedAt)
    for record in records {
        let manifest: Manifest
        do throws(RecordRefusal) {
            manifest = try reader.manifest(bytes, of: record)
        } catch {
            try require(!error.reason.isEmpty, "no reason")
            continue
        }
        let canonical = try manifest.canonicalBytes()
        let again = try reader.manifest(canonical, of: record)
        try require(again == manifest, "read again, \(again) is not \(manifest)")
        try require(try again.canonicalBytes() == canonical, "the canonical bytes have others")

        let names = manifest.assets.map { ExactText($0.asset.name) }
        try require(zip(names, names.dropFirst()).allSatisfy { $0 < $1 }, "the assets are not in order")
        let total = manifest.assets.reduce(Int64(0)) { $0 + $1.asset.size }
        try require(total >= 0, "the sizes do not add up")

        let document = MavenMetadata.snapshotLevel(of: manifest, with: [])
        let own = Set(names)
        for file in document?.snapshotVersions ?? [] {
            let ending = "\(file.classifier.map { "-\($0)" } ?? "").\(file.fileExtension)"
            try require(own.contains(ExactText("app-\(file.value)\(ending)")), "no asset is \(file)")
        }

        if case .named(let path, _)? = manifest.previous {
            let previous = layout.record(at: ObjectKey("\(layout.prefix)\(path)"))
            try require(previous?.coordinates == manifest.coordinates, "\(path) is no record of the version")
        }
        let key = layout.key(of: manifest.record)
        try require(layout.record(at: key) == manifest.record, "the key \(key.value) is not read back")
    }
}

private let recordedAt = Timestamp(seconds: 1_795_336_572)

private func record(
    _ repository: String,
    _ namespace: String,
    _ name: String,
    _ version: String,
    _ revision: String?,
    _ status: VersionStatus
) -> ManifestRecord {
    let package = PackageCoordinates(repository: repository, namespace: namespace, name: name)
    return ManifestRecord(
        coordinates: VersionCoordinates(package: package, version: version),
        recordedAt: recordedAt,
        revision: revision,
        status: status
    )
}
