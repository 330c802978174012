import FoundationEssentials
import ReconcileCore

/// Runs the real Maven with an empty local repository.
///
/// One build covers some hundred files, with a module for each, so that a file that does not resolve fails only its
/// module. A file counts as coming from the backup if `_remote.repositories`, in which Maven records the sources of
/// files, names the backup alone. Files that Maven's own plugin uses are in the local repository already; for them
/// Maven only asks the backup whether it has the file.
package struct MavenClient: DrillClient {
    private let program: String
    private let plugins: String?
    private let tool: Tools

    package var name: String { "mvn" }

    /// - Parameters:
    ///   - program: the path of `mvn`.
    ///   - plugins: the URL of a repository with Maven's own plugins. If nil, Debian's folder of them is used if this
    ///     machine has it, otherwise `mvn` gets them as configured.
    package init(program: String, plugins: String?, tools: Tools) {
        self.program = program
        let hasDebians = FileManager.default.fileExists(atPath: "\(Self.debian)/\(Self.pluginPath)")
        self.plugins = plugins ?? (hasDebians ? "file://\(Self.debian)" : nil)
        tool = tools
    }

    private static let debian = "/usr/share/maven-repo"
    private static let pluginPath = "org/apache/maven/plugins/maven-dependency-plugin"
    /// The version to use if the plugins' repository does not show which versions it has.
    private static let usualPlugin = "3.5.0"

    package func tools() async throws -> [String: String] {
        let ended = try await tool.run(program, ["--version"], in: "/")
        let lines = ended.output.split(whereSeparator: \.isNewline).map(Self.plain)
        guard ended.command.exit == 0, let first = lines.first(where: { $0.hasPrefix("Apache Maven ") }) else {
            throw ToolFailure("\(program) --version failed: \(ended.complaint)")
        }
        var found = ["mvn": String(first.dropFirst("Apache Maven ".count).prefix { $0 != " " })]
        let java = lines.first { $0.hasPrefix("Java version: ") }
        if let java { found["java"] = String(java.dropFirst("Java version: ".count).prefix { $0 != "," }) }
        found["maven-dependency-plugin"] = project.pluginVersion
        return found
    }

    /// Removes terminal colours.
    private static func plain(_ line: Substring) -> String {
        var text = String(line)
        for code in ["\u{1B}[1m", "\u{1B}[m", "\u{1B}[0m"] { text = text.replacing(code, with: "") }
        return text
    }

    private var project: MavenProject {
        var version = Self.usualPlugin
        if let plugins, plugins.hasPrefix("file://") {
            let folder = "\(plugins.dropFirst("file://".count))/\(Self.pluginPath)"
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let numbers = versions.filter { $0.first?.isNumber == true }.map(MavenVersion.init)
            version = numbers.max().map { "\($0)" } ?? version
        }
        return MavenProject(plugins: plugins, pluginVersion: version)
    }

    /// The maximum number of modules in one build.
    private static let batch = 400

    package func fetch(
        _ items: [DrillItem],
        using uses: [DrillUse],
        from address: String,
        into folder: String
    ) async throws -> DrillFetch {
        let settings = "\(folder)/settings.xml"
        try Scratch.write(project.settings(address: address), to: settings)
        let common = ["-B", "-ntp", "-s", settings, "-Dmaven.repo.local=\(folder)/repository"]
        var fetch = DrillFetch()
        // Get Maven's own plugins first, without strict checksums, because not every plugin repository has them.
        let own = try await tool.run(program, common + ["\(project.goals):help"], in: folder)
        fetch.commands.append(own.command)
        guard own.command.exit == 0 else {
            throw ToolFailure(
                "mvn cannot get its own maven-dependency-plugin: \(own.complaint). Name a repository that has it with "
                    + "--maven-plugins, or use --client none"
            )
        }
        var work = items.map(Module.file) + uses.map(Module.use)
        while !work.isEmpty {
            let some = Array(work.prefix(Self.batch))
            work.removeFirst(some.count)
            try await build(some, common, in: "\(folder)/build-\(fetch.commands.count)", &fetch)
        }
        for item in items where fetch.reasons[item] == nil && fetch.untried[item] == nil {
            guard let path = item.file?.path else { continue }
            let file = "\(folder)/repository/\(path)"
            let sources = Self.sources(of: file)
            if sources == [MavenProject.sourceID] {
                fetch.paths[item] = file
            } else if !sources.isEmpty {
                fetch.elsewhere.insert(item)
            }
        }
        return fetch
    }

    private enum Module {
        case file(DrillItem)
        case use(DrillUse)
    }

    private func build(_ modules: [Module], _ common: [String], in folder: String, _ fetch: inout DrillFetch)
        async throws
    {
        let names = modules.indices.map { "m\($0)" }
        try Scratch.write(project.root(modules: names), to: "\(folder)/pom.xml")
        for (name, module) in zip(names, modules) {
            let text: String?
            switch module {
            case .file(let item): text = item.file.map { project.module(name, fetching: $0) }
            case .use(let use): text = project.module(name, using: use)
            }
            if let text { try Scratch.write(text, to: "\(folder)/\(name)/pom.xml") }
        }
        let ended = try await tool.run(
            program,
            common + ["-C", "-fae", "-f", "\(folder)/pom.xml", "validate"],
            in: folder
        )
        fetch.commands.append(ended.command)
        let lines = ended.output.split(whereSeparator: \.isNewline).map(Self.plain)
        let hasBuilt = ended.command.exit == 0 || lines.contains { $0.contains("Reactor Summary") }
        for (name, module) in zip(names, modules) {
            let line = lines.first { $0.hasPrefix("[ERROR] ") && $0.contains(" on project \(name): ") }
            let reason = line.map { Self.reason(in: $0, of: name) }
            switch module {
            case .file(let item):
                if let reason { fetch.reasons[item] = reason }
                if !hasBuilt { fetch.untried[item] = "mvn stopped before this file: \(ended.complaint)" }
            case .use(let use):
                if let reason { fetch.unresolved[use] = reason } else if hasBuilt { fetch.resolved += 1 }
            }
        }
        Scratch.remove(folder)
    }

    /// Returns the reason in an error line, such as `Could not find artifact …`, without the goal before it and the
    /// help link after it.
    private static func reason(in line: String, of name: String) -> String {
        guard let start = line.firstRange(of: " on project \(name): ")?.upperBound else { return line }
        var text = line[start...]
        if let end = text.firstRange(of: " -> [Help")?.lowerBound { text = text[..<end] }
        return String(text.prefix(600))
    }

    /// Returns the repositories that a file in the local repository came from or was found in; empty if the file does
    /// not exist.
    private static func sources(of file: String) -> Set<String> {
        guard let slash = file.lastIndex(of: "/"), FileManager.default.fileExists(atPath: file),
            let notes = Scratch.read("\(file[..<slash])/_remote.repositories")
        else { return [] }
        let start = "\(file[file.index(after: slash)...])>"
        let rows = notes.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(start) && $0.hasSuffix("=") }
        return Set(rows.map { String($0.dropFirst(start.count).dropLast()) })
    }
}
