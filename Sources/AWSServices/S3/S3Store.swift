import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
import XMLPull

/// An object store in an S3 bucket, or in a server that speaks S3.
///
/// Every write signs the real hash of its body and sends it as a checksum too, so the service itself refuses what was
/// damaged on the way; create-only is `If-None-Match: *`. An object is one PUT. Needs s3:ListBucket, s3:GetObject,
/// s3:PutObject and s3:GetBucketVersioning, and s3:GetObjectVersion for bytes that are no longer the newest.
package struct S3Store: ObjectStore {
    let bucket: S3Location
    let transport: SignedTransport
    let versioning = VersioningEvidence()
    private let ordering = OrderingEvidence()
    private let time: StoreClock?
    /// What to do if the bucket is not there.
    private let absenceAdvice: String

    /// - Parameters:
    ///   - time: is shown the service's time by the answer to each listing.
    ///   - notify: called once, with a sentence, if the bucket is in another region and is followed there.
    package init(
        _ location: S3Location,
        client: HTTPClient,
        credentials: any CredentialSource,
        ledger: RequestLedger,
        governor: RateGovernor,
        deadlines: HTTPDeadlines = HTTPDeadlines(),
        clock: any RunClock = SystemClock(),
        time: StoreClock? = nil,
        notify: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        bucket = location
        self.time = time
        absenceAdvice =
            "there is no such bucket: check --backup"
            + (location.creationCommand.map { ", or create it with \($0)" } ?? "")
        let site = ServicePlace.Site(
            endpoint: location.endpoint,
            signature: SignatureV4(region: location.region, service: "s3")
        )
        transport = SignedTransport(
            client: client,
            place: ServicePlace(site, moves: location.moves(notify)),
            credentials: credentials,
            ledger: ledger,
            governor: governor,
            deadlines: deadlines,
            fault: S3Answers.fault,
            clock: clock
        )
    }

    package var location: String { bucket.description }

    package var keepsWrites: Bool { true }

    package var operations: StoreOperations {
        StoreOperations(
            list: S3Operations.list,
            inspect: S3Operations.head,
            read: S3Operations.get,
            write: bucket.writing.operation,
            versioningAdvice: bucket.isAccessPoint ? "turn it on for the bucket of the access point" : "turn it on",
            versioningCommand: bucket.isAccessPoint
                ? nil
                : "aws s3api put-bucket-versioning --bucket \(bucket.bucket) --versioning-configuration Status=Enabled",
            creationCommand: bucket.creationCommand
        )
    }

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

    /// The command that brings an archived object, or a version of it, back.
    ///
    /// - Parameter key: from the top of the bucket.
    private func bringingBack(_ key: String, _ versionID: String?) -> String {
        let key = key.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        return "aws s3api restore-object --bucket \(bucket.bucket) --key '\(key)'"
            + (versionID.map { " --version-id \($0)" } ?? "") + " --restore-request Days=14"
    }

    package func folders() async throws -> [String] {
        let query = [
            ("list-type", "2"), ("encoding-type", "url"), ("max-keys", "1000"), ("prefix", bucket.prefix),
            ("delimiter", "/"),
        ]
        let call = call(S3Operations.list, on: location, .get, path: bucket.bucketPath, query: query)
        let response = try await transport.send(call)
        return try readable(call) { try S3ListPage(xml: response.body) }.folders.map { folder in
            String(Substring(folder.utf8.dropFirst(bucket.prefix.utf8.count).dropLast()))
        }
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

    func readable<Value>(_ call: ServiceCall, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let failure as XMLFailure {
            throw call.failure(.malformed, "the answer cannot be read: \(failure)")
        }
    }

    func objectCall(
        _ operation: ServiceOperation,
        _ key: ObjectKey,
        _ method: HTTPMethod,
        versionID: String? = nil
    ) -> ServiceCall {
        let query = versionID.map { [(name: "versionId", value: $0)] } ?? []
        var call = call(operation, on: key.value, method, path: bucket.path(of: key.value), query: query)
        if method == .get {
            let command = bringingBack(bucket.prefix + key.value, versionID)
            call.adviceIfArchived = StoredObject.Archive(storageClass: nil, command: command).advice
        }
        return call
    }

    func call(
        _ operation: ServiceOperation,
        on target: String,
        _ method: HTTPMethod,
        path: String,
        query: [(name: String, value: String)]
    ) -> ServiceCall {
        var call = ServiceCall(operation, on: target, method: method, path: path, query: query)
        call.adviceIfNoBucket = absenceAdvice
        if let owner = bucket.expectedOwner { call.headers.append("x-amz-expected-bucket-owner", owner) }
        return call
    }

    /// Bytes of an error answer that are read.
    static let errorLimit = 64 << 10
}
