import Cryptography
import MavenXML
package import ReconcileCore
import Synchronization

/// A domain in memory as a restore writes to it, after the service's rules.
package struct InMemoryDestination: PackageDestination {
    private let source: InMemorySource
    private let documentsPublish: Bool

    /// - Parameter documentsPublish: whether a document makes versions Published, or is taken and leaves them Unfinished.
    package init(_ source: InMemorySource, documentsPublish: Bool = true) {
        self.source = source
        self.documentsPublish = documentsPublish
    }

    package func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        let operation = directory == nil ? TestOperations.putMetadata : TestOperations.putAsset
        let target = "\(package):\(directory ?? "")/\(asset.name)"
        try await source.conduct.enter(operation)
        var bytes: [UInt8] = []
        try await body.read { bytes += $0 }
        guard Int64(bytes.count) == asset.size, asset.checksums.sha256.map({ $0 == sha256(bytes) }) ?? true else {
            throw body.corrupt("other bytes than listed", for: BodyOrigin(operation, target))
        }
        guard let directory else {
            publishReleases(named: String(decoding: bytes, as: UTF8.self), document: bytes, of: package)
            return
        }
        let name = try Self.version(of: asset.name, in: directory, package.name, operation, target)
        try change(name, of: package, operation, target) { state throws(RemoteFailure) in
            if state.status == .archived || state.status == .disposed {
                throw RemoteFailure(.conflict, operation: operation, target: target, message: "\(state.status)")
            }
            if let held = state.assets[ExactText(asset.name)], held != bytes {
                throw RemoteFailure(.conflict, operation: operation, target: target, message: "other bytes are there")
            }
            let isNew = state.assets.updateValue(bytes, forKey: ExactText(asset.name)) == nil
            return isNew
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let target = "\(package):\(directory ?? "")/\(name)"
        if name == MavenMetadata.fileName {
            let operation = TestOperations.putMetadata
            try await source.conduct.enter(operation)
            if let directory, VersionName(directory).isSnapshot {
                try publishSnapshot(directory, named: text, of: package, operation, target)
            } else if directory == nil {
                publishReleases(named: text, document: bytes, of: package)
            } else {
                throw RemoteFailure(.invalid, operation: operation, target: target, message: "no place for it")
            }
        } else {
            let operation = TestOperations.putChecksum
            try await source.conduct.enter(operation)
            guard let directory, !name.hasPrefix(MavenMetadata.fileName) else { return }
            try dispute(name, sum: text, in: directory, of: package, operation, target)
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws {
        guard name == MavenMetadata.fileName else {
            return try await source.conduct.enter(TestOperations.putChecksum)
        }
        try await source.conduct.enter(TestOperations.putMetadata)
        source.setGroupMetadata(.success(try? MavenMetadata(xml: bytes)), of: namespace, in: repository)
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws {
        let operation = TestOperations.updateStatus
        try await source.conduct.enter(operation)
        try source.state.withLock { state throws(RemoteFailure) in
            let package = InMemorySource.name(version.package)
            guard var found = state.packages[package]?.versions[ExactText(version.version)] else {
                throw RemoteFailure(.absent, operation: operation, target: "\(version)", message: "NOT_FOUND")
            }
            guard found.status != .disposed else {
                throw RemoteFailure(.conflict, operation: operation, target: "\(version)", message: "NOT_ALLOWED")
            }
            found.status = status
            state.packages[package]?.versions[ExactText(version.version)] = found
        }
    }

    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws {
        try await source.conduct.enter(TestOperations.putOriginControls)
        source.setControls(controls, of: package)
    }

    package func upstreams(of repository: String) async throws -> [String] {
        try await source.conduct.enter(TestOperations.describeRepository)
        return source.state.withLock { $0.upstreams[ExactText(repository)] ?? [] }
    }

    package func setUpstreams(_ upstreams: [String], of repository: String) {
        source.addRepository(repository)
        source.state.withLock { $0.upstreams[ExactText(repository)] = upstreams }
    }

    // MARK: Rules

    /// The version that a file in a Maven directory is of: the build that its name tells, in a snapshot's.
    private static func version(
        of file: String,
        in directory: String,
        _ artifact: String,
        _ operation: ServiceOperation,
        _ target: String
    ) throws(RemoteFailure) -> String {
        guard VersionName(directory).isSnapshot else { return directory }
        let named = MavenMetadata.snapshotLevel(
            groupID: "",
            artifactID: artifact,
            version: directory,
            assetNames: [file]
        )
        guard let build = named?.snapshotVersions.first?.value else {
            let message = "Invalid name for a Snapshot build asset"
            throw RemoteFailure(.invalid, operation: operation, target: target, message: message)
        }
        return build
    }

    /// - Parameter change: whether the version's content is another now.
    private func change(
        _ name: String,
        of package: PackageCoordinates,
        _ operation: ServiceOperation,
        _ target: String,
        _ change: (inout InMemorySource.VersionState) throws(RemoteFailure) -> Bool
    ) throws {
        try source.state.withLock { state throws(RemoteFailure) in
            guard state.repositories.contains(ExactText(package.repository)) else {
                throw RemoteFailure(.absent, operation: operation, target: target, message: "no such repository")
            }
            let revision = InMemorySource.newRevision(&state)
            let key = InMemorySource.name(package)
            if state.packages[key]?.controls?.publish == .block {
                throw RemoteFailure(.denied, operation: operation, target: target, message: "publishing is blocked")
            }
            var found =
                state.packages[key]?.versions[ExactText(name)]
                ?? InMemorySource.VersionState(
                    coordinates: VersionCoordinates(package: package, version: name),
                    revision: revision,
                    status: .unfinished,
                    origin: .internal,
                    publishedTime: nil,
                    assets: [:]
                )
            if try change(&found) { found.revision = revision }
            InMemorySource.add(package, &state)
            state.packages[key]?.versions[ExactText(name)] = found
        }
    }

    private func publishReleases(named document: String, document bytes: [UInt8], of package: PackageCoordinates) {
        source.state.withLock { state in
            for (name, version) in state.packages[InMemorySource.name(package)]?.versions ?? [:] {
                guard version.status == .unfinished, document.contains("<version>\(name)</version>") else { continue }
                var version = version
                version.status = documentsPublish ? .published : .unfinished
                version.publishedTime = publishingTime
                version.assets[ExactText(MavenMetadata.fileName)] = bytes
                state.packages[InMemorySource.name(package)]?.versions[name] = version
            }
        }
    }

    private func publishSnapshot(
        _ snapshot: String,
        named document: String,
        of package: PackageCoordinates,
        _ operation: ServiceOperation,
        _ target: String
    ) throws {
        try source.state.withLock { state throws(RemoteFailure) in
            let named = state.packages[InMemorySource.name(package)]?.versions.values
                .filter { document.contains("<value>\($0.coordinates.version)</value>") }
                .max { ExactText($0.coordinates.version) < ExactText($1.coordinates.version) }
            guard var build = named, document.contains("<timestamp>"), build.disputed.isEmpty else {
                throw RemoteFailure(.invalid, operation: operation, target: target, message: "no build, or disputed")
            }
            var shown = build
            shown.coordinates = VersionCoordinates(package: package, version: snapshot)
            shown.status = documentsPublish ? .published : .unfinished
            shown.publishedTime = publishingTime
            shown.document = (try? MavenMetadata(xml: Array(document.utf8))).map { .success($0) }
            shown.revision = InMemorySource.newRevision(&state)
            build.status = documentsPublish ? .unlisted : .unfinished
            build.publishedTime = build.publishedTime ?? publishingTime
            state.packages[InMemorySource.name(package)]?.versions[ExactText(build.coordinates.version)] = build
            state.packages[InMemorySource.name(package)]?.versions[ExactText(snapshot)] = shown
        }
    }

    private func dispute(
        _ file: String,
        sum: String,
        in directory: String,
        of package: PackageCoordinates,
        _ operation: ServiceOperation,
        _ target: String
    ) throws {
        guard let (asset, algorithm) = ChecksumAlgorithm.split(file) else { return }
        let name = try Self.version(of: asset, in: directory, package.name, operation, target)
        try source.state.withLock { state throws(RemoteFailure) in
            let key = InMemorySource.name(package)
            guard let bytes = state.packages[key]?.versions[ExactText(name)]?.assets[ExactText(asset)] else {
                throw RemoteFailure(.absent, operation: operation, target: target, message: "no such asset")
            }
            let isRight = sidecarDigest(bytes, algorithm) == sum
            if isRight {
                state.packages[key]?.versions[ExactText(name)]?.disputed.remove(ExactText(file))
            } else {
                state.packages[key]?.versions[ExactText(name)]?.disputed.insert(ExactText(file))
                throw RemoteFailure(.invalid, operation: operation, target: target, message: "the sum does not match")
            }
        }
    }

    private func sha256(_ bytes: [UInt8]) -> String { Hexadecimal.encode(Digest.of(bytes, .sha256)) }

    /// Later than every record of a test.
    private var publishingTime: Double { 4_000_000_000 }
}
