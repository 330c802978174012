import ReconcileCore

@testable import DirectoryAdapter

/// The keys of a backup, both ways.
///
/// - Any names give keys that a directory can hold: no empty segment, no `.` or `..`, no control character.
/// - A manifest's key gives its record back, byte for byte, and lies under the prefixes of its version, package and
///   repository; an asset's key lies under its package's prefix.
/// - A key, segment or revision that is accepted is exactly what writing gives of what was read.
@Sendable func checkBackupKeys(_ bytes: [UInt8]) throws {
    try checkNames(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    if let name = KeySegment.decode(text) {
        try require(isSame(KeySegment.encode(name), text), "the segment \(text.debugDescription) is another's")
    }
    let name = try decodedName(of: text)
    try require(isSame(name, text), "the name \(text.debugDescription) becomes \(name.debugDescription)")
    let layout = BackupLayout(domain: "d")
    let spelled = [
        ObjectKey(text), ObjectKey(layout.manifestsPrefix.value + text),
        ObjectKey(layout.manifestsPrefix.value + "r/n/p/1/20261122T083612Z." + text),
    ]
    for key in spelled {
        guard let record = layout.record(at: key) else { continue }
        try require(
            isSame(layout.key(of: record).value, key.value),
            "the key \(key.value.debugDescription) is another's"
        )
    }
}

private func decodedName(of name: String) throws -> String {
    guard let decoded = KeySegment.decode(KeySegment.encode(name)) else {
        throw BrokenProperty(description: "the name \(name.debugDescription) is not read back")
    }
    return decoded
}

/// Seven names out of an input that a byte that is no UTF-8 divides, and a status and time from the first bytes.
private func checkNames(_ bytes: [UInt8]) throws {
    var names = bytes.split(separator: 0xFF, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    while names.count < 7 { names.append("") }
    let layout = BackupLayout(domain: names[0])
    let package = PackageCoordinates(repository: names[1], namespace: names[2], name: names[3])
    let version = VersionCoordinates(package: package, version: names[4])
    let choice = bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
    let record = ManifestRecord(
        coordinates: version,
        recordedAt: Timestamp(seconds: Int64(choice)),
        revision: choice % 5 == 0 ? nil : names[5],
        status: VersionStatus.allCases[choice % VersionStatus.allCases.count]
    )

    let key = layout.key(of: record)
    try checkSegments(key)
    guard let again = layout.record(at: key) else {
        throw BrokenProperty(description: "the key \(key.value.debugDescription) is not read back")
    }
    try require(again == record, "read back, \(again) is not \(record)")
    let written = [names[1], names[2], names[3], names[4]]
    let coordinates = again.coordinates
    let read = [
        coordinates.package.repository, coordinates.package.namespace, coordinates.package.name, coordinates.version,
    ]
    try require(zip(written, read).allSatisfy { isSame($0, $1) }, "read back, \(read) is not \(written)")
    try require(isSame(again.revision, record.revision), "the revision changed")

    let prefixes = [
        layout.manifestsPrefix, layout.manifestsPrefix(of: package.repository), layout.manifestsPrefix(of: package),
        layout.manifestsPrefix(of: version),
    ]
    for prefix in prefixes {
        try require(key.value.utf8.starts(with: prefix.value.utf8), "\(key.value) is not under \(prefix.value)")
    }
    let top = layout.packagePrefix(package).value
    for key in [layout.key(of: names[6], in: version), layout.metadataKey(of: package)] {
        try checkSegments(key)
        try require(key.value.utf8.starts(with: top.utf8), "\(key.value) is not under \(top)")
    }
    try checkSegments(layout.reportKey(runID: names[6], startedAt: record.recordedAt))
}

private func checkSegments(_ key: ObjectKey) throws {
    for segment in key.value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
        let text = String(decoding: segment, as: UTF8.self)
        try require(!text.isEmpty && text != "." && text != "..", "\(key.value.debugDescription) has a step")
        let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        try require(isPlain, "\(key.value.debugDescription) has a control character")
    }
    // Too long for a file name is the one other refusal.
    if let path = try? DirectoryPath(key, operation: .work("test")) {
        try require(isSame((path.parents + [path.name]).joined(separator: "/"), key.value), "the path is another's")
    }
}
