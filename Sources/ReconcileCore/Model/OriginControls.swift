/// Who may add versions to a package. This is a setting of the package in one repository, and an administrator may
/// change it at any time (user guide, Package origin controls).
package struct OriginControls: Hashable, Sendable, Codable {
    package enum Restriction: String, CaseIterable, Hashable, Sendable, Codable, JSONReadable, JSONWritable {
        case allow = "ALLOW"
        case block = "BLOCK"
    }

    /// Whether versions may be published directly to the repository.
    package var publish: Restriction
    /// Whether versions may be ingested from upstream repositories and external connections.
    package var upstream: Restriction

    package init(publish: Restriction, upstream: Restriction) {
        self.publish = publish
        self.upstream = upstream
    }

    /// The service's default for a package whose first version is published directly to the repository. A package with
    /// these controls has no record.
    package static let published = OriginControls(publish: .allow, upstream: .block)
    /// The same controls with upstream blocked.
    package var closedToUpstream: OriginControls { OriginControls(publish: publish, upstream: .block) }

    /// Every combination.
    static let all = Restriction.allCases.flatMap { publish in
        Restriction.allCases.map { OriginControls(publish: publish, upstream: $0) }
    }

    /// The service's default for a package whose first version comes from an upstream repository.
    package static let ingested = OriginControls(publish: .block, upstream: .allow)
}

extension OriginControls: CustomStringConvertible {
    package var description: String { "publish \(publish.rawValue), upstream \(upstream.rawValue)" }
}

extension OriginControls: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("publish", publish)
            json.member("upstream", upstream)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (publish, upstream): (Restriction?, Restriction?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "publish": publish = try json.read()
            case "upstream": upstream = try json.read()
            default: throw .unknown
            }
        }
        self.init(publish: try required(publish, "publish"), upstream: try required(upstream, "upstream"))
    }
}
