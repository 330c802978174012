import FoundationEssentials
import ReconcileCore

// The answers of the CodeArtifact API, as far as a backup reads them. An absent member and a null one are the same
// to the service and to us; members that are not named here are passed over.

struct RepositoryPage: Decodable {
    let repositories: [Row]?
    let nextToken: String?

    struct Row: Decodable {
        let name: String
    }
}

struct PackagePage: Decodable {
    let packages: [Row]?
    let nextToken: String?

    struct Row: Decodable {
        let namespace: String?
        let package: String
        let originConfiguration: OriginConfiguration?
    }
}

struct OriginConfiguration: Decodable {
    let restrictions: Restrictions?

    struct Restrictions: Decodable {
        let publish: String?
        let upstream: String?
    }

    /// Nil where a word is absent or not known: what is not understood is not recorded.
    var controls: OriginControls? {
        guard let publish = restrictions?.publish.flatMap(OriginControls.Restriction.init(rawValue:)),
            let upstream = restrictions?.upstream.flatMap(OriginControls.Restriction.init(rawValue:))
        else { return nil }
        return OriginControls(publish: publish, upstream: upstream)
    }
}

struct PackageDetails: Decodable {
    let package: Row

    struct Row: Decodable {
        let originConfiguration: OriginConfiguration?
    }
}

struct VersionPage: Decodable {
    let versions: [Row]?
    let nextToken: String?

    struct Row: Decodable {
        let version: String
        let revision: String?
        let status: String?
        let origin: Origin?
    }
}

struct Origin: Decodable {
    let originType: String?
}

struct AssetListPage: Decodable {
    let assets: [Row]?
    let versionRevision: String?
    let nextToken: String?

    struct Row: Decodable {
        let name: String
        let size: Int64?
        let hashes: [String: String?]?
    }
}

struct VersionDetails: Decodable {
    let packageVersion: Row

    struct Row: Decodable {
        let revision: String?
        let status: String?
        let origin: Origin?
        let publishedTime: ServiceTime?
    }
}

struct TokenAnswer: Decodable {
    let authorizationToken: String
    let expiration: ServiceTime?
}

struct RepositoryEndpointAnswer: Decodable {
    let repositoryEndpoint: String
}

/// A timestamp: seconds since 1970 as a number on the wire, ISO 8601 text in some tools' output; both are read.
///
/// Always within the years 1 to 9999, so that a span from or to it fits every type that holds one.
struct ServiceTime: Decodable, Hashable {
    let secondsSince1970: Double

    private static let years = -62_135_596_800.0..<253_402_300_800.0

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        secondsSince1970 = try Self.seconds(value)
        guard Self.years.contains(secondsSince1970) else {
            let words = "\(secondsSince1970) seconds since 1970 are not within the years 1 to 9999"
            throw DecodingError.dataCorruptedError(in: value, debugDescription: words)
        }
    }

    private static func seconds(_ value: any SingleValueDecodingContainer) throws -> Double {
        if let seconds = try? value.decode(Double.self) { return seconds }
        let text = try value.decode(String.self)
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "\(text.prefix(40)) is not a time")
        }
        return date.timeIntervalSince1970
    }
}

extension VersionStatus {
    /// The status for the service's word.
    ///
    /// A word that this program does not know, or none, becomes `unlisted`: the version is not lost, its bytes are
    /// tried and a refusal shows as its failure, and no regenerated maven-metadata.xml names it.
    init(wire: String?) {
        self = wire.flatMap(VersionStatus.init(rawValue:)) ?? .unlisted
    }
}

extension VersionOrigin {
    /// The origin for the service's word; `unknown` where it is absent or not known.
    init(_ origin: Origin?) {
        self = origin?.originType.flatMap(VersionOrigin.init(rawValue:)) ?? .unknown
    }
}

extension PageToken {
    /// Nil for no token and for an empty one, which asks for the first page again.
    init?(wire: String?) {
        guard let wire, !wire.isEmpty else { return nil }
        self.init(wire)
    }
}

extension Asset {
    /// An asset of a listing; throws `UnreadableAnswer` where its size or a hash makes no sense.
    init(_ row: AssetListPage.Row) throws(UnreadableAnswer) {
        guard let size = row.size, size >= 0 else {
            throw UnreadableAnswer("The asset \(row.name) has no valid size.")
        }
        var checksums = Checksums()
        for algorithm in ChecksumAlgorithm.allCases {
            guard let value = row.hashes?[algorithm.serviceName] ?? nil else { continue }
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

/// An answer that is well-formed and says something that cannot be.
struct UnreadableAnswer: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
