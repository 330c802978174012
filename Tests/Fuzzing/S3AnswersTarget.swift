import Cryptography
import HTTPTransfer
import ReconcileCore

@testable import AWSServices

/// The XML answers of S3: a page of a listing, a bucket's versioning, an error.
///
/// - A page's keys are not empty, its sizes not negative, its token not empty; written out as S3 writes a page, with
///   its keys encoded, it is read back equal.
/// - A page names no more objects than its bytes can hold.
/// - What an error says comes to the operator as one line of bounded length.
@Sendable func checkS3Answers(_ bytes: [UInt8]) throws {
    _ = try? S3Answers.isVersioned(xml: bytes)
    if let page = try? S3ListPage(xml: bytes) {
        try require(page.rows.allSatisfy { !$0.key.isEmpty && $0.size >= 0 }, "an object without key or size")
        try require(page.nextToken?.isEmpty != true, "an empty token")
        try require(page.rows.count * 50 <= bytes.count, "\(page.rows.count) objects in \(bytes.count) bytes")
        let again = try S3ListPage(xml: Array(document(page).utf8))
        try require(again == page, "read again, \(again) is not \(page)")
        for (left, right) in zip(again.rows, page.rows) {
            try require(isSame(left.key, right.key), "the key \(right.key.debugDescription) changed")
        }
    }
    for status in [301, 403, 404, 503] {
        let response = HTTPResponse(head: HTTPResponseHead(status: status), body: bytes)
        let fault = S3Answers.fault(response)
        let failure = RemoteFailure(answered: response, fault: fault, operation: .work("s3.Test"), target: "bucket")
        try requireReadable(failure.message, limit: 1_000, "the message")
    }
}

/// The page as ListObjectsV2 writes it with `encoding-type=url`.
private func document(_ page: S3ListPage) -> String {
    var text = "<ListBucketResult><EncodingType>url</EncodingType>"
    for row in page.rows {
        text += "<Contents><Key>\(PercentEncoding.encode(row.key, keepSlash: true))</Key><Size>\(row.size)</Size>"
        if let etag = row.etag { text += "<ETag>&quot;\(escaped(etag))&quot;</ETag>" }
        text += "</Contents>"
    }
    if let token = page.nextToken {
        text += "<IsTruncated>true</IsTruncated><NextContinuationToken>\(escaped(token))</NextContinuationToken>"
    }
    return text + "</ListBucketResult>"
}

private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\r": result += "&#13;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
