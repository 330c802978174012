import FoundationEssentials
import ReconcileCore

/// The contents of a domain: a value that only the functions here and in its extensions change.
///
/// They do no I/O and do not read the clock. Access to something that does not exist throws the service's 404.
struct DomainState: Sendable {
    let name: String
    /// The account that owns the domain and administers its repositories.
    let owner: String
    let region: String
    let createdTime: Double
    /// Whether a status change creates a new revision. The service seems not to do so.
    let statusChangesRevision: Bool
    /// The key that encrypts the domain's assets.
    var encryptionKey: String
    var tags = Tags()
    var policy: PermissionsPolicy?
    var groups: PackageGroups
    private(set) var repositories: [String: RepositoryState] = [:]
    private var random: SplitMix64

    init(
        name: String,
        owner: String,
        region: String,
        createdTime: Double,
        statusChangesRevision: Bool,
        seed: UInt64
    ) {
        self.name = name
        self.owner = owner
        self.region = region
        self.createdTime = createdTime
        self.statusChangesRevision = statusChangesRevision
        encryptionKey = "arn:aws:kms:\(region):\(owner):key/sandbox"
        groups = PackageGroups(createdTime: createdTime)
        random = SplitMix64(seed: seed)
    }

    mutating func add(_ repository: RepositoryState) {
        repositories[repository.name] = repository
    }

    /// Changes a repository's settings.
    mutating func changeRepository<Value>(
        _ name: String,
        _ body: (inout RepositoryState) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        guard let index = repositories.index(forKey: name) else { throw .notFound(.repository, name) }
        return try body(&repositories.values[index])
    }

    /// Deletes a repository with its contents, and removes it from the upstreams of all others.
    mutating func deleteRepository(_ name: String) throws(ServiceFailure) -> RepositoryState {
        let repository = try repository(name)
        repositories[name] = nil
        for other in repositories.keys { repositories[other]?.upstreams.removeAll { $0 == name } }
        return repository
    }

    func repository(_ name: String) throws(ServiceFailure) -> RepositoryState {
        guard let repository = repositories[name] else { throw .notFound(.repository, name) }
        return repository
    }

    func package(_ key: PackageKey, in repository: String) throws(ServiceFailure) -> PackageState {
        guard let package = try self.repository(repository)[key] else { throw .notFound(.package, key.name) }
        return package
    }

    func version(
        _ version: String,
        of key: PackageKey,
        in repository: String
    ) throws(ServiceFailure) -> VersionState {
        let holder = try self.repository(repository)
        guard holder.contains(key) else { throw .notFound(.package, key.name) }
        guard let state = holder.version(version, of: key) else { throw .notFound(.packageVersion, version) }
        return state
    }

    /// A new, unique revision.
    mutating func newRevision() -> String {
        Data(random.bytes(32)).base64EncodedString()
    }

    /// Changes a package, after creating an empty one if it does not exist and `controls` are given; returns the result
    /// of `body`.
    mutating func change<Value>(
        _ key: PackageKey,
        in repository: String,
        creating controls: OriginControls? = nil,
        _ body: (inout PackageState) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        guard var package = try self.repository(repository)[key] ?? controls.map({ PackageState(controls: $0) }) else {
            throw .notFound(.package, key.name)
        }
        let value = try body(&package)
        repositories[repository]?[key] = package
        return value
    }

    /// Removes a package with all its versions.
    mutating func deletePackage(_ key: PackageKey, in repository: String) throws(ServiceFailure) -> PackageState {
        let package = try package(key, in: repository)
        repositories[repository]?[key] = nil
        return package
    }

    /// Stores the document of a group's Maven plugins.
    mutating func setDocument(
        _ document: MavenMetadata,
        ofGroup group: String,
        in repository: String
    ) throws(ServiceFailure) {
        _ = try self.repository(repository)
        repositories[repository]?.groups[group] = document
    }
}
