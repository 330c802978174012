/// The JSON of manifests, written canonically and read strictly.
extension Manifest {
    /// The format that this program writes, and the only one that it reads.
    package static let format = 1
    /// The largest record that is read or written, in bytes. A manifest with 350 assets has about 200 KiB.
    package static let maximumBytes = 8 << 20

    /// JSON with sorted keys and no spaces: equal manifests have equal bytes.
    ///
    /// - Throws: if `publishedTime` is not finite, which JSON cannot represent.
    package func canonicalBytes() throws(RecordRefusal) -> [UInt8] {
        guard properties.publishedTime?.isFinite ?? true else {
            throw RecordRefusal(.times, "its publishedTime is not a number")
        }
        return JSONWriter.bytes(of: Document(manifest: self))
    }

    /// Decodes a manifest without validating it. Only `RecordReader`, which validates it, may call this.
    init(decoding bytes: [UInt8]) throws(RecordRefusal) {
        self = try RecordJSON.read(Document.self, from: bytes).manifest
    }

    /// The JSON's members, in one place for writing and reading.
    fileprivate struct Document {
        let manifest: Manifest
    }
}

extension Manifest.Document: JSONWritable {
    func write(to json: inout JSONWriter) {
        let (package, version) = (manifest.coordinates.package, manifest.coordinates.version)
        json.object { json in
            json.member("assets", manifest.assets)
            json.member("format", Manifest.format)
            json.member("namespace", package.namespace)
            json.member("origin", manifest.properties.origin)
            json.member("package", package.name)
            json.member("plugin", manifest.documents.plugin)
            json.member("previous", manifest.previous)
            json.member("publishedTime", manifest.properties.publishedTime)
            json.member("recordedAt", manifest.recordedAt)
            json.member("recordedBy", manifest.recordedBy)
            json.member("repository", package.repository)
            json.member("revision", manifest.revision)
            json.member("snapshot", manifest.documents.snapshot)
            json.member("status", manifest.status)
            json.member("version", version)
        }
    }
}

extension Manifest.Document: JSONReadable {
    init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (repository, namespace, package, version): (String?, String?, String?, String?)
        var revision: String?
        var (status, origin): (VersionStatus?, VersionOrigin?)
        var (properties, documents) = (VersionProperties(), RecordedDocuments())
        var (recordedAt, recordedBy): (Timestamp?, Manifest.Recorder?)
        var assets: [Manifest.StoredAsset]?
        var previous: PreviousRecord?
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "assets": assets = try json.read()
            // Already read and checked.
            case "format": try json.skip()
            case "namespace": namespace = try json.read()
            case "origin": origin = try json.read()
            case "package": package = try json.read()
            case "plugin": documents.plugin = try json.read(RecordedPlugin.self)
            case "previous": previous = try json.read(PreviousRecord.self)
            case "publishedTime": properties.publishedTime = try json.read(Double.self)
            case "recordedAt": recordedAt = try json.read()
            case "recordedBy": recordedBy = try json.read()
            case "repository": repository = try json.read()
            case "revision": revision = try json.read(String.self)
            case "snapshot": documents.snapshot = try json.read(RecordedSnapshot.self)
            case "status": status = try json.read()
            case "version": version = try json.read()
            default: throw .unknown
            }
        }
        properties.origin = try required(origin, "origin")
        let coordinates = VersionCoordinates(
            package: PackageCoordinates(
                repository: try required(repository, "repository"),
                namespace: try required(namespace, "namespace"),
                name: try required(package, "package")
            ),
            version: try required(version, "version")
        )
        manifest = Manifest(
            coordinates: coordinates,
            revision: revision,
            status: try required(status, "status"),
            properties: properties,
            recordedAt: try required(recordedAt, "recordedAt"),
            recordedBy: try required(recordedBy, "recordedBy"),
            assets: try required(assets, "assets"),
            documents: documents,
            previous: previous
        )
    }
}

extension Manifest.StoredAsset: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("key", key.value)
            json.member("md5", asset.checksums.md5)
            json.member("name", asset.name)
            json.member("sha1", asset.checksums.sha1)
            json.member("sha256", asset.checksums.sha256)
            json.member("sha512", asset.checksums.sha512)
            json.member("size", asset.size)
            json.member("versionID", versionID)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (key, versionID, name): (String?, String?, String?)
        var size: Int64?
        var checksums = Checksums()
        try json.members { (json, member) throws(JSONProblem) in
            switch member {
            case "key": key = try json.read()
            case "md5": checksums[.md5] = try json.read(String.self)
            case "name": name = try json.read()
            case "sha1": checksums[.sha1] = try json.read(String.self)
            case "sha256": checksums[.sha256] = try json.read(String.self)
            case "sha512": checksums[.sha512] = try json.read(String.self)
            case "size": size = try json.read()
            case "versionID": versionID = try json.read(String.self)
            default: throw .unknown
            }
        }
        let asset = Asset(
            name: try required(name, "name"),
            size: try required(size, "size"),
            checksums: checksums
        )
        self.init(asset: asset, key: ObjectKey(try required(key, "key")), versionID: versionID)
    }
}

extension Manifest.Recorder: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("door", door)
            json.member("version", version)
        }
    }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var (door, version): (String?, String?)
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "door": door = try json.read()
            case "version": version = try json.read()
            default: throw .unknown
            }
        }
        self.init(door: try required(door, "door"), version: try required(version, "version"))
    }
}

/// Records write times with separators: `2026-11-22T08:36:12Z`.
extension Timestamp: JSONWritable, JSONReadable {
    package func write(to json: inout JSONWriter) { json.string(extended) }

    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        let text = try json.string()
        guard let time = Timestamp(extended: text) else {
            throw JSONProblem(.type, "\(text.prefix(80)) is not a time")
        }
        self = time
    }
}
