package import ReconcileCore
import Synchronization

/// How far away the ports of a test are: each request of theirs takes one round trip, by a clock of its own, and is noted.
package final class Distance: Sendable {
    /// One request; times are in round trips.
    package struct Request: Hashable, Sendable {
        package let name: String
        package let begun: Int
        package let ended: Int
    }

    private struct State {
        var requests: [Request] = []
        var moving = 0
        var mostMoving = 0
        var hasSession = false
    }

    package let time: SimulatedTime
    private let roundTrip: Duration
    private let state = Mutex(State())
    private let session = SingleFlight<Void>()

    package init(_ time: SimulatedTime, roundTrip: Duration = .seconds(1)) {
        self.time = time
        self.roundTrip = roundTrip
    }

    /// Every request that was answered, in the order of the answers.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// How many assets were in motion at most.
    package var mostMoving: Int { state.withLock { $0.mostMoving } }

    /// When the first request of a name began.
    package func firstBegun(_ name: String) -> Int? { requests.filter { $0.name == name }.map(\.begun).min() }

    /// When the last request of a name ended.
    package func lastEnded(_ name: String) -> Int? { requests.filter { $0.name == name }.map(\.ended).max() }

    fileprivate func pass(_ operation: ServiceOperation, requests: Int = 1) async throws {
        for _ in 0..<requests {
            let begun = now
            try await time.sleep(for: roundTrip)
            state.withLock { $0.requests.append(Request(name: "\(operation)", begun: begun, ended: now)) }
        }
    }

    /// A token and an endpoint, which the adapter asks for side by side when the first file is read.
    fileprivate func begin() async throws {
        try await session.run {
            if state.withLock({ $0.hasSession }) { return }
            try await time.sleep(for: roundTrip)
            state.withLock { $0.hasSession = true }
        }
    }

    fileprivate func moving<R>(_ work: () async throws -> R) async throws -> R {
        state.withLock { state in
            state.moving += 1
            state.mostMoving = max(state.mostMoving, state.moving)
        }
        defer { state.withLock { $0.moving -= 1 } }
        return try await work()
    }

    private var now: Int { Int(time.now() / roundTrip) }
}

/// A source that is far away.
package struct DistantSource: PackageSource {
    private let base: any PackageSource
    private let distance: Distance

    package init(_ base: any PackageSource, _ distance: Distance) {
        self.base = base
        self.distance = distance
    }

    package var operations: SourceOperations { base.operations }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        try await distance.pass(TestOperations.listRepositories)
        return try await base.repositories(after: token)
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        try await distance.pass(TestOperations.listPackages)
        return try await base.packages(in: repository, after: token)
    }

    package func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await distance.pass(TestOperations.describePackage)
        return try await base.originControls(of: package)
    }

    package func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        try await distance.pass(TestOperations.listVersions)
        return try await base.versions(of: package, after: token)
    }

    package func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        try await distance.pass(TestOperations.listAssets)
        return try await base.assets(of: version, after: token)
    }

    package func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        try await distance.pass(TestOperations.describeVersion)
        return try await base.describe(version)
    }

    package func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await distance.begin()
        try await distance.pass(TestOperations.getMetadata)
        return try await base.metadata(of: package)
    }

    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        try await distance.begin()
        try await distance.pass(TestOperations.getMetadata)
        return try await base.metadata(ofSnapshot: version)
    }

    package func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        try await distance.begin()
        try await distance.pass(TestOperations.getMetadata)
        return try await base.metadata(ofGroup: namespace, in: repository)
    }

    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        Body(base: base.body(of: asset, in: version), distance: distance)
    }

    /// A redirect and the bytes.
    private struct Body: AssetBody {
        let base: any AssetBody
        let distance: Distance

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            try await distance.begin()
            try await distance.pass(TestOperations.getAsset, requests: 2)
            try await base.read(receive)
        }
    }
}

/// A store that is far away.
package struct DistantStore: ObjectStore {
    private let base: any ObjectStore
    private let distance: Distance

    package init(_ base: any ObjectStore, _ distance: Distance) {
        self.base = base
        self.distance = distance
    }

    package var location: String { base.location }
    package var operations: StoreOperations { base.operations }
    package var keepsWrites: Bool { base.keepsWrites }

    package func keepsVersions() async throws -> Bool? {
        try await distance.pass(TestOperations.getVersioning)
        return try await base.keepsVersions()
    }

    package var listsInByteOrder: Bool { base.listsInByteOrder }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await distance.pass(TestOperations.list)
        return try await base.list(prefix: prefix, startingAfter: start, after: token)
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await distance.pass(TestOperations.list)
        return try await base.folders(under: prefix)
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await distance.pass(TestOperations.head)
        return try await base.inspect(key, versionID: versionID)
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        Body(base: base.body(at: key, versionID: versionID, range: range), distance: distance)
    }

    private struct Body: AssetBody {
        let base: any AssetBody
        let distance: Distance

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            try await distance.pass(TestOperations.get)
            try await base.read(receive)
        }
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await distance.pass(TestOperations.get)
        return try await base.read(key, limit: limit)
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await distance.pass(TestOperations.get)
        return try await base.holds(bytes, at: key)
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await distance.pass(TestOperations.put)
        return try await base.write(bytes, to: key, condition)
    }

    /// The bytes as they are read, and then the answer.
    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await distance.moving {
            let outcome = try await base.write(body, of: asset, to: key, condition)
            try await distance.pass(TestOperations.put)
            return outcome
        }
    }
}

/// A destination that is far away, and takes so many writes a second.
package struct DistantDestination: PackageDestination {
    private let base: any PackageDestination
    private let distance: Distance
    private let governor: RateGovernor
    /// Any write, as far as the rate is concerned.
    private static let paced = ServiceOperation(
        .domain,
        service: "codeartifact",
        name: "Write",
        isWrite: true,
        rates: [.accountWrites]
    )

    package init(_ base: any PackageDestination, _ distance: Distance, writesASecond: Double) {
        self.base = base
        self.distance = distance
        governor = RateGovernor(limits: [.accountWrites: writesASecond], clock: distance.time)
    }

    package func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await distance.moving {
            try await governor.admit(Self.paced)
            try await base.publish(body, of: asset, in: directory, of: package)
            try await distance.pass(TestOperations.putAsset)
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await pass(TestOperations.putMetadata)
        try await base.publish(bytes, as: name, in: directory, of: package)
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws {
        try await pass(TestOperations.putMetadata)
        try await base.publish(bytes, as: name, ofGroup: namespace, in: repository)
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws {
        try await pass(TestOperations.updateStatus)
        try await base.setStatus(status, of: version)
    }

    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws {
        try await pass(TestOperations.putOriginControls)
        try await base.setOriginControls(controls, of: package)
    }

    package func upstreams(of repository: String) async throws -> [String] {
        try await distance.pass(TestOperations.describeRepository)
        return try await base.upstreams(of: repository)
    }

    private func pass(_ write: ServiceOperation) async throws {
        try await governor.admit(Self.paced)
        try await distance.pass(write)
    }
}
