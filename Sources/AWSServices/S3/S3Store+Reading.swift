import Cryptography
import FoundationEssentials
import HTTPTransfer
package import ReconcileCore

/// Reading from S3: listings, what an object is, its bytes, and what a bucket keeps beside the newest ones.
extension S3Store {
    /// Access points do not have this operation, and some servers do not: then the versions that other answers name show
    /// it, and it is not asked for again. A bucket that refuses it to this role is a failure.
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

    /// S3 lists general purpose buckets in byte order; servers that speak S3 may not, and access points may stand before a
    /// file system. S3 names itself in its answers.
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
        // Without it, an archived object that was brought back looks like any other archived one.
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

    /// Takes in the service's time.
    func see(listing head: HTTPResponseHead) {
        guard let time, let date = head.headers["date"].flatMap(HTTPDate.date(of:)) else { return }
        time.see(date.timeIntervalSince1970)
    }

    /// A row of a listing, from the top of the backup.
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

    /// The classes whose bytes no request returns; listings do not show Intelligent-Tiering's archive tiers.
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
        // A server that knows no delimiter gives the keys.
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

    /// An absent bucket also reads as nil: an answer to HEAD has no body to distinguish it from an absent object.
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
        // Room for an error's words even where the object must be tiny.
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

    /// The hash of an object's bytes, by reading them: for objects that were stored without one, or in parts.
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

    /// The SHA-256 of the whole object in hexadecimal; nil where the answer has none, or one made of those of parts.
    private static func wholeSHA256(_ headers: HTTPHeaders) -> String? {
        guard headers["x-amz-checksum-type"] ?? "FULL_OBJECT" == "FULL_OBJECT",
            let checksum = headers["x-amz-checksum-sha256"].flatMap({ Data(base64Encoded: $0) }),
            checksum.count == DigestAlgorithm.sha256.length
        else { return nil }
        return Hexadecimal.encode(Array(checksum))
    }

    /// Nil for an object that is not there; a bucket that is not there is a failure.
    private func absence<Value>(_ call: ServiceCall, _ response: HTTPResponse) throws(RemoteFailure) -> Value? {
        let fault = S3Answers.fault(response)
        guard fault.code != "NoSuchBucket" else {
            let words = RemoteFailure.words(status: response.status, fault: fault)
            throw call.failure(.absent, [call.adviceIfNoBucket, words].compactMap(\.self).joined(separator: ". "))
        }
        return nil
    }

    // MARK: Versions

    /// Needs s3:ListBucketVersions. Nil from a server that does not have the operation.
    package func listVersions(
        prefix: ObjectKey,
        after token: PageToken?
    ) async throws -> Page<StoredVersion>? {
        var query = [
            ("encoding-type", "url"), ("max-keys", "1000"), ("prefix", bucket.prefix + prefix.value), ("versions", ""),
        ]
        if let token {
            // The id of a version has no line end; a key may.
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
