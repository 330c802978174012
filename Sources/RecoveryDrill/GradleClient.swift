import ReconcileCore

/// Runs the real Gradle with an empty home. Each file has its own configuration, so that one that does not resolve does
/// not affect the others.
package struct GradleClient: DrillClient {
    private let program: String
    private let tool: Tools

    package var name: String { "gradle" }

    /// - Parameter program: the path of `gradle`.
    package init(program: String, tools: Tools) {
        self.program = program
        tool = tools
    }

    package func tools() async throws -> [String: String] {
        let ended = try await tool.run(program, ["--no-daemon", "--version"], in: "/")
        let lines = ended.output.split(whereSeparator: \.isNewline)
        guard ended.command.exit == 0, let line = lines.first(where: { $0.hasPrefix("Gradle ") }) else {
            throw ToolFailure("\(program) --version failed: \(ended.complaint)")
        }
        var found = ["gradle": String(line.dropFirst("Gradle ".count).prefix { $0 != " " })]
        if let java = lines.first(where: { $0.hasPrefix("JVM:") }) {
            found["java"] = java.dropFirst("JVM:".count).split(separator: " ").first.map(String.init)
        }
        return found
    }

    package func fetch(
        _ items: [DrillItem],
        using uses: [DrillUse],
        from address: String,
        into folder: String
    ) async throws -> DrillFetch {
        let project = "\(folder)/project"
        try Scratch.write("", to: "\(project)/settings.gradle")
        try Scratch.write(Self.build(items, uses, from: address), to: "\(project)/build.gradle")
        let ended = try await tool.run(
            program,
            ["--no-daemon", "--console", "plain", "-q", "-g", "\(folder)/home", "-p", project, "drill"],
            in: project
        )
        var fetch = DrillFetch()
        fetch.commands.append(ended.command)
        var answers: [String: Substring] = [:]
        for line in ended.output.split(whereSeparator: \.isNewline) where line.hasPrefix("drill ") {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            if words.count == 3 { answers[String(words[1])] = words[2] }
        }
        for (index, item) in items.enumerated() {
            switch Self.reading(answers["f\(index)"]) {
            case .path(let path): fetch.paths[item] = path
            case .reason(let reason): fetch.reasons[item] = reason
            case nil: fetch.untried[item] = "gradle stopped before this file: \(ended.complaint)"
            }
        }
        for (index, use) in uses.enumerated() {
            switch Self.reading(answers["u\(index)"]) {
            case .path: fetch.resolved += 1
            case .reason(let reason): fetch.unresolved[use] = reason
            case nil: break
            }
        }
        return fetch
    }

    private enum Answer {
        case path(String)
        case reason(String)
    }

    private static func reading(_ answer: Substring?) -> Answer? {
        guard let answer else { return nil }
        if answer.hasPrefix("path ") { return .path(String(answer.dropFirst(5))) }
        return .reason(String(answer.dropFirst("failed ".count).prefix(600)))
    }

    /// Returns the build script. Names are plain (`MavenFile`), so none can end its quotes.
    private static func build(_ items: [DrillItem], _ uses: [DrillUse], from address: String) -> String {
        let files = items.enumerated().compactMap { index, item in
            item.file.map { "    f\(index): '\(notation($0, version: $0.version))'," }
        }
        let versions = uses.enumerated().map { index, use in
            "    u\(index): '\(notation(use.file, version: use.wanted))',"
        }
        return """
            repositories {
                maven {
                    url '\(address)'
                    if (it.hasProperty('allowInsecureProtocol')) allowInsecureProtocol = true
                }
            }
            def wanted = [
            \((files + versions).joined(separator: "\n"))
            ]
            task drill {
                doLast {
                    wanted.each { name, notation ->
                        try {
                            def one = configurations.detachedConfiguration(dependencies.create(notation))
                            one.transitive = false
                            one.resolutionStrategy.cacheChangingModulesFor(0, 'seconds')
                            println "drill ${name} path ${one.singleFile}"
                        } catch (Exception failure) {
                            def last = failure
                            while (last.cause != null) last = last.cause
                            println "drill ${name} failed ${last.message?.replaceAll('\\\\s+', ' ')}"
                        }
                    }
                }
            }

            """
    }

    private static func notation(_ file: MavenFile, version: String) -> String {
        "\(file.group):\(file.artifact):\(version)\(file.classifier.map { ":\($0)" } ?? "")@\(file.fileExtension)"
    }
}
