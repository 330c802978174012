/// The parsed file name of a snapshot build's asset: `app-1.0-20210728.194552-1-sources.jar`.
///
/// Nil for a name that doesn't start with artifact, base version, timestamp and build number, for one without an
/// extension, and for a checksum file.
struct SnapshotFile: Hashable {
    let build: SnapshotBuild
    /// The build as spelled in the name; its number may have leading zeros.
    let value: String
    let classifier: String?
    let fileExtension: String

    init?(_ name: String, artifactID: String, base: String) {
        let stem = "\(artifactID)-\(base)-"
        guard name.utf8.starts(with: stem.utf8) else { return nil }
        let rest = Substring(name.utf8.dropFirst(stem.utf8.count))
        // The timestamp has 15 characters; "-" and the number follow.
        let timestamp = rest.prefix(15)
        guard let hyphen = rest.dropFirst(15).first, hyphen == "-" else { return nil }
        let number = rest.dropFirst(16).prefix { $0 >= "0" && $0 <= "9" }
        guard let build = SnapshotBuild(base: base, timestamp: timestamp, number: number),
            let ending = FileEnding(rest[number.endIndex...]),
            ChecksumAlgorithm.split(name) == nil
        else { return nil }
        self.build = build
        self.value = "\(base)-\(timestamp)-\(number)"
        self.classifier = ending.classifier
        self.fileExtension = ending.fileExtension
    }
}
