import Cryptography
import FoundationEssentials
import HTTPTransfer
package import ReconcileCore

/// Reading from S3: listings, object properties, bytes, and the older versions that a bucket keeps.
extension S3Store {
    /// Access points and some servers do not support this operation. For them the result comes from the version IDs in
    /// other answers, and the operation is not called again. A bucket that denies it to this role is a failure.
    package func keepsVersions() async throws -> Bool? {
        guard !versioning.isHidden else { return versioning.keepsVersions }
        var call = call(
            S3Operations.getVersioning,
            on: location,
            .get,
            path: bucket.bucketPath,
            query: [("versioning", "")]
        )
        call.isErrorInside = S3Answers.isError
        call.answers = bucket.isAccessPoint ? [403, 405, 501] : [405, 501]
        let response = try await transport.send(call)
        guard response.head.isSuccess else {
            versioning.hide()
            return versioning.keepsVersions
        }
        return try readable(call) { try S3Answers.isVersioned(xml: response.body) }
    }

    /// S3 lists general purpose buckets in byte order. Other servers may not, and an access point may belong to a file
    /// system. S3 identifies itself in its answers.
    package var listsInByteOrder: Bool { ordering.isByteOrder && !bucket.isAccessPoint }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        var query = [
            ("list-type", "2"), ("encoding-type", "url"), ("max-keys", "1000"),
            ("prefix", bucket.prefix + prefix.value),
        ]
        if let token {
            query.append(("continuation-token", token.value))
        } else if let start {
            query.append(("start-after", bucket.prefix + start.value))
        }
        let target = "\(location)/\(prefix)"
        var call = call(S3Operations.list, on: target, .get, path: bucket.bucketPath, query: query)
        // Without this header, an archived object with a restored copy looks like any other archived object.
        call.headers.append("x-amz-optional-object-attributes", "RestoreStatus")
        call.isErrorInside = S3Answers.isError
        let response = try await transport.send(call)
        ordering.see(listing: response.head)
        see(listing: response.head)
        let page = try readable(call) { try S3ListPage(xml: response.body) }
        return Page(
            try page.rows.map { try object($0, in: call) },
            next: page.nextToken.map { PageToken($0) }
        )
    }

    /// Records the service's time.
    func see(listing head: HTTPResponseHead) {
        guard let time, let date = head.headers["date"].flatMap(HTTPDate.date(of:)) else { return }
        time.see(date.timeIntervalSince1970)
    }

    /// Converts a row of a listing; its key becomes relative to the top of the backup.
    func object(_ row: S3ListPage.Row, in call: ServiceCall) throws(RemoteFailure) -> StoredObject {
        guard row.key.utf8.starts(with: bucket.prefix.utf8) else {
            throw call.failure(.malformed, "the listing holds the key \(row.key), which is not under the prefix")
        }
        return StoredObject(
            key: ObjectKey(String(Substring(row.key.utf8.dropFirst(bucket.prefix.utf8.count)))),
            size: row.size,
            etag: row.etag,
            modified: row.modified,
            archive: archive(row)
        )
    }

    /// The storage classes whose bytes cannot be read directly. Listings do not show the archive tiers of
    /// Intelligent-Tiering.
    package static let archiveClasses: Set<String> = ["GLACIER", "DEEP_ARCHIVE"]

    private func archive(_ row: S3ListPage.Row) -> StoredObject.Archive? {
        guard let name = row.storageClass, Self.archiveClasses.contains(name), !row.isBroughtBack else { return nil }
        return StoredObject.Archive(storageClass: name, command: bringingBack(row.key, nil))
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        let prefix = bucket.prefix + prefix.value
        let query = [
            ("list-type", "2"), ("encoding-type", "url"), ("max-keys", "1000"), ("prefix", prefix), ("delimiter", "/"),
        ]
        let call = call(S3Operations.list, on: location, .get, path: bucket.bucketPath, query: query)
        let response = try await transport.send(call)
        let page = try readable(call) { try S3ListPage(xml: response.body) }
        // A server that does not support delimiters lists the keys instead.
        let names = (page.folders + page.rows.map(\.key)).compactMap { key in
            let rest = key.utf8.dropFirst(prefix.utf8.count)
            return rest.firstIndex(of: UInt8(ascii: "/")).map { ExactText(String(Substring(rest[..<$0]))) }
        }
        return Page(Set(names).sorted().map(\.value), next: page.nextToken.map { PageToken($0) })
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        guard let object = try await describe(key, versionID: versionID) else { return nil }
        if let known = object.inspected { return known }
        return try await readAndHash(key, versionID)
    }

    /// Also nil if the bucket is absent: the answer to a HEAD has no body, so it looks like an absent object.
    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        var call = objectCall(S3Operations.head(versionID), key, .head, versionID: versionID)
        call.headers.append(Self.checksumMode, "ENABLED")
        call.answers = [404]
        let response = try await transport.send(call)
        if response.status == 404 { return nil }
        let headers = response.head.headers
        if versionID == nil { versioning.see(stored: response.head) }
        guard let size = headers["content-length"].flatMap({ Int64($0) }) else {
            throw call.failure(.malformed, "the answer names no length")
        }
        return DescribedObject(
            size: size,
            sha256: Self.wholeSHA256(headers),
            versionID: headers["x-amz-version-id"]
        )
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        S3ObjectBody(call: readCall(key, versionID, range), range: range, transport: transport)
    }

    package func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        guard let versionID else { return body(at: key, versionID: nil, range: range) }
        var newest = readCall(key, nil, range)
        newest.headers.append(Self.checksumMode, "ENABLED")
        return S3ObjectBody(
            call: readCall(key, versionID, range),
            newest: S3ObjectBody.Newest(call: newest, isProvable: asset.checksums.sha256 != nil) { head in
                let headers = head.headers
                return headers["x-amz-version-id"] == versionID
                    || asset.checksums.sha256.map { Self.wholeSHA256(headers) == $0 } ?? false
            },
            range: range,
            transport: transport
        )
    }

    private func readCall(_ key: ObjectKey, _ versionID: String?, _ range: Range<Int64>?) -> ServiceCall {
        var call = objectCall(S3Operations.get(versionID), key, .get, versionID: versionID)
        if let range { call.headers.append("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        return call
    }

    private static let checksumMode = "x-amz-checksum-mode"

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        var call = objectCall(S3Operations.get, key, .get)
        call.answers = [404]
        // Leaves room for an error message even if the object must be tiny.
        let response = try await transport.send(call, bodyLimit: max(limit, Self.errorLimit))
        if response.status == 404 { return try absence(call, response) }
        guard response.body.count <= limit else {
            throw call.failure(.invalid, "the object is larger than the \(limit) bytes that are read at most")
        }
        return response.body
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await read(key, limit: max(bytes.count, MavenMetadata.maximumBytes)) == bytes
    }

    /// Hashes an object by reading it; for objects stored without a SHA-256 or in parts.
    private func readAndHash(_ key: ObjectKey, _ versionID: String?) async throws -> InspectedObject? {
        var call = objectCall(S3Operations.get(versionID), key, .get, versionID: versionID)
        call.answers = [404]
        var size: Int64 = 0
        var hash: [UInt8] = []
        let response = try await transport.perform(call) { request in
            transport.count(call)
            return try await transport.client.receive(request) { head, body in
                guard head.status == 200 else {
                    return try await HTTPResponse(head: head, body: body, limit: Self.errorLimit)
                }
                var digest = Digest(.sha256)
                size = 0
                while let piece = try await body.next() {
                    digest.update(piece)
                    size += Int64(piece.count)
                }
                hash = digest.finalize()
                return HTTPResponse(head: head)
            }
        }
        if response.status == 404 { return try absence(call, response) }
        return InspectedObject(
            size: size,
            sha256: Hexadecimal.encode(hash),
            versionID: response.head.headers["x-amz-version-id"]
        )
    }

    /// The SHA-256 of the whole object in hexadecimal; nil if the answer has none, or only a hash of part hashes.
    private static func wholeSHA256(_ headers: HTTPHeaders) -> String? {
        guard headers["x-amz-checksum-type"] ?? "FULL_OBJECT" == "FULL_OBJECT",
            let checksum = headers["x-amz-checksum-sha256"].flatMap({ Data(base64Encoded: $0) }),
            checksum.count == DigestAlgorithm.sha256.length
        else { return nil }
        return Hexadecimal.encode(Array(checksum))
    }

    /// Nil if the object does not exist; throws if the bucket does not.
    private func absence<Value>(_ call: ServiceCall, _ response: HTTPResponse) throws(RemoteFailure) -> Value? {
        let fault = S3Answers.fault(response)
        guard fault.code != "NoSuchBucket" else {
            let words = RemoteFailure.words(status: response.status, fault: fault)
            throw call.failure(.absent, [call.adviceIfNoBucket, words].compactMap(\.self).joined(separator: ". "))
        }
        return nil
    }

    // MARK: Versions

    /// Requires s3:ListBucketVersions. Nil if the server does not support the operation.
    package func listVersions(
        prefix: ObjectKey,
        after token: PageToken?
    ) async throws -> Page<StoredVersion>? {
        var query = [
            ("encoding-type", "url"), ("max-keys", "1000"), ("prefix", bucket.prefix + prefix.value), ("versions", ""),
        ]
        if let token {
            // A version ID contains no line break; a key may.
            let parts = token.value.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            query.append(("key-marker", String(parts.last ?? "")))
            if let id = parts.first, !id.isEmpty { query.append(("version-id-marker", String(id))) }
        }
        let target = "\(location)/\(prefix)"
        var call = call(S3Operations.listVersions, on: target, .get, path: bucket.bucketPath, query: query)
        call.headers.append("x-amz-optional-object-attributes", "RestoreStatus")
        call.isErrorInside = S3Answers.isError
        call.answers = [405, 501]
        let response = try await transport.send(call)
        guard response.head.isSuccess else { return nil }
        see(listing: response.head)
        let page = try readable(call) { try S3VersionsPage(xml: response.body) }
        let rows = try page.rows.map { row in
            StoredVersion(
                try object(row.object, in: call),
                versionID: row.versionID,
                isNewest: row.isNewest,
                isDeleteMarker: row.isDeleteMarker
            )
        }
        return Page(rows, next: page.next.map { PageToken("\($0.versionID)\n\($0.key)") })
    }
}
