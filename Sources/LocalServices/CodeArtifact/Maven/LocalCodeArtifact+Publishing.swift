import FoundationEssentials
import MavenXML
import ReconcileCore

/// The Maven endpoint: writing.
extension LocalCodeArtifact {
    /// Answers a PUT, with 201 if it is accepted.
    func write(_ path: MavenPath, to repository: MavenRepository, _ request: ServerRequest) async throws -> ServerAnswer
    {
        let bytes = try await request.bytes(upTo: configuration.largestUpload)
        try path.requireNames()
        switch path {
        case .asset(let key, let version, let name, let checksum?):
            try await check(checksum, bytes, of: name, version: version, of: key, in: repository)
        case .asset(let key, let version, let name, nil):
            try await put(StoredAsset(name: name, content: .bytes(bytes)), version: version, of: key, in: repository)
        case .misnamed(_, let version, let name, _):
            throw ServiceFailure.invalid("Invalid name for a Snapshot build asset: \(name) in \(version)")
        case .metadata(_, _, .some), .snapshotMetadata(_, _, .some):
            // Metadata is generated when it is served, so there is nothing to compare the checksum with.
            break
        case .metadata(let key, _, nil):
            try publish(bytes, of: key, in: repository)
        case .snapshotMetadata(let key, let version, nil):
            try publishSnapshot(bytes, version, of: key, in: repository)
        }
        return ServerAnswer(201)
    }

    private func put(
        _ asset: StoredAsset,
        version: String,
        of key: PackageKey,
        in repository: MavenRepository
    ) async throws {
        let domain = try domain(repository.domain)
        let stored = try domain.repository(repository.name).version(version, of: key)?.asset(asset.name)
        // Compare stored bytes by hash, before the state is locked: they may be in a file or synthetic.
        var equal: AssetContent?
        if let stored, try await ledger.facts(of: stored.content) == ledger.facts(of: asset.content) {
            equal = stored.content
        }
        _ = try change(in: repository.domain) { (domain) throws(ServiceFailure) in
            try domain.put(asset, equalTo: equal, version: version, of: key, in: repository.name)
        }
    }

    /// Checks an uploaded checksum file, which is not stored: 404 without its asset, 400 if it differs, even only in
    /// case (user guide, "Maven checksums").
    private func check(
        _ fileExtension: String,
        _ bytes: [UInt8],
        of name: String,
        version: String,
        of key: PackageKey,
        in repository: MavenRepository
    ) async throws {
        let domain = try domain(repository.domain)
        guard let asset = try domain.repository(repository.name).version(version, of: key)?.asset(name) else {
            throw ServiceFailure.notFound(.asset, name)
        }
        let expected = try await ledger.facts(of: asset.content).checksum(fileExtension: fileExtension)
        let presented = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }.first.map(String.init)
        let isWrong = presented != expected
        try change(in: repository.domain) { (domain) throws(ServiceFailure) in
            try domain.dispute(
                "\(name).\(fileExtension)",
                isWrong: isWrong,
                version: version,
                of: key,
                in: repository.name
            )
        }
        if isWrong { throw ServiceFailure.invalid("the \(fileExtension) of \(name) does not match") }
    }

    private func publish(_ bytes: [UInt8], of key: PackageKey, in repository: MavenRepository) throws {
        let metadata = try Self.metadata(bytes)
        // The document of a plugin group has no artifact, so it publishes nothing.
        if metadata.artifactID == nil, !metadata.plugins.isEmpty {
            guard configuration.keepsGroupDocuments else { return }
            return try change(in: repository.domain) { (domain) throws(ServiceFailure) in
                try domain.setDocument(metadata, ofGroup: key.group, in: repository.name)
            }
        }
        guard metadata.groupID == key.namespace, metadata.artifactID == key.name else {
            throw ServiceFailure.invalid("the metadata is not about the package that its path names")
        }
        guard configuration.documentsPublish else { return }
        let document = StoredAsset(name: "maven-metadata.xml", content: .bytes(bytes))
        try change(in: repository.domain) { (domain) throws(ServiceFailure) in
            try domain.publish(
                named: metadata.versions,
                document: configuration.keepsMetadataAsset ? document : nil,
                of: key,
                in: repository.name,
                at: Date.now.timeIntervalSince1970
            )
        }
    }

    private func publishSnapshot(
        _ bytes: [UInt8],
        _ version: String,
        of key: PackageKey,
        in repository: MavenRepository
    ) throws {
        let metadata = try Self.metadata(bytes)
        guard metadata.groupID == key.namespace, metadata.artifactID == key.name, metadata.version == version else {
            throw ServiceFailure.invalid("the metadata is not about the snapshot that its path names")
        }
        guard let timestamp = metadata.snapshot?.timestamp, let number = metadata.snapshot?.buildNumber else {
            throw ServiceFailure.invalid("the metadata has no <snapshot> with timestamp and build number")
        }
        let builds = metadata.snapshotVersions.map(\.value)
        let base = VersionName(version).snapshotBase ?? version
        guard let build = builds.first(where: { $0 == "\(base)-\(timestamp)-\(number)" }) else {
            throw ServiceFailure.invalid("no <snapshotVersion> names the build \(timestamp)-\(number)")
        }
        try change(in: repository.domain) { (domain) throws(ServiceFailure) in
            try domain.publishSnapshot(
                version,
                build: build,
                document: metadata,
                of: key,
                in: repository.name,
                publishes: configuration.documentsPublish,
                at: Date.now.timeIntervalSince1970
            )
        }
    }

    private static func metadata(_ bytes: [UInt8]) throws(ServiceFailure) -> MavenMetadata {
        do {
            return try MavenMetadata(xml: bytes)
        } catch {
            throw .invalid("the metadata cannot be read: \(error)", .cannotParse)
        }
    }
}
