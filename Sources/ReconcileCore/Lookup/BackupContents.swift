/// The packages in a backup, and how many versions each has, from a walk over its records.
package struct BackupContents: Hashable, Sendable {
    /// A package with its counts.
    package struct Row: Hashable, Sendable {
        package let coordinates: PackageCoordinates
        /// Versions that have a record, including deleted ones.
        package fileprivate(set) var versions: Int
        package fileprivate(set) var newestRecord: Timestamp
    }

    /// Sorted by the bytes of repository, namespace and name.
    package let packages: [Row]
    /// How many further packages there are, beyond `limit`.
    package let unlisted: Int

    /// The maximum number of packages to keep, which take about 20 MB.
    package static let limit = 100_000

    /// Counts what a walk has visited. Takes records in any order.
    package struct Census {
        private var rows: [ExactText: Row] = [:]
        private var unlisted: Set<UInt64> = []
        /// Hashes of versions. In one of 10^7 backups with a million versions, a collision hides one of them.
        private var versions: Set<UInt64> = []
        private let seed = UInt64.random(in: .min ... .max)
        private let limit: Int

        package init(limit: Int = BackupContents.limit) { self.limit = limit }

        package mutating func add(_ record: ManifestRecord) {
            let package = record.coordinates.package
            // A separator that sorts before every character of a name keeps the order of the parts.
            let key = ExactText([package.repository, package.namespace, package.name].joined(separator: "\u{0}"))
            var hash = SeededHash(seed: seed)
            hash.combine(key.value)
            if rows[key] == nil {
                guard rows.count < limit else {
                    unlisted.insert(hash.value)
                    return
                }
                rows[key] = Row(coordinates: package, versions: 0, newestRecord: record.recordedAt)
            }
            hash.combine(record.coordinates.version)
            if versions.insert(hash.value).inserted { rows[key]?.versions += 1 }
            rows[key]?.newestRecord.advance(to: record.recordedAt)
        }

        package var contents: BackupContents {
            BackupContents(
                packages: rows.sorted { $0.key < $1.key }.map(\.value),
                unlisted: unlisted.count
            )
        }
    }
}

extension BackupContents {
    /// A repository or a group, with the counts of its content.
    package struct Folder: Hashable, Sendable {
        package let name: String
        package fileprivate(set) var packages = 0
        package fileprivate(set) var versions = 0
        package fileprivate(set) var newestRecord: Timestamp
    }

    package var repositories: [Folder] { Self.folders(packages, by: \.repository) }

    /// The groups of a repository.
    package func groups(in repository: String) -> [Folder] {
        Self.folders(
            packages.filter { ExactText($0.coordinates.repository) == ExactText(repository) },
            by: \.namespace
        )
    }

    /// The packages of a group.
    package func packages(in repository: String, ofGroup namespace: String) -> [Row] {
        packages.filter {
            ExactText($0.coordinates.repository) == ExactText(repository)
                && ExactText($0.coordinates.namespace) == ExactText(namespace)
        }
    }

    /// The packages whose `group:name` contains a text, ignoring case. If the text includes a version, only the package
    /// that it names.
    package func packages(matching text: String) -> [Row] {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let wanted = Array(parts.prefix(2).joined(separator: ":").utf8)
        var name: [UInt8] = []
        return packages.filter { row in
            row.coordinates.spell(&name)
            return parts.count > 2 ? name == wanted : name.holds(wanted)
        }
    }

    private static func folders(_ rows: [Row], by name: KeyPath<PackageCoordinates, String>) -> [Folder] {
        var folders: [Folder] = []
        for row in rows {
            let found = row.coordinates[keyPath: name]
            if folders.last.map({ ExactText($0.name) != ExactText(found) }) ?? true {
                folders.append(Folder(name: found, newestRecord: row.newestRecord))
            }
            folders[folders.count - 1].packages += 1
            folders[folders.count - 1].versions += row.versions
            folders[folders.count - 1].newestRecord.advance(to: row.newestRecord)
        }
        return folders
    }
}

extension PackageCoordinates {
    /// Replaces the content of a buffer with `group:name` in lower case.
    fileprivate func spell(_ buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        buffer += namespace.utf8
        buffer.append(UInt8(ascii: ":"))
        buffer += name.utf8
        guard buffer.allSatisfy({ $0 < 0x80 }) else {
            buffer = Array("\(namespace):\(name)".lowercased().utf8)
            return
        }
        for place in buffer.indices where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(buffer[place]) {
            buffer[place] |= 0x20
        }
    }
}

extension Timestamp {
    fileprivate mutating func advance(to later: Timestamp) { self = max(self, later) }
}
