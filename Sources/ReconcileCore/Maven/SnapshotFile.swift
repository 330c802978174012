/// The file name of a snapshot build's asset, taken apart: `app-1.0-20210728.194552-1-sources.jar`.
///
/// Nil for a name that does not begin with artifact, base version, timestamp and build number, for one without an
/// extension, and for a checksum file.
struct SnapshotFile: Hashable {
    let build: SnapshotBuild
    /// The build as the name spells it: a number may have leading zeros.
    let value: String
    let classifier: String?
    let fileExtension: String

    init?(_ name: String, artifactID: String, base: String) {
        let stem = "\(artifactID)-\(base)-"
        guard name.utf8.starts(with: stem.utf8) else { return nil }
        let rest = Substring(name.utf8.dropFirst(stem.utf8.count))
        // The timestamp has 15 characters, then "-" and the number follow.
        let timestamp = rest.prefix(15)
        guard let hyphen = rest.dropFirst(15).first, hyphen == "-" else { return nil }
        let number = rest.dropFirst(16).prefix { $0 >= "0" && $0 <= "9" }
        guard let build = SnapshotBuild(base: base, timestamp: timestamp, number: number),
            let (classifier, fileExtension) = Self.ending(rest[number.endIndex...])
        else { return nil }
        self.build = build
        self.value = "\(base)-\(timestamp)-\(number)"
        self.classifier = classifier
        self.fileExtension = fileExtension
    }

    private static let signatures: Set<Substring> = ["asc", "sigstore"]
    private static let archives: Set<Substring> = ["tar", "cpio"]

    /// `-sources.jar` or `.jar`. Without a classifier everything after the dot is the extension. With one, the two
    /// are separated at the last dot, as a classifier may contain dots itself (`-jdk1.8.jar`); `.tar.gz` and its like,
    /// and the ending of a signature (`.jar.asc`, `.jar.sigstore.json`), stay whole.
    private static func ending(_ ending: Substring) -> (String?, String)? {
        var parts = ending.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard let last = parts.last, !ChecksumAlgorithm.allCases.contains(where: { $0.fileExtension == last }),
            !parts.contains("")
        else { return nil }
        if ending.first == "." { return (nil, String(ending.dropFirst())) }
        guard ending.first == "-", parts.count > 1 else { return nil }

        var taken: [Substring] = []
        func take() { taken.insert(parts.removeLast(), at: 0) }
        take()
        if taken == ["json"], parts.count > 1, parts.last == "sigstore" { take() }
        if let first = taken.first, signatures.contains(first), parts.count > 1 { take() }
        if parts.count > 1, let last = parts.last, archives.contains(last) { take() }
        return (parts.joined(separator: "."), taken.joined(separator: "."))
    }
}
