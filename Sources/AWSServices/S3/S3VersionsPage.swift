import ReconcileCore
import XMLPull

/// One page of ListObjectVersions, keys decoded.
struct S3VersionsPage: Hashable, Sendable {
    struct Row: Hashable, Sendable {
        var object = S3ListPage.Row()
        /// The version ID; `null` for bytes stored while the bucket did not keep versions.
        var versionID = ""
        var isNewest = false
        var isDeleteMarker = false
    }

    /// The position where the next page begins.
    struct Marker: Hashable, Sendable {
        let key: String
        let versionID: String
    }

    var rows: [Row] = []
    /// Nil on the last page.
    var next: Marker?

    /// Parses a ListVersionsResult; throws `XMLFailure` if it is malformed or contradicts itself.
    init(xml: [UInt8]) throws {
        var rows: [Row] = []
        var (key, versionID): (String?, String?)
        var isTruncated = false
        var isEncoded = false
        try XMLPull.parse(xml) { reader in
            try reader.document("ListVersionsResult") { reader, name, _ throws(XMLFailure) in
                switch name {
                case "Version", "DeleteMarker": rows.append(try Self.row(&reader, isMarker: name == "DeleteMarker"))
                case "IsTruncated": isTruncated = try reader.text() == "true"
                case "NextKeyMarker": key = try reader.text()
                case "NextVersionIdMarker": versionID = try reader.text()
                case "EncodingType": isEncoded = try reader.text() == "url"
                default: break
                }
            }
        }
        if isEncoded {
            for index in rows.indices { rows[index].object.key = try S3ListPage.decoded(rows[index].object.key) }
            key = try key.map(S3ListPage.decoded)
        }
        self.rows = rows
        guard isTruncated else { return }
        guard let key, !key.isEmpty else {
            throw XMLFailure(line: 1, reason: "the page says that more follow and gives no key after which")
        }
        next = Marker(key: key, versionID: versionID ?? "")
    }

    private static func row(_ reader: inout XMLReader, isMarker: Bool) throws(XMLFailure) -> Row {
        var row = Row()
        row.isDeleteMarker = isMarker
        var (versionID, isNewest): (String?, Bool) = (nil, false)
        row.object = try S3ListPage.row(&reader, isRemoval: isMarker) { reader, name throws(XMLFailure) in
            switch name {
            case "VersionId": versionID = try reader.text()
            case "IsLatest": isNewest = try reader.text() == "true"
            default: break
            }
        }
        guard let versionID else { throw reader.failure("a version without an id") }
        row.versionID = versionID
        row.isNewest = isNewest
        return row
    }
}
