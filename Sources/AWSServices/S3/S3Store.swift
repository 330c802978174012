import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
import XMLPull

/// An object store in an S3 bucket, or on a server that speaks S3.
///
/// A write signs the real hash of its body and also sends it as a checksum, so the service rejects data damaged in
/// transit; only an asset without a known SHA-256 goes out as an unsigned payload. Create-only uses
/// `If-None-Match: *`. Each object is one PUT. `S3Operations` lists the rights that each request requires.
package struct S3Store: ObjectStore {
    let bucket: S3Location
    let transport: SignedTransport
    let versioning = VersioningEvidence()
    let ordering = OrderingEvidence()
    let time: StoreClock?
    /// What to do if the bucket does not exist.
    private let absenceAdvice: String

    /// - Parameters:
    ///   - time: receives the service's time from the answer to each listing.
    ///   - notify: called once, with a sentence, if the bucket is in another region and requests follow it there.
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

    // MARK: Calls

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

    /// The command that restores an archived object, or a version of it.
    ///
    /// - Parameter key: relative to the top of the bucket.
    func bringingBack(_ key: String, _ versionID: String?) -> String {
        let key = key.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        return "aws s3api restore-object --bucket \(bucket.bucket) --key '\(key)'"
            + (versionID.map { " --version-id \($0)" } ?? "") + " --restore-request Days=14"
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

    /// The most bytes read of an error answer.
    static let errorLimit = 64 << 10

    // MARK: Writing

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let call = putCall(key, condition, payload: .bytes(bytes), sha256: Digest.of(bytes, .sha256), isAsset: false)
        return outcome(try await transport.send(call))
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let payload = asset.checksums.sha256.map { ServiceCall.Payload.streamed(sha256: $0) } ?? .streamedUnsigned
        let sha256 = asset.checksums.sha256.flatMap { Hexadecimal.decode($0) }
        let call = putCall(key, condition, payload: payload, sha256: sha256, isAsset: true)
        let limit = RecordRefusal.maximumAssetSize
        guard asset.size <= limit else {
            throw call.failure(.invalid, "the asset has \(asset.size) bytes; one PUT stores \(limit) at most")
        }
        let response = try await transport.perform(call) { request in
            try await AssetUpload(body, of: asset, by: transport.client).send(request, answerLimit: Self.errorLimit) {
                transport.count(call)
            } corrupt: {
                body.corrupt($0, for: BodyOrigin(call.operation, call.target))
            }
        }
        return outcome(response)
    }

    private func putCall(
        _ key: ObjectKey,
        _ condition: WriteCondition,
        payload: ServiceCall.Payload,
        sha256: [UInt8]?,
        isAsset: Bool
    ) -> ServiceCall {
        var call = objectCall(bucket.writing.operation, key, .put)
        call.isErrorInside = S3Answers.isError
        call.payload = payload
        if let sha256 { call.headers.append("x-amz-checksum-sha256", Data(sha256).base64EncodedString()) }
        switch condition {
        case .createOnly:
            call.headers.append("If-None-Match", "*")
            call.answers = [412]
        case .overwrite: break
        }
        bucket.writing.append(to: &call.headers, isAsset: isAsset)
        return call
    }

    private func outcome(_ response: HTTPResponse) -> WriteOutcome {
        if response.status == 412 { return .alreadyExists }
        versioning.see(written: response.head)
        return .stored(versionID: response.head.headers["x-amz-version-id"])
    }
}
