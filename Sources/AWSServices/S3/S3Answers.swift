import Cryptography
import HTTPTransfer
import ReconcileCore
import XMLPull

/// One page of ListObjectsV2, keys decoded.
struct S3ListPage: Hashable, Sendable {
    struct Row: Hashable, Sendable {
        var key = ""
        var size: Int64 = 0
        var etag: String?
        var modified: Timestamp?
        var storageClass: String?
        /// Whether an archived object has a temporary copy that can be read.
        var isBroughtBack = false
    }

    var rows: [Row] = []
    /// The common prefixes of a listing with a delimiter, each ending in the delimiter.
    var folders: [String] = []
    /// Nil on the last page.
    var nextToken: String?

    /// Parses a ListBucketResult; throws `XMLFailure` if it is malformed or contradicts itself.
    init(xml: [UInt8]) throws {
        var rows: [Row] = []
        var folders: [String] = []
        var token: String?
        var isTruncated = false
        var isEncoded = false
        try XMLPull.parse(xml) { reader in
            try reader.document("ListBucketResult") { reader, name, _ throws(XMLFailure) in
                switch name {
                case "Contents": rows.append(try Self.row(&reader))
                case "CommonPrefixes":
                    try reader.children { reader, name, _ throws(XMLFailure) in
                        if name == "Prefix" { folders.append(try reader.text()) }
                    }
                case "IsTruncated": isTruncated = try reader.text() == "true"
                case "NextContinuationToken": token = try reader.text()
                case "EncodingType": isEncoded = try reader.text() == "url"
                default: break
                }
            }
        }
        if isEncoded {
            for index in rows.indices { rows[index].key = try Self.decoded(rows[index].key) }
            folders = try folders.map(Self.decoded)
        }
        if isTruncated, token?.isEmpty ?? true {
            throw XMLFailure(line: 1, reason: "the page says that more follow and gives no token for them")
        }
        self.rows = rows
        self.folders = folders
        nextToken = isTruncated ? token : nil
    }

    /// - Parameters:
    ///   - isRemoval: whether this is a delete marker, which has no size.
    ///   - other: reads an element that rows of ListObjectsV2 do not have.
    static func row(
        _ reader: inout XMLReader,
        isRemoval: Bool = false,
        _ other: (inout XMLReader, String) throws(XMLFailure) -> Void = { _, _ throws(XMLFailure) in }
    ) throws(XMLFailure) -> Row {
        var row = Row()
        var size: Int64? = isRemoval ? 0 : nil
        try reader.children { reader, name, _ throws(XMLFailure) in
            switch name {
            case "Key": row.key = try reader.text()
            case "Size": size = Int64(try reader.text())
            case "ETag": row.etag = try unquoted(reader.text())
            // 2009-10-12T17:50:30.000Z (ListObjectsV2, API reference); the fraction carries no information.
            case "LastModified": row.modified = Timestamp(toSecondsOf: try reader.text())
            case "StorageClass": row.storageClass = try reader.text()
            case "RestoreStatus": row.isBroughtBack = try isBroughtBack(&reader)
            default: try other(&reader, name)
            }
        }
        guard let size, size >= 0, !row.key.isEmpty else { throw reader.failure("an object without key or size") }
        row.size = size
        return row
    }

    /// Parses a RestoreStatus: the copy is ready unless the restore is still in progress.
    private static func isBroughtBack(_ reader: inout XMLReader) throws(XMLFailure) -> Bool {
        var isReady = false
        try reader.children { reader, name, _ throws(XMLFailure) in
            if name == "IsRestoreInProgress" { isReady = try reader.text() == "false" }
        }
        return isReady
    }

    private static func unquoted(_ etag: String) -> String {
        String(decoding: etag.utf8.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    /// Decodes `encoding-type=url`, in which S3 writes a space as `+` and other servers as `%20`.
    static func decoded(_ text: String) throws(XMLFailure) -> String {
        let plus = UInt8(ascii: "+")
        let spaced =
            text.utf8.contains(plus) ? String(decoding: text.utf8.map { $0 == plus ? 0x20 : $0 }, as: UTF8.self) : text
        guard let key = PercentEncoding.decode(spaced) else {
            throw XMLFailure(line: 1, reason: "a key is not percent-encoded UTF-8")
        }
        return key
    }
}

/// Parses the other answers of S3 that have a body.
enum S3Answers {
    /// Whether a VersioningConfiguration says Enabled. A suspended bucket does not keep what is overwritten.
    static func isVersioned(xml: [UInt8]) throws -> Bool {
        var isEnabled = false
        try XMLPull.parse(xml) { reader in
            try reader.document("VersioningConfiguration") { reader, name, _ throws(XMLFailure) in
                if name == "Status" { isEnabled = try reader.text() == "Enabled" }
            }
        }
        return isEnabled
    }

    /// Whether a response is an `<Error>`, whatever its status (S3 API Reference, CopyObject: a 200 may contain one).
    @Sendable static func isError(_ response: HTTPResponse) -> Bool {
        !response.body.isEmpty && error(in: response.body).code != nil
    }

    /// Parses an error answer. Includes the region it names if the bucket is in another one, which S3 signals by a
    /// redirect, by a code, or, for HEAD, by a 400 without a body (as in botocore's S3RegionRedirectorv2).
    @Sendable static func fault(_ response: HTTPResponse) -> ServiceFault {
        let headers = response.head.headers
        let (code, message, region) = error(in: response.body)
        var fault = ServiceFault(code: code, message: message, requestID: headers["x-amz-request-id"])
        fault.readPage(response)
        let isElsewhere =
            [301, 302, 307].contains(response.status) || (response.status == 400 && response.body.isEmpty)
            || ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"]
                .contains(fault.code)
        let named = headers["x-amz-bucket-region"] ?? region ?? regionInWords(of: fault)
        if isElsewhere, let named, !named.isEmpty { fault.region = named }
        return fault
    }

    /// The contents of an `<Error>`; nil if it cannot be parsed, since the status alone is enough.
    private static func error(in body: [UInt8]) -> (code: String?, message: String?, region: String?) {
        var (code, message, region): (String?, String?, String?)
        try? XMLPull.parse(body) { reader in
            try reader.document("Error") { reader, name, _ throws(XMLFailure) in
                switch name {
                case "Code": code = try reader.text()
                case "Message": message = try reader.text()
                case "Region": region = try reader.text()
                default: break
                }
            }
        }
        return (code, message, region)
    }

    /// The region that only the message names, as for regions that must be enabled by hand: "The af-south-1 location
    /// constraint is incompatible …". The message calls us-east-1 "unspecified".
    private static func regionInWords(of fault: ServiceFault) -> String? {
        let words = fault.message?.split(separator: " ") ?? []
        guard words.count > 3, words[0] == "The", words[2...3] == ["location", "constraint"] else { return nil }
        return words[1] == "unspecified" ? "us-east-1" : String(words[1])
    }
}

extension XMLReader {
    /// Visits the children of the root element, which must have the name `root`.
    mutating func document(
        _ root: String,
        _ visit: (inout XMLReader, _ name: String, _ attributes: [String: String]) throws(XMLFailure) -> Void
    ) throws(XMLFailure) {
        guard case .start(let name, _) = try next(), name == root else { throw failure("this is not a <\(root)>") }
        try children(visit)
    }
}
