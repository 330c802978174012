import Synchronization

/// What the versions in work at once must know of one another to write the documents of shared folders: which packages
/// are recorded and which groups have Maven plugins, so that nobody looks for others, and the manifests about to be
/// committed.
///
/// Keeps a hash of each package. Whoever is about to record a plugin adds its group first. Safe to call from anywhere at
/// any time.
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
    /// By the group that a folder is of.
    private let pending = Mutex<[Group: [Manifest]]>([:])
    /// What records say of their plugin, as far as that is known.
    private let entries = Mutex<[ManifestRecord: RecordedPlugin?]>([:])
    /// Those who wait for a folder; a folder that is in use has an entry.
    private let waiting = Mutex<[Group: [CheckedContinuation<Void, Never>]]>([:])

    private let mayHold: @Sendable (_ namespace: String) -> Bool

    /// - Parameter mayHold: whether a namespace may have records of packages that nobody adds; for those who have not listed
    ///   them all.
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

    /// Counts a manifest as committed, for everybody who writes a document that depends on it, while `work` writes its
    /// documents and commits it: nobody writes over one what lacks it.
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

    /// What a record says of its plugin; nil if nobody has kept it.
    func entry(of record: ManifestRecord) -> RecordedPlugin?? { entries.withLock { $0[record] } }

    func keep(_ entry: RecordedPlugin?, of record: ManifestRecord) {
        entries.withLock { $0[record] = .some(entry) }
    }

    /// The manifests about to be committed that the document of a folder depends on.
    func pending(in folder: DocumentFolder) -> [Manifest] {
        guard let group = folder.group else { return [] }
        return pending.withLock { $0[Group(group, in: folder.repository)] ?? [] }
    }

    /// Does work on a folder's document while nobody else does: what is written last knows all that was pending before.
    ///
    /// Waits for the others even when the task is cancelled. Not to be called inside `work`.
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
