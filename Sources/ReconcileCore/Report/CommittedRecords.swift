/// The records that a run has written, so that it can check at its end that they are listed.
///
/// Keeps a version's name and a hash of its record's name, about 50 bytes per version; if a version has several
/// records, the last one counts.
struct CommittedRecords: Sendable {
    private struct Row {
        let file: UInt64
        let isNew: Bool
        /// The least bytes that it is listed with; 0 if that is not known.
        let size: Int
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

    /// The versions that had no record before the run.
    var newlyRecorded: RunReport.Recorded {
        byName.values.reduce(into: RunReport.Recorded(versions: 0, repositories: [:])) { sum, package in
            let new = package.rows.values.count(where: \.isNew)
            guard new > 0 else { return }
            sum = sum + RunReport.Recorded(versions: new, repositories: [package.coordinates.repository: new])
        }
    }

    // MARK: Filling

    /// - Parameters:
    ///   - isNew: whether the version had no record before.
    ///   - size: the bytes that were written, without a seal; nil if that is not known.
    mutating func insert(_ record: ManifestRecord, isNew: Bool, size: Int?) {
        insert(
            record.coordinates.package,
            record.coordinates.version,
            record.fileName,
            isNew: isNew,
            size: size
        )
    }

    mutating func insert(_ record: PackageRecord) {
        insert(record.package, "", record.fileName, isNew: false, size: nil)
    }

    private mutating func insert(
        _ package: PackageCoordinates,
        _ version: String,
        _ file: String,
        isNew: Bool,
        size: Int?
    ) {
        let (name, version) = (Self.name(of: package), ExactText(version))
        let wasNew = byName[name]?.rows[version]?.isNew ?? false
        byName[name, default: Package(coordinates: package)].rows[version] =
            Row(file: Self.hash(file), isNew: isNew || wasNew, size: size ?? 0)
    }

    // MARK: Checking

    /// Marks a record that a listing contains, unless it has fewer bytes than were written.
    mutating func see(_ record: ManifestRecord, size: Int64) {
        see(record.coordinates.package, record.coordinates.version, record.fileName, size)
    }

    mutating func see(_ record: PackageRecord, size: Int64) {
        see(record.package, "", record.fileName, size)
    }

    private mutating func see(_ package: PackageCoordinates, _ version: String, _ file: String, _ size: Int64) {
        let (name, version) = (Self.name(of: package), ExactText(version))
        guard let row = byName[name]?.rows[version], row.file == Self.hash(file), size >= row.size else { return }
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
