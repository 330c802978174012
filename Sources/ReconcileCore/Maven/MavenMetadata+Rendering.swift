/// Renders a document as the XML that Maven reads.
extension MavenMetadata {
    /// The document in UTF-8: indented by two spaces, elements in the order of deployed files, absent elements left
    /// out, a newline at the end. Equal metadata gives equal bytes.
    ///
    /// `modelVersion` is written where Maven writes it: at the snapshot level. Characters that XML cannot represent
    /// become U+FFFD.
    package func render() -> [UInt8] {
        var document = XMLDocument()
        let isSnapshotLevel = snapshot != nil || !snapshotVersions.isEmpty
        document.element("metadata", attributes: isSnapshotLevel ? " modelVersion=\"1.1.0\"" : "") { document in
            document.element("groupId", groupID)
            document.element("artifactId", artifactID)
            document.element("version", version)
            if hasVersioning { document.element("versioning") { render(versioning: &$0) } }
            document.list("plugins", plugins) { document, plugin in
                document.element("plugin") { document in
                    document.element("name", plugin.name)
                    document.element("prefix", plugin.prefix)
                    document.element("artifactId", plugin.artifactID)
                }
            }
        }
        return Array(document.text.utf8)
    }

    private var hasVersioning: Bool {
        latest != nil || release != nil || lastUpdated != nil || snapshot != nil || !versions.isEmpty
            || !snapshotVersions.isEmpty
    }

    private func render(versioning document: inout XMLDocument) {
        document.element("latest", latest)
        document.element("release", release)
        if let snapshot {
            document.element("snapshot") { document in
                document.element("timestamp", snapshot.timestamp)
                document.element("buildNumber", snapshot.buildNumber.map(String.init))
                document.element("localCopy", snapshot.localCopy ? "true" : nil)
            }
        }
        document.list("versions", versions) { $0.element("version", $1) }
        document.element("lastUpdated", lastUpdated)
        document.list("snapshotVersions", snapshotVersions) { document, file in
            document.element("snapshotVersion") { document in
                document.element("classifier", file.classifier)
                document.element("extension", file.fileExtension)
                document.element("value", file.value)
                document.element("updated", file.updated)
            }
        }
    }
}

/// An XML writer that puts one element on a line.
private struct XMLDocument {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var depth = 0

    /// `attributes` is inserted into the tag verbatim.
    mutating func element(_ name: String, attributes: String = "", _ content: (inout XMLDocument) -> Void) {
        indent()
        text += "<\(name)\(attributes)>\n"
        depth += 1
        content(&self)
        depth -= 1
        indent()
        text += "</\(name)>\n"
    }

    /// Writes nothing if the value is nil.
    mutating func element(_ name: String, _ value: String?) {
        guard let value else { return }
        indent()
        text += "<\(name)>"
        for scalar in value.unicodeScalars { append(scalar) }
        text += "</\(name)>\n"
    }

    /// Writes nothing if the list is empty.
    mutating func list<Item>(_ name: String, _ items: [Item], _ content: (inout XMLDocument, Item) -> Void) {
        guard !items.isEmpty else { return }
        element(name) { document in
            for item in items { content(&document, item) }
        }
    }

    private mutating func indent() {
        text += String(repeating: "  ", count: depth)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "&": text += "&amp;"
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        // A parser turns a carriage return into a newline unless it is written as a reference.
        case "\r": text += "&#13;"
        case "\t", "\n": text.unicodeScalars.append(scalar)
        // XML 1.0, production 2
        case "\0"..."\u{1F}", "\u{FFFE}"..."\u{FFFF}": text += "\u{FFFD}"
        default: text.unicodeScalars.append(scalar)
        }
    }
}
