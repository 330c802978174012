/// What the source's document of a group says of one of the group's Maven plugins: how `mvn PREFIX:GOAL` finds it.
package struct RecordedPlugin: Hashable, Sendable {
    /// The longest text, in bytes.
    private static let maximumText = 1_024

    package var name: String?
    package var prefix: String

    package init(name: String?, prefix: String) {
        self.name = name
        self.prefix = prefix
    }

    /// What a group's document says of a package; nil if it says nothing valid.
    init?(_ metadata: MavenMetadata, of package: PackageCoordinates) {
        guard let plugin = metadata.plugins.last(where: { ExactText($0.artifactID) == ExactText(package.name) }) else {
            return nil
        }
        self.init(name: plugin.name, prefix: plugin.prefix)
        if problem(in: package) != nil { return nil }
    }

    /// Why a record of the package may not say this; nil if it may.
    func problem(in package: PackageCoordinates) -> String? {
        guard package.isPlugin else { return "\(package.name) is not the name of a Maven plugin" }
        let texts = [prefix, name].compactMap(\.self)
        guard !prefix.isEmpty, texts.allSatisfy({ $0.utf8.count <= Self.maximumText }),
            !texts.contains(where: { $0.unicodeScalars.contains(where: \.isControl) })
        else { return "the plugin's prefix or name is not valid" }
        return nil
    }

    /// The document of a group's plugins, as clients ask for it.
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
            json.member("prefix", prefix)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (name, prefix): (String?, String?)
        try json.members { (json, member) throws(JSONProblem) in
            switch member {
            case "name": name = try json.read(String.self)
            case "prefix": prefix = try json.read()
            default: throw .unknown
            }
        }
        self.init(name: name, prefix: try required(prefix, "prefix"))
    }
}
