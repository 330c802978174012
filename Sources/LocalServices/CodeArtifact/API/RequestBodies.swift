import FoundationEssentials

/// The JSON bodies that some calls carry.
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

    struct OriginConfiguration: Decodable {
        struct Restrictions: Decodable {
            var publish: String
            var upstream: String
        }

        var restrictions: Restrictions
    }

    struct Repository: Decodable {
        struct Upstream: Decodable {
            var repositoryName: String
        }

        var description: String?
        var upstreams: [Upstream]?
    }

    /// Reads a body; one that cannot be read is a ValidationException with the reason CANNOT_PARSE.
    static func decode<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws(ServiceFailure) -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .invalid("the request body cannot be read: \(error)", .cannotParse)
        }
    }
}
