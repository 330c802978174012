import HTTPTransfer
import Synchronization

/// Evidence of a bucket's versioning from the answers to other requests, for buckets that do not answer
/// GetBucketVersioning.
///
/// The first PUT decides. Until then, HEAD answers do: the next write keeps any object with a version ID, even while
/// versioning is suspended (user guide, Adding objects to versioning-suspended buckets). A single object without such
/// an ID means that the bucket does not keep versions.
final class VersioningEvidence: Sendable {
    private struct State {
        var isHidden = false
        var written: Bool?
        var seen: Bool?
    }

    private let state = Mutex(State())

    /// Whether the bucket has not answered GetBucketVersioning.
    var isHidden: Bool { state.withLock { $0.isHidden } }

    func hide() { state.withLock { $0.isHidden = true } }

    /// Nil while there is no evidence.
    var keepsVersions: Bool? { state.withLock { $0.written ?? $0.seen } }

    /// Records the answer to a PUT that stored an object.
    func see(written head: HTTPResponseHead) {
        state.withLock { $0.written = Self.hasID(head) }
    }

    /// Records the answer to a HEAD of an object's newest bytes.
    func see(stored head: HTTPResponseHead) {
        state.withLock { $0.seen = ($0.seen ?? true) && Self.hasID(head) }
    }

    private static func hasID(_ head: HTTPResponseHead) -> Bool {
        head.headers["x-amz-version-id"].map { $0 != "null" } ?? false
    }
}

/// Whether the answers to listings come from S3 itself, whose order is documented, or from another server.
final class OrderingEvidence: Sendable {
    private let isAmazon = Mutex(false)

    /// False until the first answer.
    var isByteOrder: Bool { isAmazon.withLock { $0 } }

    /// Records the answer to a ListObjectsV2. All answers of S3 have this header (API reference, Common response
    /// headers).
    func see(listing head: HTTPResponseHead) {
        let server = head.headers["server"]
        isAmazon.withLock { $0 = server == "AmazonS3" }
    }
}
