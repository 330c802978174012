/// Complete listings: every row of every page.
extension PackageSource {
    /// Every repository of the domain.
    ///
    /// - Parameters:
    ///   - operation: the operation that a cyclic listing is reported for.
    ///   - target: its target.
    package func allRepositories(operation: ServiceOperation = .list, target: String = "repositories") async throws
        -> [String]
    {
        try await all(target, operation) { try await repositories(after: $0) }
    }

    /// Every package of a repository.
    func allPackages(in repository: String) async throws -> [ListedPackage] {
        try await all(repository) { try await packages(in: repository, after: $0) }
    }

    /// The number of packages in formats other than Maven, by format, in the given repositories, or in all of them if
    /// none is given.
    package func otherPackages(in repositories: [String]) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for repository in repositories.isEmpty ? try await allRepositories() : repositories {
            let rows = try await all(repository) { try await formats(in: repository, after: $0) }
            for format in rows where format != "maven" { counts[format, default: 0] += 1 }
        }
        return counts
    }

    /// Every version of a package, by name; empty if the package doesn't exist.
    func allVersions(of package: PackageCoordinates) async throws -> [ExactText: ListedVersion] {
        do {
            let rows = try await listedVersions(of: package)
            return Dictionary(rows.map { (ExactText($0.version), $0) }) { $1 }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return [:]
        }
    }

    /// Every version of a package.
    ///
    /// - Throws: an `absent` failure if the package doesn't exist.
    func listedVersions(of package: PackageCoordinates) async throws -> [ListedVersion] {
        try await all("\(package)") { try await versions(of: package, after: $0) }
    }

    /// Every asset of a version, as listed at the moment.
    func allAssets(of version: VersionCoordinates) async throws -> [Asset] {
        try await all("\(version)") { token in
            let page = try await assets(of: version, after: token)
            return Page(page.assets, next: page.next)
        }
    }

    /// Every asset of one revision of a version, with that revision; nil if two pages show different revisions.
    func assetsOfOneRevision(
        of version: VersionCoordinates
    ) async throws -> (assets: [Asset], revision: String?)? {
        var trail = PageTrail(operation: operations.listAssets, target: "\(version)")
        var page = try await assets(of: version, after: nil)
        let revision = page.revision
        var assets = page.assets
        while let token = page.next {
            try trail.follow(token, after: page.assets.count)
            page = try await self.assets(of: version, after: token)
            guard page.revision == revision else { return nil }
            assets += page.assets
        }
        return (assets, revision)
    }

    /// Every asset of a version if it still has that revision; nil if it has changed or disappeared.
    func assets(of version: VersionCoordinates, ifStill revision: String) async throws -> [Asset]? {
        do {
            guard let shown = try await assetsOfOneRevision(of: version) else { return nil }
            return shown.revision ?? revision == revision ? shown.assets : nil
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return nil
        }
    }

    private func all<Row>(
        _ target: String,
        _ operation: ServiceOperation = .list,
        _ page: (_ token: PageToken?) async throws -> Page<Row>
    ) async throws -> [Row] {
        try await Page.whole(of: target, operation, page)
    }
}

extension RemoteFailure {
    /// The failure to list the versions of a package that is listed all the same.
    var ofListedPackage: RemoteFailure {
        saying(
            "the package is listed, but the service does not find its versions; if it was being deleted, the next run will "
                + "say nothing of it (\(message))"
        )
    }
}

extension Page {
    /// Every row of every page.
    ///
    /// - Parameters:
    ///   - target: what is listed, for the failure of a cyclic listing.
    ///   - page: returns the page for a token; for nil, the first page.
    static func whole(
        of target: String,
        _ operation: ServiceOperation = .list,
        _ page: (_ token: PageToken?) async throws -> Page
    ) async throws -> [Element] {
        var trail = PageTrail(operation: operation, target: target)
        var rows: [Element] = []
        var token: PageToken?
        repeat {
            let page = try await page(token)
            rows += page.elements
            token = page.next
            if let token { try trail.follow(token, after: page.elements.count) }
        } while token != nil
        return rows
    }
}
