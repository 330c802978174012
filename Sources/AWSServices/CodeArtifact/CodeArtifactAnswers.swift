import FoundationEssentials
import ReconcileCore

// The answers of the CodeArtifact API, as far as a backup needs them. An absent member and a null member mean the same;
// unknown members are skipped.

extension JSONScanner {
    /// Reads a page of a listing: its rows, and the token of the next page.
    mutating func page<Row: JSONReadable>(
        of list: String
    ) throws(JSONProblem) -> (rows: [Row], nextToken: String?) {
        var (rows, nextToken): ([Row]?, String?)
        try members { (json, name) throws(JSONProblem) in
            switch name {
            case list: rows = try json.read()
            case "nextToken": nextToken = try json.read()
            default: try json.skip()
            }
        }
        return (try pageRows(rows, list, nextToken: nextToken), nextToken)
    }
}

/// The rows of a page. The last page always has a list, even if it is empty: an answer with neither list nor token
/// comes from something else and must not pass for an empty listing.
private func pageRows<Row>(_ rows: [Row]?, _ list: String, nextToken: String?) throws(JSONProblem) -> [Row] {
    PageToken(wire: nextToken) == nil ? try required(rows, list) : rows ?? []
}

struct RepositoryPage: JSONReadable {
    let repositories: [Row]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (repositories, nextToken) = try json.page(of: "repositories")
    }

    struct Row: JSONReadable {
        let name: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            name = try json.member("name")
        }
    }
}

struct PackagePage: JSONReadable {
    let packages: [Row]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (packages, nextToken) = try json.page(of: "packages")
    }

    struct Row: JSONReadable {
        let namespace: String?
        let package: String
        let originConfiguration: OriginConfiguration?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (namespace, package): (String?, String?)
            var originConfiguration: OriginConfiguration?
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "namespace": namespace = try json.read()
                case "package": package = try json.read()
                case "originConfiguration": originConfiguration = try json.read()
                default: try json.skip()
                }
            }
            self.namespace = namespace
            self.package = try required(package, "package")
            self.originConfiguration = originConfiguration
        }
    }
}

struct OriginConfiguration: JSONReadable {
    /// Nil if a restriction is absent or unknown: this program does not record what it does not understand.
    let controls: OriginControls?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        let restrictions: Restrictions? = try json.memberIfPresent("restrictions")
        guard let publish = restrictions?.publish.flatMap(OriginControls.Restriction.init(rawValue:)),
            let upstream = restrictions?.upstream.flatMap(OriginControls.Restriction.init(rawValue:))
        else {
            controls = nil
            return
        }
        controls = OriginControls(publish: publish, upstream: upstream)
    }

    private struct Restrictions: JSONReadable {
        private(set) var publish: String?
        private(set) var upstream: String?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "publish": publish = try json.read()
                case "upstream": upstream = try json.read()
                default: try json.skip()
                }
            }
        }
    }
}

struct PackageDetails: JSONReadable {
    let originConfiguration: OriginConfiguration?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        originConfiguration = try (json.member("package") as Row).originConfiguration
    }

    private struct Row: JSONReadable {
        let originConfiguration: OriginConfiguration?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            originConfiguration = try json.memberIfPresent("originConfiguration")
        }
    }
}

struct VersionPage: JSONReadable {
    let versions: [Row]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (versions, nextToken) = try json.page(of: "versions")
    }

    struct Row: JSONReadable {
        let version: String
        let revision: String?
        let status: String?
        let origin: Origin?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (version, revision, status): (String?, String?, String?)
            var origin: Origin?
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "version": version = try json.read()
                case "revision": revision = try json.read()
                case "status": status = try json.read()
                case "origin": origin = try json.read()
                default: try json.skip()
                }
            }
            self.version = try required(version, "version")
            (self.revision, self.status, self.origin) = (revision, status, origin)
        }
    }
}

struct Origin: JSONReadable {
    let originType: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        originType = try json.memberIfPresent("originType")
    }
}

struct AssetListPage: JSONReadable {
    let assets: [Row]
    let versionRevision: String?
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (assets, versionRevision, nextToken): ([Row]?, String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "assets": assets = try json.read()
            case "versionRevision": versionRevision = try json.read()
            case "nextToken": nextToken = try json.read()
            default: try json.skip()
            }
        }
        self.assets = try pageRows(assets, "assets", nextToken: nextToken)
        (self.versionRevision, self.nextToken) = (versionRevision, nextToken)
    }

    struct Row: JSONReadable {
        let name: String
        let size: Int64?
        /// As the service writes them.
        let hashes: Hashes?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var assetName: String?
            var (size, hashes): (Int64?, Hashes?)
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "name": assetName = try json.read()
                case "size": size = try json.read()
                case "hashes": hashes = try json.read()
                default: try json.skip()
                }
            }
            name = try required(assetName, "name")
            (self.size, self.hashes) = (size, hashes)
        }
    }

    struct Hashes: JSONReadable {
        private(set) var checksums = Checksums()

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            try json.members { (json, name) throws(JSONProblem) in
                if let algorithm = ChecksumAlgorithm.allCases.first(where: { $0.serviceName == name }) {
                    checksums[algorithm] = try json.read()
                } else {
                    try json.skip()
                }
            }
        }
    }
}

struct VersionDetails: JSONReadable {
    let packageVersion: Row

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        packageVersion = try json.member("packageVersion")
    }

    struct Row: JSONReadable {
        private(set) var revision: String?
        private(set) var status: String?
        private(set) var properties = VersionProperties()

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "revision": revision = try json.read()
                case "status": status = try json.read()
                case "origin": properties.origin = VersionOrigin(try json.read(Origin?.self))
                case "publishedTime":
                    properties.publishedTime = try json.read(ServiceTime?.self)?.secondsSince1970
                default: try json.skip()
                }
            }
        }
    }
}

struct TokenAnswer: JSONReadable {
    let authorizationToken: String
    let expiration: ServiceTime?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var token: String?
        var expiration: ServiceTime?
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "authorizationToken": token = try json.read()
            case "expiration": expiration = try json.read()
            default: try json.skip()
            }
        }
        authorizationToken = try required(token, "authorizationToken")
        self.expiration = expiration
    }
}

struct RepositoryEndpointAnswer: JSONReadable {
    let repositoryEndpoint: String

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        repositoryEndpoint = try json.member("repositoryEndpoint")
    }
}

/// A timestamp: seconds since 1970 as a number on the wire, ISO 8601 text in some tools' output. Accepts both.
///
/// Always within the years 1 to 9999, so that an interval between two of them fits every type that stores one.
struct ServiceTime: JSONReadable, Hashable {
    let secondsSince1970: Double

    private static let years = -62_135_596_800.0..<253_402_300_800.0

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        let seconds = json.isAtString ? try Self.seconds(json.string()) : try json.number()
        guard Self.years.contains(seconds) else {
            throw JSONProblem(.type, "is \(seconds) seconds since 1970, which are not within the years 1 to 9999")
        }
        secondsSince1970 = seconds
    }

    private static func seconds(_ text: String) throws(JSONProblem) -> Double {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else {
            throw JSONProblem(.type, "is not a time: \(text.prefix(40))")
        }
        return date.timeIntervalSince1970
    }
}

extension VersionStatus {
    /// The status for the service's word.
    ///
    /// An unknown or absent word becomes `unlisted`: the version is not lost, and no regenerated maven-metadata.xml
    /// lists it. The run tries to read its bytes, and a refusal shows up as its failure.
    init(wire: String?) {
        self = wire.flatMap(VersionStatus.init(rawValue:)) ?? .unlisted
    }
}

extension VersionOrigin {
    /// The origin for the service's word; `unknown` if it is absent or unknown.
    init(_ origin: Origin?) {
        self = origin?.originType.flatMap(VersionOrigin.init(rawValue:)) ?? .unknown
    }
}

extension PageToken {
    /// Nil for an absent token and for an empty one, which would request the first page again.
    init?(wire: String?) {
        guard let wire, !wire.isEmpty else { return nil }
        self.init(wire)
    }
}

extension Asset {
    /// An asset of a listing; throws `UnreadableAnswer` if its size or a hash is invalid.
    init(_ row: AssetListPage.Row) throws(UnreadableAnswer) {
        guard let size = row.size, size >= 0 else {
            throw UnreadableAnswer("The asset \(row.name) has no valid size.")
        }
        var checksums = Checksums()
        for algorithm in ChecksumAlgorithm.allCases {
            guard let value = row.hashes?.checksums[algorithm] else { continue }
            let hash = value.lowercased()
            guard algorithm.isWellFormed(hash) else {
                let name = algorithm.serviceName
                throw UnreadableAnswer("The asset \(row.name) has no readable \(name): \(value.prefix(140)).")
            }
            checksums[algorithm] = hash
        }
        self.init(name: row.name, size: size, checksums: checksums)
    }
}

/// An answer that is well-formed but impossible.
struct UnreadableAnswer: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
