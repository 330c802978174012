/// A Maven plugin in the source's document of its group, which is how `mvn PREFIX:GOAL` finds it.
package struct RecordedPlugin: Hashable, Sendable {
    /// The longest text, in bytes.
    private static let maximumText = 1_024
    /// The most other plugins that are kept.
    static let maximumOthers = 100

    package var name: String?
    package var prefix: String
    /// Plugins in the same document whose names don't follow Maven's conventions. Their own records don't include this,
    /// because no document is read for them. Sorted by the bytes of the artifact's name.
    package var others: [MavenMetadata.Plugin]

    package init(name: String?, prefix: String, others: [MavenMetadata.Plugin] = []) {
        self.name = name
        self.prefix = prefix
        self.others = others
    }

    /// The entry of a package in a group's document; nil if it has no valid entry.
    init?(_ metadata: MavenMetadata, of package: PackageCoordinates) {
        guard let plugin = metadata.plugins.last(where: { ExactText($0.artifactID) == ExactText(package.name) }) else {
            return nil
        }
        self.init(name: plugin.name, prefix: plugin.prefix)
        if problem(in: package) != nil { return nil }
        var others: [ExactText: MavenMetadata.Plugin] = [:]
        for other in metadata.plugins where Self.problem(of: other) == nil {
            others[ExactText(other.artifactID)] = other
        }
        self.others = others.sorted { $0.key < $1.key }.prefix(Self.maximumOthers).map(\.value)
    }

    /// Why a record of the package may not contain this; nil if it may.
    func problem(in package: PackageCoordinates) -> String? {
        guard package.isPlugin else { return "\(package.name) is not the name of a Maven plugin" }
        guard Self.areValid(prefix, name) else { return "the plugin's prefix or name is not valid" }
        guard others.count <= Self.maximumOthers else {
            return "it names \(others.count) other plugins, more than \(Self.maximumOthers)"
        }
        for (other, next) in zip(others, others.dropFirst())
        where ExactText(other.artifactID) >= ExactText(next.artifactID) {
            return "it names \(next.artifactID) twice, or out of order"
        }
        return others.lazy.compactMap(Self.problem).first
    }

    /// Why a plugin's record may not name another plugin; nil if it may.
    private static func problem(of other: MavenMetadata.Plugin) -> String? {
        guard !PackageCoordinates.isPlugin(named: other.artifactID) else {
            return "the record of \(other.artifactID) itself says its prefix"
        }
        guard areValid(other.artifactID, nil), areValid(other.prefix, other.name) else {
            return "the artifact, the prefix or the name of another plugin is not valid"
        }
        return nil
    }

    private static func areValid(_ text: String, _ name: String?) -> Bool {
        let texts = [text, name].compactMap(\.self)
        return !text.isEmpty && texts.allSatisfy { $0.utf8.count <= maximumText }
            && !texts.contains { $0.unicodeScalars.contains(where: \.isControl) }
    }

    /// The document of a group's plugins, as clients request it.
    package static func document(of plugins: [(artifactID: String, plugin: RecordedPlugin)]) -> MavenMetadata {
        MavenMetadata(
            plugins: plugins.sorted { ExactText($0.artifactID) < ExactText($1.artifactID) }.map { artifactID, plugin in
                MavenMetadata.Plugin(name: plugin.name, prefix: plugin.prefix, artifactID: artifactID)
            }
        )
    }
}

extension RecordedPlugin: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            if !others.isEmpty { json.member("others", others) }
            json.member("prefix", prefix)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (name, prefix): (String?, String?)
        var others: [MavenMetadata.Plugin] = []
        try json.members { (json, member) throws(JSONProblem) in
            switch member {
            case "name": name = try json.read(String.self)
            case "others": others = try json.read([MavenMetadata.Plugin].self)
            case "prefix": prefix = try json.read()
            default: throw .unknown
            }
        }
        self.init(name: name, prefix: try required(prefix, "prefix"), others: others)
    }
}

extension MavenMetadata.Plugin: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            json.member("package", artifactID)
            json.member("prefix", prefix)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (name, package, prefix): (String?, String?, String?)
        try json.members { (json, member) throws(JSONProblem) in
            switch member {
            case "name": name = try json.read(String.self)
            case "package": package = try json.read()
            case "prefix": prefix = try json.read()
            default: throw .unknown
            }
        }
        self.init(name: name, prefix: try required(prefix, "prefix"), artifactID: try required(package, "package"))
    }
}
