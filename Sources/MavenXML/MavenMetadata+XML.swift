package import ReconcileCore
package import XMLPull

/// Reading maven-metadata.xml.
extension MavenMetadata {
    /// Reads a maven-metadata.xml of any level.
    ///
    /// White space around a value is ignored, and an element without a value counts as absent. Unknown elements are
    /// skipped at any depth, as in Maven's own lenient reader. Throws if the document is not well-formed, its root is
    /// not `<metadata>`, a build number is not a number, a `<plugin>` lacks its prefix or artifact ID, or a
    /// `<snapshotVersion>` lacks its value.
    package init(xml bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLFailure) {
        do {
            self = try XMLPull.parse(bytes, limits: limits) { reader in
                try Self.read(&reader)
            }
        } catch let failure as XMLFailure {
            throw failure
        } catch {
            throw XMLFailure(line: 1, reason: "\(error)")
        }
    }

    private static func read(_ reader: inout XMLReader) throws(XMLFailure) -> MavenMetadata {
        guard case .start(let root, _) = try reader.next(), root == "metadata" else {
            throw reader.failure("the root element is not <metadata>")
        }
        var metadata = MavenMetadata()
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "groupId": metadata.groupID = try reader.value()
            case "artifactId": metadata.artifactID = try reader.value()
            case "version": metadata.version = try reader.value()
            case "versioning": try metadata.readVersioning(&reader)
            case "plugins":
                try reader.children(named: "plugin") { (reader) throws(XMLFailure) in
                    metadata.plugins.append(try Plugin(&reader))
                }
            default: break
            }
        }
        return metadata
    }

    private mutating func readVersioning(_ reader: inout XMLReader) throws(XMLFailure) {
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "latest": latest = try reader.value()
            case "release": release = try reader.value()
            case "lastUpdated": lastUpdated = try reader.value()
            case "versions":
                try reader.children(named: "version") { (reader) throws(XMLFailure) in
                    if let version = try reader.value() { versions.append(version) }
                }
            case "snapshot": snapshot = try Snapshot(&reader)
            case "snapshotVersions":
                try reader.children(named: "snapshotVersion") { (reader) throws(XMLFailure) in
                    snapshotVersions.append(try SnapshotVersion(&reader))
                }
            default: break
            }
        }
    }
}

extension MavenMetadata.Snapshot {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        self.init(timestamp: nil, buildNumber: nil)
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "timestamp": timestamp = try reader.value()
            case "buildNumber":
                guard let text = try reader.value() else { return }
                guard let number = Int(text) else { throw reader.failure("the build number '\(text)' is not a number") }
                buildNumber = number
            case "localCopy": localCopy = try reader.value() == "true"
            default: break
            }
        }
    }
}

extension MavenMetadata.SnapshotVersion {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        var classifier: String?
        var fileExtension: String?
        var value: String?
        var updated: String?
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "classifier": classifier = try reader.value()
            case "extension": fileExtension = try reader.value()
            case "value": value = try reader.value()
            case "updated": updated = try reader.value()
            default: break
            }
        }
        guard let value else { throw reader.failure("a <snapshotVersion> has no <value>") }
        // A file may have no extension; Maven then writes an empty element.
        self.init(classifier: classifier, fileExtension: fileExtension ?? "", value: value, updated: updated)
    }
}

extension MavenMetadata.Plugin {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        var name: String?
        var prefix: String?
        var artifactID: String?
        try reader.children { (reader, element, _) throws(XMLFailure) in
            switch element {
            case "name": name = try reader.value()
            case "prefix": prefix = try reader.value()
            case "artifactId": artifactID = try reader.value()
            default: break
            }
        }
        guard let prefix, let artifactID else { throw reader.failure("a <plugin> lacks <prefix> or <artifactId>") }
        self.init(name: name, prefix: prefix, artifactID: artifactID)
    }
}

extension XMLReader {
    /// The trimmed text of the element that has just begun; nil if that is empty.
    fileprivate mutating func value() throws(XMLFailure) -> String? {
        let text = try text()
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return nil }
        return String(text[first...last])
    }

    /// Visits the children with this name and skips the others.
    fileprivate mutating func children(
        named name: String,
        _ visit: (inout XMLReader) throws(XMLFailure) -> Void
    ) throws(XMLFailure) {
        try children { (reader, child, _) throws(XMLFailure) in
            if child == name { try visit(&reader) }
        }
    }
}
