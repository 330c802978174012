import HTTPTransfer
package import ReconcileCore

/// Listing what a bucket keeps beside the newest bytes.
extension S3Store {
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
