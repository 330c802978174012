/// The records that a run has written, so that it can check at its end that they are listed.
///
/// Keeps a version's name and a hash of its record's name, about 50 bytes per version; if a version has several
/// records, the last one counts.
struct CommittedRecords: Sendable {
    private struct Row {
        let file: UInt64
        let isNew: Bool
        var isSeen = false
    }

    private struct Package {
        let coordinates: PackageCoordinates
        /// By version; the package's own record has the empty name.
        var rows: [ExactText: Row] = [:]
    }

    private var byName: [[ExactText]: Package] = [:]

    var isEmpty: Bool { byName.isEmpty }

    /// The packages that the records belong to.
    var packages: [PackageCoordinates] { byName.values.map(\.coordinates) }

    /// How many versions had no record before the run.
    var newVersions: Int { byName.values.reduce(0) { sum, package in sum + package.rows.values.count(where: \.isNew) } }

    // MARK: Filling

    /// - Parameter isNew: whether the version had no record before.
    mutating func insert(_ record: ManifestRecord, isNew: Bool) {
        insert(
            record.coordinates.package,
            record.coordinates.version,
            record.fileName,
            isNew: isNew
        )
    }

    mutating func insert(_ record: PackageRecord) {
        insert(record.package, "", record.fileName, isNew: false)
    }

    private mutating func insert(
        _ package: PackageCoordinates,
        _ version: String,
        _ file: String,
        isNew: Bool
    ) {
        let (name, version) = (Self.name(of: package), ExactText(version))
        let wasNew = byName[name]?.rows[version]?.isNew ?? false
        byName[name, default: Package(coordinates: package)].rows[version] =
            Row(file: Self.hash(file), isNew: isNew || wasNew)
    }

    // MARK: Checking

    /// Marks a record that a listing contains.
    mutating func see(_ record: ManifestRecord) {
        see(record.coordinates.package, record.coordinates.version, record.fileName)
    }

    mutating func see(_ record: PackageRecord) {
        see(record.package, "", record.fileName)
    }

    private mutating func see(_ package: PackageCoordinates, _ version: String, _ file: String) {
        let (name, version) = (Self.name(of: package), ExactText(version))
        guard byName[name]?.rows[version]?.file == Self.hash(file) else { return }
        byName[name]?.rows[version]?.isSeen = true
    }

    /// Removes and returns the records that no listing contained: a package, and a version unless the record is the
    /// package's own.
    mutating func removeUnseen() -> [(package: PackageCoordinates, version: String?)] {
        var unseen: [(package: PackageCoordinates, version: String?)] = []
        for (name, package) in byName {
            for (version, row) in package.rows where !row.isSeen {
                unseen.append((package.coordinates, version.value.isEmpty ? nil : version.value))
                byName[name]?.rows[version] = nil
            }
        }
        return unseen.sorted { "\($0)" < "\($1)" }
    }

    private static func name(of package: PackageCoordinates) -> [ExactText] {
        [package.repository, package.namespace, package.name].map(ExactText.init)
    }

    private static func hash(_ file: String) -> UInt64 {
        var hash = SeededHash(seed: 0x636F_6D6D_6974)
        hash.combine(file)
        return hash.value
    }
}
