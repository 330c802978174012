import MavenXML

@testable import ReconcileCore

/// Maven's version order, times, and the metadata that is made from names.
///
/// - Of two versions exactly one is true: before, equal, after; a version equals itself. Among versions of numbers and
///   dots the order is transitive; in general Maven's is not (1-x < 1-ga0.rc < 1-ga < 1-x).
/// - Metadata does not depend on the order in which versions are given, names each once, and is read back equal.
/// - A time that is read is written as it was.
///
/// The input is lines; the first three are compared.
@Sendable func checkMavenVersions(_ bytes: [UInt8]) throws {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        .prefix(16).map(String.init)
    try checkOrder(lines.prefix(3).map(MavenVersion.init))
    try checkMetadata(lines)
    for line in lines {
        if let time = Timestamp(basic: line) { try require(isSame(time.basic, line), "\(line) becomes \(time.basic)") }
        if let time = Timestamp(extended: line) {
            try require(isSame(time.extended, line), "\(line) becomes \(time.extended)")
            try require(Timestamp(basic: time.basic) == time, "\(time.basic) is not read back")
        }
        if let build = SnapshotBuild(line) {
            try require(
                line.utf8.starts(with: "\(build.base)-\(build.timestamp)-".utf8),
                "\(line) is taken for \(build)"
            )
        }
    }
}

private func checkOrder(_ versions: [MavenVersion]) throws {
    let isNumeric = versions.allSatisfy { version in
        version.description.utf8.allSatisfy { "0123456789.".utf8.contains($0) }
    }
    for left in versions {
        try require(left == left && !(left < left), "\(left) is not equal to itself")
        for right in versions {
            let truths = [left < right, left == right, right < left].count { $0 }
            try require(truths == 1, "\(left) and \(right) stand in \(truths) orders")
            for third in versions where isNumeric && left <= right && right <= third {
                try require(left <= third, "\(left) <= \(right) <= \(third), but not \(left) <= \(third)")
            }
        }
    }
}

private func checkMetadata(_ names: [String]) throws {
    let metadata = MavenMetadata.artifactLevel(groupID: "g", artifactID: "a", versions: names, lastUpdated: nil)
    let reversed = MavenMetadata.artifactLevel(
        groupID: "g",
        artifactID: "a",
        versions: names.reversed(),
        lastUpdated: nil
    )
    try require(metadata.render() == reversed.render(), "the order in which versions are given counts")
    try require(metadata.versions.count == Set(names.map(ExactText.init)).count, "not each version once")

    guard let version = names.first,
        let snapshot = MavenMetadata.snapshotLevel(
            groupID: "g",
            artifactID: "a",
            version: version,
            assetNames: names.dropFirst()
        )
    else { return }
    try require(
        try MavenMetadata(xml: snapshot.render()).snapshotVersions.count == snapshot.snapshotVersions.count,
        "a file is lost"
    )
}
