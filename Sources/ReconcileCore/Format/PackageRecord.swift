/// The record of a package's own state at one time: its origin controls. Its key contains all of it.
///
/// Its bytes repeat the key's content, which proves the key, and say who recorded it. A package that only ever had the
/// default controls of a published package has no record.
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

    /// Parses a file name; nil for a name that `fileName` would not have written.
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
}

// MARK: - JSON

extension PackageRecord {
    /// JSON with sorted keys and no spaces: equal records of one recorder have equal bytes.
    ///
    /// - Parameter previous: the package's preceding record; nil to write a record as earlier releases did.
    package func canonicalBytes(
        recordedBy recorder: Manifest.Recorder,
        after previous: PreviousRecord? = nil
    ) -> [UInt8] {
        JSONWriter.bytes(of: Document(record: self, recordedBy: recorder, previous: previous))
    }

    /// Decodes a record and its reference to the preceding one, without validation. Only `RecordReader` may call this.
    static func decode(_ bytes: [UInt8]) throws(RecordRefusal) -> (record: PackageRecord, previous: PreviousRecord?) {
        let document = try RecordJSON.read(Document.self, from: bytes)
        return (document.record, document.previous)
    }

    /// Whether the bytes are this program's spelling of this record, whoever recorded it.
    func isCanonical(_ bytes: [UInt8]) -> Bool {
        guard let document = try? RecordJSON.read(Document.self, from: bytes) else { return false }
        return canonicalBytes(recordedBy: document.recordedBy, after: document.previous) == bytes
    }

    fileprivate struct Document {
        let record: PackageRecord
        let recordedBy: Manifest.Recorder
        let previous: PreviousRecord?
    }
}

extension PackageRecord.Document: JSONWritable, JSONReadable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("format", Manifest.format)
            json.member("namespace", record.package.namespace)
            json.member("originControls", record.originControls)
            json.member("package", record.package.name)
            json.member("previous", previous)
            json.member("recordedAt", record.recordedAt)
            json.member("recordedBy", recordedBy)
            json.member("repository", record.package.repository)
        }
    }

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (repository, namespace, package): (String?, String?, String?)
        var (controls, recordedAt, recordedBy): (OriginControls?, Timestamp?, Manifest.Recorder?)
        var previous: PreviousRecord?
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            // Already read and checked.
            case "format": try json.skip()
            case "namespace": namespace = try json.read()
            case "originControls": controls = try json.read()
            case "package": package = try json.read()
            case "previous": previous = try json.read(PreviousRecord.self)
            case "recordedAt": recordedAt = try json.read()
            case "recordedBy": recordedBy = try json.read()
            case "repository": repository = try json.read()
            default: throw .unknown
            }
        }
        record = PackageRecord(
            package: PackageCoordinates(
                repository: try required(repository, "repository"),
                namespace: try required(namespace, "namespace"),
                name: try required(package, "package")
            ),
            recordedAt: try required(recordedAt, "recordedAt"),
            originControls: try required(controls, "originControls")
        )
        self.recordedBy = try required(recordedBy, "recordedBy")
        self.previous = previous
    }
}
