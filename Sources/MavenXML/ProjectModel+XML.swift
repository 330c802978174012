package import ReconcileCore
package import XMLPull

/// Reading a POM.
extension ProjectModel {
    /// Above the needs of the largest POM in Maven Central, which names a few thousand artifacts.
    package static let limits = XMLLimits(
        maximumBytes: 4 * 1024 * 1024,
        maximumDepth: 64,
        maximumAttributes: 64,
        maximumNames: 20_000,
        maximumTextBytes: 1024 * 1024
    )

    /// Reads a POM of any age. Skips elements that the model does not have.
    ///
    /// Throws if the document is not well-formed, has a DOCTYPE, exceeds the limits, or has a root other than
    /// `<project>`.
    package init(xml bytes: [UInt8], limits: XMLLimits = Self.limits) throws(XMLFailure) {
        self = try Self.parse(bytes, limits, root: "project") { (reader) throws(XMLFailure) in
            var model = ProjectModel()
            try model.read(&reader)
            return model
        }
    }

    /// Reads the extensions that `.mvn/extensions.xml` adds to Maven itself.
    package static func extensions(xml bytes: [UInt8]) throws(XMLFailure) -> [Plugin] {
        try parse(bytes, limits, root: "extensions") { (reader) throws(XMLFailure) in
            try reader.list("extension") { (reader) throws(XMLFailure) in try Plugin(&reader) }
        }
    }

    private static func parse<Value>(
        _ bytes: [UInt8],
        _ limits: XMLLimits,
        root: String,
        _ read: (inout XMLReader) throws(XMLFailure) -> Value
    ) throws(XMLFailure) -> Value {
        do {
            return try XMLPull.parse(bytes, limits: limits) { reader in
                guard case .start(let name, _) = try reader.next(), name == root else {
                    throw reader.failure("the root element is not <\(root)>")
                }
                return try read(&reader)
            }
        } catch let failure as XMLFailure {
            throw failure
        } catch {
            throw XMLFailure(line: 1, reason: "\(error)")
        }
    }

    private mutating func read(_ reader: inout XMLReader) throws(XMLFailure) {
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "groupId": group = try reader.trimmed()
            case "artifactId": artifact = try reader.trimmed()
            case "version": version = try reader.trimmed()
            case "packaging": packaging = try reader.trimmed()
            case "parent": parent = try Parent(&reader)
            case "profiles":
                profiles += try reader.list("profile") { (reader) throws(XMLFailure) in
                    var section = Section()
                    try reader.children { (reader, name, _) throws(XMLFailure) in try section.read(name, &reader) }
                    return section
                }
            case "distributionManagement":
                try reader.children { (reader, name, _) throws(XMLFailure) in
                    if name == "relocation" { relocation = try Dependency(&reader) }
                }
            default: try own.read(name, &reader)
            }
        }
    }
}

extension ProjectModel.Section {
    /// Reads a child element of a project or a profile; ignores an unknown one without consuming it.
    fileprivate mutating func read(_ name: String, _ reader: inout XMLReader) throws(XMLFailure) {
        switch name {
        case "properties":
            try reader.children { (reader, name, _) throws(XMLFailure) in
                properties[name] = try reader.trimmed() ?? ""
            }
        case "modules", "subprojects":
            try reader.children { (reader, _, _) throws(XMLFailure) in
                if let module = try reader.trimmed() { modules.append(module) }
            }
        case "dependencies": dependencies += try reader.dependencies()
        case "dependencyManagement":
            try reader.children { (reader, name, _) throws(XMLFailure) in
                if name == "dependencies" { managed += try reader.dependencies() }
            }
        case "reporting":
            try reader.children { (reader, name, _) throws(XMLFailure) in
                if name == "plugins" { plugins += try reader.plugins("plugin") }
            }
        case "build":
            try reader.children { (reader, name, _) throws(XMLFailure) in
                switch name {
                case "plugins": plugins += try reader.plugins("plugin")
                case "extensions": plugins += try reader.plugins("extension")
                case "pluginManagement":
                    try reader.children { (reader, name, _) throws(XMLFailure) in
                        if name == "plugins" { managedPlugins += try reader.plugins("plugin") }
                    }
                default: break
                }
            }
        default: break
        }
    }
}

extension ProjectModel.Parent {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        self.init()
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "groupId": group = try reader.trimmed() ?? ""
            case "artifactId": artifact = try reader.trimmed() ?? ""
            case "version": version = try reader.trimmed() ?? ""
            case "relativePath": relativePath = try reader.trimmed() ?? ""
            default: break
            }
        }
    }
}

extension ProjectModel.Dependency {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        self.init()
        try reader.children { (reader, name, _) throws(XMLFailure) in try read(name, &reader) }
    }

    /// Reads a child element of a dependency; ignores an unknown one without consuming it.
    fileprivate mutating func read(_ name: String, _ reader: inout XMLReader) throws(XMLFailure) {
        switch name {
        case "groupId": group = try reader.trimmed() ?? ""
        case "artifactId": artifact = try reader.trimmed() ?? ""
        case "version": version = try reader.trimmed()
        case "type": type = try reader.trimmed()
        case "classifier": classifier = try reader.trimmed()
        case "scope": scope = try reader.trimmed()
        case "optional": isOptional = try reader.trimmed() == "true"
        default: break
        }
    }
}

extension ProjectModel.Plugin {
    fileprivate init(_ reader: inout XMLReader) throws(XMLFailure) {
        self.init()
        try reader.children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "groupId": group = try reader.trimmed() ?? group
            case "artifactId": artifact = try reader.trimmed() ?? ""
            case "version": version = try reader.trimmed()
            case "dependencies": dependencies += try reader.dependencies()
            case "configuration": try reader.artifacts(&artifacts)
            case "executions":
                try reader.children { (reader, _, _) throws(XMLFailure) in
                    try reader.children { (reader, name, _) throws(XMLFailure) in
                        if name == "configuration" { try reader.artifacts(&artifacts) }
                    }
                }
            default: break
            }
        }
    }
}

extension XMLReader {
    /// The text of the element that has just begun, without surrounding white space; nil if that is empty.
    fileprivate mutating func trimmed() throws(XMLFailure) -> String? {
        let text = try text()
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return nil }
        return String(text[first...last])
    }

    /// Reads the children with this name.
    fileprivate mutating func list<Value>(
        _ name: String,
        _ read: (inout XMLReader) throws(XMLFailure) -> Value
    ) throws(XMLFailure) -> [Value] {
        var values: [Value] = []
        try children { (reader, child, _) throws(XMLFailure) in
            if child == name { values.append(try read(&reader)) }
        }
        return values
    }

    fileprivate mutating func dependencies() throws(XMLFailure) -> [ProjectModel.Dependency] {
        try list("dependency") { (reader) throws(XMLFailure) in try ProjectModel.Dependency(&reader) }
    }

    fileprivate mutating func plugins(_ name: String) throws(XMLFailure) -> [ProjectModel.Plugin] {
        try list(name) { (reader) throws(XMLFailure) in try ProjectModel.Plugin(&reader) }
    }

    /// Collects every element inside the one that has just begun that has a group and an artifact, at any depth within
    /// the reader's limit.
    fileprivate mutating func artifacts(_ found: inout [ProjectModel.Dependency]) throws(XMLFailure) {
        var artifact = ProjectModel.Dependency()
        var inner: [ProjectModel.Dependency] = []
        try children { (reader, name, _) throws(XMLFailure) in
            switch name {
            case "groupId", "artifactId", "version", "type", "classifier": try artifact.read(name, &reader)
            default: try reader.artifacts(&inner)
            }
        }
        if !artifact.group.isEmpty, !artifact.artifact.isEmpty { found.append(artifact) }
        found += inner
    }
}
