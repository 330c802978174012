import FoundationEssentials

/// The JSON bodies of calls that have one.
enum RequestBodies {
    struct Listing: Decodable {
        var maxResults: Int?
        var nextToken: String?
    }

    struct Versions: Decodable {
        var versions: [String]
        var versionRevisions: [String: String]?
        var expectedStatus: String?
        var targetStatus: String?
    }

    struct Copy: Decodable {
        var versions: [String]?
        var versionRevisions: [String: String]?
        var allowOverwrite: Bool?
        var includeFromUpstream: Bool?
    }

    struct OriginConfiguration: Decodable {
        struct Restrictions: Decodable {
            var publish: String
            var upstream: String
        }

        var restrictions: Restrictions
    }

    struct Domain: Decodable {
        var encryptionKey: String?
        var tags: [Tag]?
    }

    struct Repository: Decodable {
        struct Upstream: Decodable {
            var repositoryName: String
        }

        var description: String?
        var upstreams: [Upstream]?
        var tags: [Tag]?
    }

    struct Policy: Decodable {
        /// Like `domainOwner`, only in PutDomainPermissionsPolicy.
        var domain: String?
        var domainOwner: String?
        var policyRevision: String?
        var policyDocument: String
    }

    struct Tag: Decodable, Sendable {
        var key: String
        var value: String
    }

    struct Tags: Decodable {
        var tags: [Tag]
    }

    struct TagKeys: Decodable {
        var tagKeys: [String]
    }

    struct PackageGroup: Decodable {
        var packageGroup: String
        var contactInfo: String?
        var description: String?
        var tags: [Tag]?
    }

    struct GroupOriginConfiguration: Decodable {
        struct Allowed: Decodable {
            var repositoryName: String
            var originRestrictionType: OriginRestriction
        }

        var restrictions: [String: String]?
        var addAllowedRepositories: [Allowed]?
        var removeAllowedRepositories: [Allowed]?
    }

    /// Parses a body; an empty one has no members. Throws a ValidationException, with the reason CANNOT_PARSE if the
    /// body is malformed.
    static func decode<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws(ServiceFailure) -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.isEmpty ? Array("{}".utf8) : bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            throw .invalid("'\(key.stringValue)' must not be null")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw .invalid("the value of '\(path)' in the request body is of another type", .cannotParse)
        } catch {
            throw .invalid("the request body cannot be read as JSON", .cannotParse)
        }
    }
}
