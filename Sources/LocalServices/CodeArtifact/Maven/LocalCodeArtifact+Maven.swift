import FoundationEssentials
import ReconcileCore

/// A repository as named in the URL of its Maven endpoint.
struct MavenRepository: Hashable, Sendable {
    let domain: String
    let name: String
}

/// The Maven endpoint: authentication, and reading.
extension LocalCodeArtifact {
    /// Answers a request below `/maven/`, in path form or with the domain in the host name.
    func answerMaven(_ request: ServerRequest) async throws -> ServerAnswer {
        guard let (repository, rest) = repositoryAndPath(request), let path = MavenPath(rest) else {
            counter.count("maven.Unknown")
            return .text(request.method == "PUT" ? 400 : 404, "no Maven path\n")
        }
        do {
            let isWrite = request.method == "PUT"
            let effect = try await admit(
                path.operation(request.method),
                request: request,
                drawingOn: isWrite ? .writes : .reads
            )
            guard tokens.admits(authorization: request.header("authorization"), at: .now) else {
                return unauthorized(repository)
            }
            var answer: ServerAnswer
            switch request.method {
            case "GET", "HEAD": answer = try await read(path, in: repository, request)
            case "PUT": answer = try await write(path, to: repository, request)
            default: answer = .text(405, "only GET, HEAD and PUT are known here\n")
            }
            answer.headers.append(("x-amzn-RequestId", UUID().uuidString.lowercased()))
            effect?.damage(&answer)
            return answer
        } catch let failure as ServiceFailure {
            var answer = ServerAnswer.text(failure.status, failure.message + "\n")
            if let seconds = failure.retryAfter { answer.headers.append(("Retry-After", String(seconds))) }
            answer.headers.append(("x-amzn-RequestId", UUID().uuidString.lowercased()))
            return answer
        }
    }

    private func unauthorized(_ repository: MavenRepository) -> ServerAnswer {
        var answer = ServerAnswer.text(configuration.refusedTokenStatus, "the authorization token is not valid\n")
        answer.headers.append(("WWW-Authenticate", "Basic realm=\"\(repository.domain)/\(repository.name)\""))
        return answer
    }

    /// Splits `/maven/d/{domain}-{owner}/{repository}/…`, or `/maven/{repository}/…` if the host names the domain; nil
    /// if neither names an existing domain.
    private func repositoryAndPath(_ request: ServerRequest) -> (repository: MavenRepository, rest: [String])? {
        guard let segments = request.segments, segments.count >= 3, segments.first == "maven" else { return nil }
        if segments[1] == "d", segments.count >= 5, let domain = self.domain(labelled: segments[2]) {
            return (MavenRepository(domain: domain, name: segments[3]), Array(segments[4...]))
        }
        let label = request.header("host")?.split(separator: ".").first.map(String.init)
        guard let domain = label.flatMap({ self.domain(labelled: $0) }) else { return nil }
        return (MavenRepository(domain: domain, name: segments[1]), Array(segments[2...]))
    }

    /// The domain that `{domain}-{owner}` names; nil if it does not exist.
    private func domain(labelled label: String) -> String? {
        let suffix = "-\(configuration.owner)"
        guard label.hasSuffix(suffix) else { return nil }
        let name = String(label.dropLast(suffix.count))
        return domains[name] == nil ? nil : name
    }

    private func read(_ path: MavenPath, in repository: MavenRepository, _ request: ServerRequest) async throws
        -> ServerAnswer
    {
        switch path {
        case .metadata(let key, let release, let checksum):
            // Some clients prefer HTML, which the service does not have; only for metadata does it then answer 404.
            if request.header("accept")?.hasPrefix("text/html") == true {
                throw ServiceFailure.notFound(.asset, "HTML")
            }
            if let release,
                let state = try domain(repository.domain).repository(repository.name).version(
                    release.version,
                    of: release.package
                ),
                let document = state.asset("maven-metadata.xml"), state.status.isDownloadable
            {
                return try await file(document, checksum: checksum, redirect: nil, for: request)
            }
            let holder = try domain(repository.domain).repository(repository.name)
            if let group = holder.groups[key.group], !holder.contains(key) {
                return try await document(group, checksum: checksum)
            }
            return try await document(generatedMetadata(key, in: repository), checksum: checksum)
        case .snapshotMetadata(let key, let version, let checksum):
            return try await document(snapshotMetadata(key, version, in: repository), checksum: checksum)
        case .asset(let key, let version, let name, let checksum),
            .misnamed(let key, let version, let name, let checksum):
            let asset = try readable(name, version: version, of: key, in: repository)
            let isRedirected = configuration.redirectsAssets && request.method == "GET"
            let key = AssetKey(repository: repository, package: key, version: version, name: name)
            return try await file(asset, checksum: checksum, redirect: isRedirected ? key : nil, for: request)
        }
    }

    /// An asset that may be downloaded. If only an upstream repository has it, its version is first retained in this
    /// one.
    func readable(
        _ name: String,
        version: String,
        of key: PackageKey,
        in repository: MavenRepository
    ) throws(ServiceFailure) -> StoredAsset {
        let state = try change(in: repository.domain) { (domain) throws(ServiceFailure) in
            if try domain.repository(repository.name).version(version, of: key) == nil {
                try domain.retain(version, of: key, in: repository.name)
            }
            return try domain.version(version, of: key, in: repository.name)
        }
        guard state.status.isDownloadable, let asset = state.asset(name) else { throw .notFound(.asset, name) }
        return asset
    }

    private func file(
        _ asset: StoredAsset,
        checksum: String?,
        redirect key: AssetKey?,
        for request: ServerRequest
    ) async throws -> ServerAnswer {
        if let checksum {
            let facts = try await ledger.facts(of: asset.content)
            return .text(200, facts.checksum(fileExtension: checksum) ?? "")
        }
        if let key {
            return ServerAnswer(307, headers: [("Location", signedURL(of: key, on: host(toldBy: request), at: .now))])
        }
        return try Self.content(asset.content)
    }

    private func document(_ metadata: MavenMetadata, checksum: String?) async throws -> ServerAnswer {
        let bytes = metadata.render()
        if let checksum {
            let facts = try await ledger.facts(of: .bytes(bytes))
            return .text(200, facts.checksum(fileExtension: checksum) ?? "")
        }
        return ServerAnswer(200, headers: [("Content-Type", "application/xml")], body: .bytes(bytes))
    }

    /// Generated from the versions that are Published in this repository, or upstream if they may be retained here.
    private func generatedMetadata(_ key: PackageKey, in repository: MavenRepository) throws(ServiceFailure)
        -> MavenMetadata
    {
        let domain = try domain(repository.domain)
        _ = try domain.repository(repository.name)
        var versions: Set<String> = []
        var newest: Double = 0
        for name in [repository.name] + domain.upstreams(of: repository.name) {
            for (version, state) in domain.repositories[name]?[key]?.versions ?? [:]
            where state.status == .published
                && (name == repository.name || domain.admits(state, of: key, into: repository.name))
            {
                versions.insert(version)
                newest = max(newest, state.publishedTime ?? 0)
            }
        }
        guard !versions.isEmpty else { throw .notFound(.package, key.name) }
        return MavenMetadata.artifactLevel(
            groupID: key.namespace,
            artifactID: key.name,
            versions: versions,
            lastUpdated: Timestamp(secondsSince1970: newest).maven
        )
    }

    private func snapshotMetadata(
        _ key: PackageKey,
        _ version: String,
        in repository: MavenRepository
    ) throws(ServiceFailure) -> MavenMetadata {
        let snapshot = try domain(repository.domain).version(version, of: key, in: repository.name)
        if snapshot.status.isDownloadable, configuration.keepsSnapshotDocuments, let document = snapshot.document {
            return document
        }
        guard snapshot.status.isDownloadable,
            let metadata = MavenMetadata.snapshotLevel(
                groupID: key.namespace,
                artifactID: key.name,
                version: version,
                assetNames: snapshot.assets.map(\.name)
            )
        else { throw .notFound(.packageVersion, version) }
        return metadata
    }
}
