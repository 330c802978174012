/// The JSON of configurations, written canonically and read strictly.
///
/// A member without a value is left out; parts that could not be read are named in `unknown`, so the two cannot be
/// confused.
extension DomainConfiguration {
    /// JSON with sorted keys and no spaces: equal configurations have equal bytes.
    ///
    /// - Parameter previous: the preceding record; nil for the configuration alone, and to write a record as earlier
    ///   releases did.
    package func canonicalBytes(after previous: PreviousRecord? = nil) -> [UInt8] {
        JSONWriter.bytes(of: Document(configuration: self, previous: previous))
    }

    /// Decodes a configuration and its record's reference to the preceding one.
    ///
    /// - Throws: `RecordRefusal` for an unknown member or an impossible value.
    static func decode(
        _ bytes: [UInt8]
    ) throws(RecordRefusal) -> (configuration: DomainConfiguration, previous: PreviousRecord?) {
        let document = try RecordJSON.read(Document.self, from: bytes)
        try document.configuration.requireUniqueNames()
        return (document.configuration, document.previous)
    }

    private func requireUniqueNames() throws(RecordRefusal) {
        if let name = Self.twice(repositories.map(\.name)) {
            throw RecordRefusal(.names, "it has the repository \(name) twice")
        }
        guard case .known(let groups) = packageGroups else { return }
        if let pattern = Self.twice(groups.map(\.pattern)) {
            throw RecordRefusal(.names, "it has the package group \(pattern) twice")
        }
        for group in groups {
            guard let type = Self.twice(group.restrictions.map(\.type)) else { continue }
            throw RecordRefusal(.names, "the package group \(group.pattern) has the restriction \(type) twice")
        }
    }

    /// The JSON's members, in one place for writing and reading.
    fileprivate struct Document {
        let configuration: DomainConfiguration
        let previous: PreviousRecord?
    }

    private static func twice(_ names: [String]) -> String? {
        var seen: Set<ExactText> = []
        return names.first { !seen.insert(ExactText($0)).inserted }
    }
}

/// The names of those parts of an object that could not be read.
private struct UnknownParts {
    private let names: [String]

    init(_ parts: [(isKnown: Bool, name: String)]) {
        names = parts.filter { !$0.isKnown }.map(\.name).sorted()
    }

    init(_ names: [String]?, of possible: [String]) throws(JSONProblem) {
        let names = names ?? []
        if let name = names.first(where: { !possible.contains($0) }) {
            throw JSONProblem(.type, "cannot have \(name.prefix(80)) unknown")
        }
        self.names = names
    }

    /// The value to write; nil if everything is known.
    var member: [String]? { names.isEmpty ? nil : names }

    /// A part that may lack a value even if it is known.
    func optional(_ value: String?, _ name: String) throws(JSONProblem) -> DomainConfiguration.Part<String?> {
        guard names.contains(name) else { return .known(value) }
        guard value == nil else { throw JSONProblem(.type, "has \(name), and says that it is unknown") }
        return .unknown
    }

    /// A part that has a value if it is known.
    func part<Value>(_ value: Value?, _ name: String) throws(JSONProblem) -> DomainConfiguration.Part<Value> {
        guard names.contains(name) else { return .known(try required(value, name)) }
        guard value == nil else { throw JSONProblem(.type, "has \(name), and says that it is unknown") }
        return .unknown
    }
}

extension DomainConfiguration.Part {
    fileprivate var value: Value? {
        guard case .known(let value) = self else { return nil }
        return value
    }
}

extension DomainConfiguration.Document: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        let unknown = UnknownParts([
            (configuration.encryptionKey.isKnown, "encryptionKey"),
            (configuration.packageGroups.isKnown, "packageGroups"),
            (configuration.policy.isKnown, "policy"), (configuration.tags.isKnown, "tags"),
        ])
        json.object { json in
            json.member("domain", configuration.identity.name)
            json.member("encryptionKey", configuration.encryptionKey.value ?? nil)
            json.member("format", Manifest.format)
            json.member("owner", configuration.identity.owner)
            json.member("packageGroups", configuration.packageGroups.value)
            json.member("policy", configuration.policy.value ?? nil)
            json.member("previous", previous)
            json.member("repositories", configuration.repositories)
            json.member("tags", configuration.tags.value)
            json.member("unknown", unknown.member)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (domain, owner, encryptionKey, policy): (String?, String?, String?, String?)
        var groups: [DomainConfiguration.PackageGroup]?
        var repositories: [DomainConfiguration.Repository]?
        var previous: PreviousRecord?
        var (tags, unknown): ([ResourceTag]?, [String]?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "domain": domain = try json.read(String.self)
            case "encryptionKey": encryptionKey = try json.read(String.self)
            // Already read and checked.
            case "format": try json.skip()
            case "owner": owner = try json.read(String.self)
            case "packageGroups": groups = try json.read([DomainConfiguration.PackageGroup].self)
            case "policy": policy = try json.read(String.self)
            case "previous": previous = try json.read(PreviousRecord.self)
            case "repositories": repositories = try json.read([DomainConfiguration.Repository].self)
            case "tags": tags = try json.read([ResourceTag].self)
            case "unknown": unknown = try json.read([String].self)
            default: throw .unknown
            }
        }
        let parts = try UnknownParts(unknown, of: ["encryptionKey", "packageGroups", "policy", "tags"])
        self.previous = previous
        configuration = DomainConfiguration(
            identity: DomainIdentity(name: try required(domain, "domain"), owner: try required(owner, "owner")),
            encryptionKey: try parts.optional(encryptionKey, "encryptionKey"),
            policy: try parts.optional(policy, "policy"),
            tags: try parts.part(tags, "tags"),
            repositories: try required(repositories, "repositories"),
            packageGroups: try parts.part(groups, "packageGroups")
        )
    }
}

extension DomainConfiguration.Repository: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        let unknown = UnknownParts([
            (policy.isKnown, "policy"), (properties.isKnown, "properties"), (tags.isKnown, "tags"),
        ])
        json.object { json in
            json.member("name", name)
            json.member("policy", policy.value ?? nil)
            json.member("properties", properties.value)
            json.member("tags", tags.value)
            json.member("unknown", unknown.member)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (name, policy): (String?, String?)
        var properties: Properties?
        var (tags, unknown): ([ResourceTag]?, [String]?)
        try json.members { (json, member) throws(JSONProblem) in
            switch member {
            case "name": name = try json.read(String.self)
            case "policy": policy = try json.read(String.self)
            case "properties": properties = try json.read(Properties.self)
            case "tags": tags = try json.read([ResourceTag].self)
            case "unknown": unknown = try json.read([String].self)
            default: throw .unknown
            }
        }
        let parts = try UnknownParts(unknown, of: ["policy", "properties", "tags"])
        self.init(
            name: try required(name, "name"),
            properties: try parts.part(properties, "properties"),
            policy: try parts.optional(policy, "policy"),
            tags: try parts.part(tags, "tags")
        )
    }
}

extension DomainConfiguration.Repository.Properties: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("description", description)
            json.member("externalConnections", externalConnections)
            json.member("upstreams", upstreams)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var description: String?
        var (connections, upstreams): ([String]?, [String]?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "description": description = try json.read(String.self)
            case "externalConnections": connections = try json.read([String].self)
            case "upstreams": upstreams = try json.read([String].self)
            default: throw .unknown
            }
        }
        self.init(
            description: description,
            upstreams: try required(upstreams, "upstreams"),
            externalConnections: try required(connections, "externalConnections")
        )
    }
}

extension DomainConfiguration.PackageGroup: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("contactInfo", contactInfo)
            json.member("description", description)
            json.member("pattern", pattern)
            json.member("restrictions", restrictions)
            json.member("tags", tags.value)
            json.member("unknown", UnknownParts([(tags.isKnown, "tags")]).member)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (contactInfo, description, pattern): (String?, String?, String?)
        var restrictions: [Restriction]?
        var (tags, unknown): ([ResourceTag]?, [String]?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "contactInfo": contactInfo = try json.read(String.self)
            case "description": description = try json.read(String.self)
            case "pattern": pattern = try json.read(String.self)
            case "restrictions": restrictions = try json.read([Restriction].self)
            case "tags": tags = try json.read([ResourceTag].self)
            case "unknown": unknown = try json.read([String].self)
            default: throw .unknown
            }
        }
        self.init(
            pattern: try required(pattern, "pattern"),
            contactInfo: contactInfo,
            description: description,
            restrictions: try required(restrictions, "restrictions"),
            tags: try UnknownParts(unknown, of: ["tags"]).part(tags, "tags")
        )
    }
}

extension DomainConfiguration.PackageGroup.Restriction: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("mode", mode)
            json.member("repositories", repositories.value)
            json.member("type", type)
            json.member("unknown", UnknownParts([(repositories.isKnown, "repositories")]).member)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (mode, type): (String?, String?)
        var (repositories, unknown): ([String]?, [String]?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "mode": mode = try json.read(String.self)
            case "repositories": repositories = try json.read([String].self)
            case "type": type = try json.read(String.self)
            case "unknown": unknown = try json.read([String].self)
            default: throw .unknown
            }
        }
        self.init(
            type: try required(type, "type"),
            mode: try required(mode, "mode"),
            repositories: try UnknownParts(unknown, of: ["repositories"]).part(repositories, "repositories")
        )
    }
}

extension ResourceTag: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("key", key)
            json.member("value", value)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (key, value): (String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "key": key = try json.read(String.self)
            case "value": value = try json.read(String.self)
            default: throw .unknown
            }
        }
        self.init(key: try required(key, "key"), value: try required(value, "value"))
    }
}
