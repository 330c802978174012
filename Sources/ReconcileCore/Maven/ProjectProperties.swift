/// The values that a project's texts may have once `${…}` is replaced; there may be several, because profiles differ.
///
/// A property is looked up in the project and then in its ancestors. The work for one text is bounded, so texts that
/// refer to each other, or that grow at each step, are left as written.
package struct ProjectProperties: Sendable {
    /// The project, its parent, and so on.
    private let chain: [ProjectModel]

    /// The most placeholders to process for one text.
    private static let steps = 400
    /// The most values of one text.
    private static let limit = 16
    /// The most bytes of a text that may be a coordinate.
    private static let length = 1_024

    init(_ chain: [ProjectModel]) {
        self.chain = chain
    }

    /// At least one value; an undefined placeholder stays in it.
    func values(of text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return [text] }
        var steps = Self.steps
        var values: [String] = []
        for value in expand(text[...], within: [], &steps) where !values.contains(value) { values.append(value) }
        return values
    }

    /// The value of a text in one POM, without its ancestors.
    package static func value(of text: String, in model: ProjectModel) -> String {
        ProjectProperties([model]).value(of: text)
    }

    /// The first value, which is usually the only one.
    func value(of text: String) -> String { values(of: text).first ?? text }

    private func expand(_ text: Substring, within open: [Substring], _ steps: inout Int) -> [String] {
        guard text.utf8.count <= Self.length, steps > 0, let start = text.firstRange(of: "${"),
            let end = text[start.upperBound...].firstIndex(of: "}")
        else { return [String(text)] }
        steps -= 1
        let name = text[start.upperBound..<end]
        var replaced: [String] = []
        if !open.contains(name) {
            for definition in definitions(of: String(name)) {
                replaced += expand(definition[...], within: open + [name], &steps)
            }
        }
        if replaced.isEmpty { replaced = [String(text[start.lowerBound...end])] }
        var values: [String] = []
        for tail in expand(text[text.index(after: end)...], within: open, &steps) {
            for middle in replaced where values.count < Self.limit {
                let value = "\(text[..<start.lowerBound])\(middle)\(tail)"
                if value.utf8.count <= Self.length { values.append(value) }
            }
        }
        return values.isEmpty ? [String(text)] : values
    }

    /// The definitions of a name, before anything in them is replaced.
    private func definitions(of name: String) -> [String] {
        guard let project = chain.first else { return [] }
        switch name {
        case "project.version", "pom.version": return [project.versionOrParents]
        case "project.groupId", "pom.groupId": return [project.groupOrParents]
        case "project.artifactId", "pom.artifactId": return [project.artifact ?? ""]
        case "project.parent.version", "pom.parent.version": return project.parent.map { [$0.version] } ?? []
        case "project.parent.groupId", "pom.parent.groupId": return project.parent.map { [$0.group] } ?? []
        case "project.parent.artifactId", "pom.parent.artifactId": return project.parent.map { [$0.artifact] } ?? []
        default: break
        }
        var found: [String] = []
        for model in chain {
            if let own = model.own.properties[name] { found.append(own) }
            found += model.profiles.compactMap { $0.properties[name] }
            // The nearest definition hides those of further ancestors.
            if model.own.properties[name] != nil { return found }
        }
        if !found.isEmpty { return found }
        switch name {
        case "version": return [project.versionOrParents]
        case "groupId": return [project.groupOrParents]
        case "artifactId": return [project.artifact ?? ""]
        default: return []
        }
    }
}
