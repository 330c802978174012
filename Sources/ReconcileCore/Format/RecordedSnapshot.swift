/// The content of the source's maven-metadata.xml for a `-SNAPSHOT` version: which build is the newest, and which build
/// has the newest file for each classifier and extension.
///
/// The version itself lists only the files of its newest build. Only this document, which clients extend with each
/// deployment, shows that an older build still has the file for a classifier. So the version's record keeps it.
package struct RecordedSnapshot: Hashable, Sendable {
    /// More files than any version has.
    static let maximumFiles = 2_000
    /// The longest name of a file, in bytes.
    private static let maximumName = 1_024

    /// UTC, `yyyyMMdd.HHmmss`; nil if the document has none. The build number likewise.
    package var timestamp: String?
    package var buildNumber: Int?
    /// One per classifier and extension, sorted by these.
    package var files: [MavenMetadata.SnapshotVersion]

    package init(timestamp: String?, buildNumber: Int?, files: [MavenMetadata.SnapshotVersion]) {
        self.timestamp = timestamp
        self.buildNumber = buildNumber
        self.files = files.sorted { $0.isOrdered(before: $1) }
    }

    /// Keeps the valid part of a snapshot's document.
    ///
    /// - Throws: why the document is unusable.
    init(_ metadata: MavenMetadata, of version: VersionCoordinates) throws(Unusable) {
        let package = version.package
        let named = [metadata.groupID, metadata.artifactID, metadata.version]
        guard metadata != MavenMetadata() else { throw Unusable(reason: "is empty") }
        for (name, own) in zip(named, [package.namespace, package.name, version.version]) {
            guard let name, ExactText(name) != ExactText(own) else { continue }
            throw Unusable(reason: "is about \(named.map { $0 ?? "" }.joined(separator: ":"))")
        }
        var files: [[ExactText]: MavenMetadata.SnapshotVersion] = [:]
        for var file in metadata.snapshotVersions {
            guard let build = file.build else { continue }
            if file.updated.map(Self.isTime) != true { file.updated = build.updated }
            if Self.problem(of: file, in: version) != nil { continue }
            if let known = files[file.kind]?.build, known >= build { continue }
            files[file.kind] = file
        }
        guard !files.isEmpty else { throw Unusable(reason: "names no file of a build") }
        guard files.count <= Self.maximumFiles else {
            throw Unusable(reason: "names \(files.count) files, more than the \(Self.maximumFiles) that are kept")
        }
        let newest = metadata.snapshot
        self.init(
            timestamp: newest?.timestamp.flatMap { SnapshotBuild.isTimestamp($0[...]) ? $0 : nil },
            buildNumber: newest?.buildNumber.flatMap { $0 >= 0 ? $0 : nil },
            files: Array(files.values)
        )
    }

    /// Why a document is unusable, as the rest of a sentence.
    struct Unusable: Error, Hashable {
        let reason: String
    }

    /// Whether the document names a build as the newest.
    func isNewest(_ build: SnapshotBuild) -> Bool {
        build.timestamp == timestamp && build.buildNumber == buildNumber
    }

    /// Why a record of the version may not contain this; nil if it may.
    func problem(in version: VersionCoordinates) -> String? {
        guard version.isSnapshot else { return "\(version.version) is not a snapshot" }
        guard (1...Self.maximumFiles).contains(files.count) else {
            return "it names \(files.count) files of the snapshot, not 1 to \(Self.maximumFiles)"
        }
        if let timestamp, !SnapshotBuild.isTimestamp(timestamp[...]) {
            return "the snapshot's timestamp \(timestamp) is not valid"
        }
        if let buildNumber, buildNumber < 0 { return "the snapshot's build number \(buildNumber) is negative" }
        for file in files {
            if let problem = Self.problem(of: file, in: version) { return problem }
        }
        // Sorted by classifier and extension.
        for (file, next) in zip(files, files.dropFirst()) where !file.isOrdered(before: next) {
            return "it names two files of the snapshot with the classifier \(file.classifier ?? "") and the extension "
                + file.fileExtension
        }
        return nil
    }

    private static func problem(of file: MavenMetadata.SnapshotVersion, in version: VersionCoordinates) -> String? {
        let name = file.fileName(artifactID: version.package.name)
        guard let build = file.build, ExactText(build.snapshotVersion) == ExactText(version.version)
        else { return "it names a file of \(file.value), which is not a build of the snapshot" }
        guard file.classifier != "", !file.fileExtension.isEmpty, name.utf8.count <= maximumName,
            !name.unicodeScalars.contains(where: { $0 == "/" || $0.isControl })
        else { return "no file of the snapshot can be named \(name.prefix(200))" }
        if let updated = file.updated, !isTime(updated) {
            return "the time \(updated) of the snapshot's \(name) is not valid"
        }
        return nil
    }

    private static func isTime(_ text: String) -> Bool {
        text.utf8.count == 14 && text.utf8.allSatisfy(ASCII.isDigit)
    }
}

extension MavenMetadata.SnapshotVersion {
    /// The classifier and extension; a document names one newest file for each.
    var kind: [ExactText] { [ExactText(classifier ?? ""), ExactText(fileExtension)] }

    /// Nil if the value is not that of a build.
    var build: SnapshotBuild? { SnapshotBuild(value) }

    /// The name of the file in the snapshot's directory.
    func fileName(artifactID: String) -> String {
        "\(artifactID)-\(value)\(classifier.map { "-\($0)" } ?? "").\(fileExtension)"
    }

    func isOrdered(before other: Self) -> Bool { kind.lexicographicallyPrecedes(other.kind) }
}

// MARK: - JSON

extension RecordedSnapshot: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("buildNumber", buildNumber)
            json.member("files", files.map(Row.init))
            json.member("timestamp", timestamp)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (buildNumber, files, timestamp): (Int?, [Row]?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "buildNumber": buildNumber = try json.read(Int.self)
            case "files": files = try json.read()
            case "timestamp": timestamp = try json.read(String.self)
            default: throw .unknown
            }
        }
        let named = try required(files, "files").map(\.file)
        self.init(timestamp: timestamp, buildNumber: buildNumber, files: named)
    }

    fileprivate struct Row {
        let file: MavenMetadata.SnapshotVersion
    }
}

extension RecordedSnapshot.Row: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("classifier", file.classifier)
            json.member("extension", file.fileExtension)
            json.member("updated", file.updated)
            json.member("value", file.value)
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (classifier, ending, updated, value): (String?, String?, String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "classifier": classifier = try json.read(String.self)
            case "extension": ending = try json.read()
            case "updated": updated = try json.read(String.self)
            case "value": value = try json.read()
            default: throw .unknown
            }
        }
        file = MavenMetadata.SnapshotVersion(
            classifier: classifier,
            fileExtension: try required(ending, "extension"),
            value: try required(value, "value"),
            updated: updated
        )
    }
}
