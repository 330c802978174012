import AWSServices
import Logging
import MavenXML
package import ReconcileCore

/// The files that `--for-build` names: POMs with their modules and local parents, or lists of artifacts.
struct BuildFiles {
    private(set) var projects: [ProjectModel] = []
    private(set) var listed: [ArtifactVersion] = []
    private(set) var extensions: [ProjectModel.Plugin] = []
    private var models: [String: ProjectModel] = [:]
    private var followed: Set<String> = []

    /// The maximum number of POMs in a build, in case its directories form a cycle; no real build has so many.
    private static let limit = 20_000

    /// - Parameter paths: each a POM, a directory with a pom.xml, or a list.
    /// - Throws: `UsageFailure` that names the unusable file and the reason.
    init(at paths: [String]) throws(UsageFailure) {
        for path in paths {
            let path = Self.normalized(ProvedFile.isDirectory(path) ? "\(path)/pom.xml" : path)
            guard let bytes = try Self.read(path) else { throw Self.failure(path, "there is no such file") }
            if Self.isXML(bytes) {
                try follow(path)
                try readExtensions(beside: path)
            } else {
                listed += try Self.list(bytes, path)
            }
        }
        projects = models.sorted { ExactText($0.key) < ExactText($1.key) }.map(\.value)
    }

    /// What the build needs as far as its own files say, before the backup is searched.
    var closure: BuildClosure { BuildClosure(projects: projects, listed: listed, extensions: extensions) }

    // MARK: POMs

    /// Reads a POM, its modules recursively, and each one's parents at their relative paths.
    private mutating func follow(_ first: String) throws(UsageFailure) {
        var waiting = [first]
        while let path = waiting.popLast() {
            guard followed.insert(path).inserted else { continue }
            guard let model = try project(path) else {
                throw Self.failure(path, "there is no such file; it is a module")
            }
            try readParents(of: model, at: path)
            for module in Set(model.sections.flatMap(\.modules)) {
                let text = ProjectProperties.value(of: module, in: model)
                let place = "\(Self.directory(of: path))/\(text)"
                waiting.append(Self.normalized(ProvedFile.isDirectory(place) ? "\(place)/pom.xml" : place))
            }
        }
    }

    private mutating func readParents(of model: ProjectModel, at path: String) throws(UsageFailure) {
        var (model, path) = (model, path)
        while let parent = model.parent, parent.relativePath != "" {
            let place = "\(Self.directory(of: path))/\(parent.relativePath ?? "../pom.xml")"
            path = Self.normalized(ProvedFile.isDirectory(place) ? "\(place)/pom.xml" : place)
            guard models[path] == nil, let bytes = try Self.read(path), Self.isXML(bytes),
                let found = try? ProjectModel(xml: bytes), found.artifact == parent.artifact
            else { return }
            try keep(found, at: path)
            model = found
        }
    }

    private mutating func project(_ path: String) throws(UsageFailure) -> ProjectModel? {
        if let known = models[path] { return known }
        guard let bytes = try Self.read(path) else { return nil }
        do {
            let model = try ProjectModel(xml: bytes)
            try keep(model, at: path)
            return model
        } catch let failure as UsageFailure {
            throw failure
        } catch {
            let settings = String(decoding: bytes.prefix(4_096), as: UTF8.self).contains("<settings")
            throw Self.failure(
                path,
                "it is not a POM: \(error)"
                    + (settings ? ". A settings.xml names repositories, and no artifacts" : "")
                    + ". --for-build takes a pom.xml, a directory that has one, or a list of group:artifact:version, "
                    + "such as mvn dependency:list prints"
            )
        }
    }

    private mutating func keep(_ model: ProjectModel, at path: String) throws(UsageFailure) {
        guard models.count < Self.limit else {
            throw Self.failure(
                path,
                "the build has more than \(Self.limit) modules; do its directories lead in a circle?"
            )
        }
        models[path] = model
    }

    private mutating func readExtensions(beside path: String) throws(UsageFailure) {
        let file = "\(Self.directory(of: path))/.mvn/extensions.xml"
        guard let bytes = try Self.read(file) else { return }
        do {
            extensions += try ProjectModel.extensions(xml: bytes)
        } catch {
            throw Self.failure(file, "it lists no extensions: \(error)")
        }
    }

    // MARK: Lists

    /// Parses lines of `group:artifact:version`, or the output of `mvn dependency:list` with type, classifier and
    /// scope.
    private static func list(_ bytes: [UInt8], _ path: String) throws(UsageFailure) -> [ArtifactVersion] {
        var listed: [ArtifactVersion] = []
        let scopes = ["compile", "provided", "runtime", "test", "system", "import"]
        // Some editors and shells write a byte order mark at the start of a UTF-8 file.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace).filter { $0 != "[INFO]" }
            guard let word = words.first, !word.hasPrefix("#") else { continue }
            var parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if parts.count > 4, let last = parts.last, scopes.contains(last) { parts.removeLast() }
            guard (3...5).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
                // Maven also prints headings.
                if text.hasPrefix("The following files") || word == "none" { continue }
                throw failure(path, "line \(index + 1) is not group:artifact:version: \(text.prefix(100))")
            }
            listed.append(ArtifactVersion(ArtifactName(parts[0], parts[1]), parts[parts.count - 1]))
        }
        guard !listed.isEmpty else { throw failure(path, "it lists nothing") }
        return listed
    }

    // MARK: Files

    private static func isXML(_ bytes: [UInt8]) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        return text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "<")
            || [[0xFE, 0xFF], [0xFF, 0xFE]].contains(Array(bytes.prefix(2)))
    }

    private static func read(_ path: String) throws(UsageFailure) -> [UInt8]? {
        do {
            return try InputFile.read(path)
        } catch {
            throw UsageFailure("--for-build: \(error)")
        }
    }

    private static func failure(_ path: String, _ reason: String) -> UsageFailure {
        UsageFailure("--for-build \(path): \(reason)")
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Removes `.`, and each `..` together with the name before it.
    private static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}

extension BuildFlags {
    /// Returns what the named build needs from a backup, and logs what must come from elsewhere; nil if no build is
    /// named.
    ///
    /// - Parameters:
    ///   - choice: which state of a version to use.
    ///   - width: the number of concurrent requests.
    ///   - mayBeEmpty: whether to accept a backup that has nothing the build needs.
    /// - Throws: `UsageFailure` for unusable files, an `absent` failure if the backup has nothing the build needs, the
    ///   failure that keeps the backup from being read, or `CancellationError` when stopped.
    package func needs(
        of open: OpenBackup,
        _ selection: Selection,
        _ choice: RestoreChoice,
        for operation: ServiceOperation,
        width: Int,
        mayBeEmpty: Bool = false,
        stop: StopSignal,
        on host: Host
    ) async throws -> BuildNeeds? {
        guard !forBuild.isEmpty else { return nil }
        let build = try BuildFiles(at: forBuild).closure
        let search = BuildSearch(
            of: open.backup,
            selection: selection,
            choice: choice,
            operation: operation,
            width: width
        ) { bytes in
            try ProjectModel(xml: bytes)
        }
        let needs = try await search.needs(of: build, stop: stop)
        for reason in needs.unread {
            host.logger.warning("a POM cannot be read, so what only it needs is unknown: \(reason)")
        }
        let what = "the build needs \(Quantity.count(needs.count, "version")) of the backup"
        let others = needs.absent.firstFew(20)
        host.logger.notice(
            "\(what)\(others.isEmpty ? "" : ", and from elsewhere, since the backup does not have them: \(others)")"
        )
        guard !needs.versions.isEmpty || mayBeEmpty else {
            throw RemoteFailure(
                .absent,
                operation: operation,
                target: open.store.location,
                message: "the backup has nothing of what \(forBuild.firstFew(3)) needs; check --domain, "
                    + "--repository and the file"
            )
        }
        return needs
    }
}
