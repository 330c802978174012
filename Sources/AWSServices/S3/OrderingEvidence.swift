import HTTPTransfer
import Synchronization

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
