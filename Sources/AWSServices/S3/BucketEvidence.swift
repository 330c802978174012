import HTTPTransfer
import Synchronization

/// What the answers to other requests show of a bucket's versioning, for a bucket that does not answer
/// GetBucketVersioning.
///
/// The first PUT decides it. Until then the objects that were looked at do: whatever has a version id is kept by the
/// next write, also while versioning is suspended (user guide, Adding objects to versioning-suspended
/// buckets); one object without such an id counts against all.
final class VersioningEvidence: Sendable {
    private struct State {
        var isHidden = false
        var written: Bool?
        var seen: Bool?
    }

    private let state = Mutex(State())

    /// Whether the bucket has refused to say.
    var isHidden: Bool { state.withLock { $0.isHidden } }

    func hide() { state.withLock { $0.isHidden = true } }

    /// Nil if nothing has shown it yet.
    var keepsVersions: Bool? { state.withLock { $0.written ?? $0.seen } }

    /// Takes in the answer to a PUT that stored something.
    func see(written head: HTTPResponseHead) {
        state.withLock { $0.written = Self.hasID(head) }
    }

    /// Takes in the answer to a HEAD of an object's newest bytes.
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

    /// False before the first answer.
    var isByteOrder: Bool { isAmazon.withLock { $0 } }

    /// Takes in the answer to a ListObjectsV2; every one of S3's has this header (API reference, Common response headers).
    func see(listing head: HTTPResponseHead) {
        let server = head.headers["server"]
        isAmazon.withLock { $0 = server == "AmazonS3" }
    }
}
