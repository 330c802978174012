import Synchronization

/// State shared by concurrent writers of documents in the same folders: which packages are recorded, which groups have
/// Maven plugins, and which manifests are about to be committed. It saves looking these up.
///
/// Keeps a hash of each package. Add the group of a plugin before recording it. Safe to call from any task at any time.
package final class PluginGroups: Sendable {
    private struct Group: Hashable {
        let repository: ExactText
        let name: ExactText

        init(_ name: String, in repository: String) {
            self.repository = ExactText(repository)
            self.name = ExactText(name)
        }
    }

    private let groups = Mutex<Set<Group>>([])
    private let packages = Mutex<Set<UInt64>>([])
    /// By the group that the folder belongs to.
    private let pending = Mutex<[Group: [Manifest]]>([:])
    /// The plugin entries of records, as far as they are known.
    private let entries = Mutex<[ManifestRecord: RecordedPlugin?]>([:])
    /// Versions in whose directories no document is written.
    private let claimed = Mutex<Set<[ExactText]>>([])
    /// The tasks that wait for a folder; a folder in use has an entry.
    private let waiting = Mutex<[Group: [CheckedContinuation<Void, Never>]]>([:])

    private let mayHold: @Sendable (_ namespace: String) -> Bool

    /// - Parameter mayHold: whether a namespace may have records of packages that are never added, for callers that
    ///   haven't listed all of them.
    package init(unlisted mayHold: @escaping @Sendable (_ namespace: String) -> Bool = { _ in false }) {
        self.mayHold = mayHold
    }

    /// Adds a package that has a record.
    package func insert(_ package: PackageCoordinates) {
        let hash = Self.hash(package)
        packages.withLock { _ = $0.insert(hash) }
        insert(groupOf: package)
    }

    /// Whether a package may have a record.
    func mayHave(_ package: PackageCoordinates) -> Bool {
        let hash = Self.hash(package)
        return packages.withLock { $0.contains(hash) } || mayHold(package.namespace)
    }

    private static func hash(_ package: PackageCoordinates) -> UInt64 {
        var hash = SeededHash(seed: 0x7061_636B_6167_6573)
        for text in [package.repository, package.namespace, package.name] { hash.combine(text) }
        return hash.value
    }

    /// Adds the group of a plugin; does nothing for any other package.
    package func insert(groupOf package: PackageCoordinates) {
        guard package.isPlugin else { return }
        insert(group: package.namespace, in: package.repository)
    }

    func insert(group: String, in repository: String) {
        let group = Group(group, in: repository)
        groups.withLock { _ = $0.insert(group) }
    }

    /// Counts a manifest as committed, for all writers of documents that depend on it, while `work` writes its
    /// documents and commits it. So no writer replaces a document with one that lacks it.
    func committing(_ manifest: Manifest, _ work: () async throws -> Void) async throws {
        let package = manifest.coordinates.package
        insert(package)
        let names = [DocumentFolder(of: package).group, package.isPlugin ? package.namespace : nil].compactMap(\.self)
        let folders = Set(names.map { Group($0, in: package.repository) })
        pending.withLock { pending in
            for folder in folders { pending[folder, default: []].append(manifest) }
        }
        defer {
            pending.withLock { pending in
                for folder in folders {
                    pending[folder]?.removeAll { $0.record == manifest.record }
                    if pending[folder]?.isEmpty == true { pending[folder] = nil }
                }
            }
        }
        try await work()
    }

    func claimDirectory(of version: VersionCoordinates) {
        claimed.withLock { _ = $0.insert(version.exact) }
    }

    func releaseDirectory(of version: VersionCoordinates) {
        claimed.withLock { _ = $0.remove(version.exact) }
    }

    func hasClaimed(_ version: VersionCoordinates) -> Bool { claimed.withLock { $0.contains(version.exact) } }

    /// The plugin entry of a record; nil if it hasn't been kept.
    func entry(of record: ManifestRecord) -> RecordedPlugin?? { entries.withLock { $0[record] } }

    func keep(_ entry: RecordedPlugin?, of record: ManifestRecord) {
        entries.withLock { $0[record] = .some(entry) }
    }

    /// The manifests about to be committed that a folder's document depends on.
    func pending(in folder: DocumentFolder) -> [Manifest] {
        guard let group = folder.group else { return [] }
        return pending.withLock { $0[Group(group, in: folder.repository)] ?? [] }
    }

    /// Performs `work` on a folder's document exclusively, so that the last write knows everything that was pending
    /// before it.
    ///
    /// Waits its turn even if the task is cancelled. Must not be called from within `work`.
    func alone<Value>(in folder: DocumentFolder, _ work: () async throws -> Value) async throws -> Value {
        guard let name = folder.group else { return try await work() }
        let group = Group(name, in: folder.repository)
        await withCheckedContinuation { turn in
            let isFree = waiting.withLock { waiting in
                if waiting[group] == nil {
                    waiting[group] = []
                    return true
                }
                waiting[group]?.append(turn)
                return false
            }
            if isFree { turn.resume() }
        }
        defer {
            let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
                guard let next = waiting[group]?.first else {
                    waiting[group] = nil
                    return nil
                }
                waiting[group]?.removeFirst()
                return next
            }
            next?.resume()
        }
        return try await work()
    }

    /// Whether a group may have plugins.
    package func contains(_ group: String, in repository: String) -> Bool {
        groups.withLock { $0.contains(Group(group, in: repository)) } || mayHold(group)
    }
}
