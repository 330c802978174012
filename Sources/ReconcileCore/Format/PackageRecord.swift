/// The record of a package's own state seen at one time: its origin controls. Its key says all of it.
///
/// Its bytes say the same, and who recorded it; they prove the key. A package that never had other controls than publishing
/// gives has no record.
package struct PackageRecord: Hashable, Sendable {
    package let package: PackageCoordinates
    package let recordedAt: Timestamp
    package let originControls: OriginControls

    package init(package: PackageCoordinates, recordedAt: Timestamp, originControls: OriginControls) {
        self.package = package
        self.recordedAt = recordedAt
        self.originControls = originControls
    }

    /// `<recordedAt>.publish-<ALLOW|BLOCK>.upstream-<ALLOW|BLOCK>.json`; within a package, byte order is time order.
    package var fileName: String {
        let (publish, upstream) = (originControls.publish.rawValue, originControls.upstream.rawValue)
        return "\(recordedAt.basic).publish-\(publish).upstream-\(upstream).json"
    }

    /// Reads a file name; nil for anything that `fileName` would not have written.
    init?(package: PackageCoordinates, fileName: Substring) {
        let parts = fileName.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Substring.init)
        guard parts.count == 4, parts[3] == "json",
            parts[1].hasPrefix("publish-"), parts[2].hasPrefix("upstream-"),
            let recordedAt = Timestamp(basic: parts[0]),
            let publish = OriginControls.Restriction(rawValue: String(parts[1].dropFirst("publish-".count))),
            let upstream = OriginControls.Restriction(rawValue: String(parts[2].dropFirst("upstream-".count)))
        else { return nil }
        self.init(
            package: package,
            recordedAt: recordedAt,
            originControls: OriginControls(publish: publish, upstream: upstream)
        )
    }

    /// JSON with sorted keys and no spaces: equal records of one recorder are equal bytes.
    package func canonicalBytes(recordedBy recorder: Manifest.Recorder) throws -> [UInt8] {
        let document = Document(
            format: Manifest.format,
            repository: package.repository,
            namespace: package.namespace,
            package: package.name,
            originControls: originControls,
            recordedAt: recordedAt.extended,
            recordedBy: recorder
        )
        return try StableJSON.line(document)
    }

    /// Decodes a record, and nothing more: `RecordReader` alone calls this.
    init(decoding bytes: [UInt8]) throws(RecordRefusal) {
        let document = try RecordJSON.decode(Document.self, from: bytes)
        guard let recordedAt = Timestamp(extended: document.recordedAt) else {
            throw RecordRefusal(.form, "recordedAt \(document.recordedAt) is not a time")
        }
        self.init(
            package: PackageCoordinates(
                repository: document.repository,
                namespace: document.namespace,
                name: document.package
            ),
            recordedAt: recordedAt,
            originControls: document.originControls
        )
    }

    /// Whether bytes of this record are written as this program writes them, whoever recorded it.
    func isCanonical(_ bytes: [UInt8]) -> Bool {
        guard let document = try? RecordJSON.decode(Document.self, from: bytes) else { return false }
        return (try? canonicalBytes(recordedBy: document.recordedBy)) == bytes
    }

    private struct Document: Codable {
        var format: Int
        var repository: String
        var namespace: String
        var package: String
        var originControls: OriginControls
        var recordedAt: String
        var recordedBy: Manifest.Recorder
    }
}
