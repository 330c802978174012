/// Who may add versions to a package: a setting of the package in one repository, which an administrator may change at
/// any time (user guide, Package origin controls).
package struct OriginControls: Hashable, Sendable, Codable {
    package enum Restriction: String, CaseIterable, Hashable, Sendable, Codable, JSONReadable, JSONWritable {
        case allow = "ALLOW"
        case block = "BLOCK"
    }

    /// Whether versions may be published straight to the repository.
    package var publish: Restriction
    /// Whether versions may come from upstream repositories and external connections.
    package var upstream: Restriction

    package init(publish: Restriction, upstream: Restriction) {
        self.publish = publish
        self.upstream = upstream
    }

    /// What the service gives a package whose first version is published straight to the repository. Packages that have
    /// these have no record.
    package static let published = OriginControls(publish: .allow, upstream: .block)
    /// The same with upstream repositories kept out.
    package var closedToUpstream: OriginControls { OriginControls(publish: publish, upstream: .block) }

    /// Every way in which they can be set.
    static let all = Restriction.allCases.flatMap { publish in
        Restriction.allCases.map { OriginControls(publish: publish, upstream: $0) }
    }

    /// What the service gives a package whose first version comes from an upstream repository.
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
