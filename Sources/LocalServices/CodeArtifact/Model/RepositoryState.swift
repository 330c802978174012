import ReconcileCore

/// One repository: written packages, layered over synthetic ones that are generated from a seed.
///
/// A synthetic package uses no memory until it is changed; then it is written out in full, and the written one applies.
struct RepositoryState: Sendable {
    let name: String
    var description: String?
    let createdTime: Double
    /// The order in which a Maven GET searches them; the API never does.
    var upstreams: [String]
    /// The public repository that it would fetch from; the sandbox does not fetch anything.
    var externalConnection: String?
    var tags = Tags()
    var policy: PermissionsPolicy?
    let synthetic: SyntheticRepository?
    /// The documents of groups as they were sent, by group.
    var groups: [String: MavenMetadata] = [:]
    /// A nil entry is a deleted synthetic package.
    private var written: [PackageKey: PackageState?] = [:]
    /// The keys of written packages that are not synthetic, in ascending order.
    private(set) var writtenKeys: [PackageKey] = []

    init(name: String, description: String?, createdTime: Double, upstreams: [String], synthetic: SyntheticRepository?)
    {
        self.name = name
        self.description = description
        self.createdTime = createdTime
        self.upstreams = upstreams
        self.synthetic = synthetic
    }

    /// The package with a key; a synthetic one is written out. Nil if there is none.
    subscript(key: PackageKey) -> PackageState? {
        get {
            if let entry = written[key] { return entry }
            return synthetic?.package(key).map { $0.writtenOut() }
        }
        set {
            let isSynthetic = synthetic?.package(key) != nil
            if !isSynthetic, (written[key] != nil) != (newValue != nil) {
                let position = writtenKeys.partitioningIndex { $0 >= key }
                if newValue != nil {
                    writtenKeys.insert(key, at: position)
                } else {
                    writtenKeys.remove(at: position)
                }
            }
            if newValue == nil, !isSynthetic {
                written.removeValue(forKey: key)
            } else {
                written.updateValue(newValue, forKey: key)
            }
        }
    }

    /// The synthetic package with a key if it has not been changed; for answers that need not write it out.
    func untouched(_ key: PackageKey) -> SyntheticPackage? {
        written[key] == nil ? synthetic?.package(key) : nil
    }

    /// Whether the package exists.
    func contains(_ key: PackageKey) -> Bool {
        if let entry = written[key] { return entry != nil }
        return synthetic?.package(key) != nil
    }

    /// The origin controls of a package; nil if it does not exist.
    func controls(_ key: PackageKey) -> OriginControls? {
        if let entry = written[key] { return entry?.controls }
        return synthetic?.package(key) == nil ? nil : .published
    }

    /// One version; nil if it does not exist.
    func version(_ version: String, of key: PackageKey) -> VersionState? {
        if let untouched = untouched(key) { return untouched.version(version) }
        return self[key]?.versions[version]
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that is false up to some element and true from there on.
    func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
