import Cryptography
import HummingbirdCore
import NIOCore

/// The body of a request: length, hashes and, if kept, bytes.
struct LocalS3Body: Sendable {
    private(set) var count = 0
    /// Nil if the body was only hashed while it was read.
    private(set) var bytes: [UInt8]?
    let md5: [UInt8]
    let sha256: [UInt8]

    init(_ bytes: [UInt8]) {
        count = bytes.count
        self.bytes = bytes
        md5 = Digest.of(bytes, .md5)
        sha256 = Digest.of(bytes, .sha256)
    }

    /// Reads a body to its end; throws if the connection breaks first.
    init(reading body: RequestBody, keepsBytes: Bool) async throws {
        var md5 = Digest(.md5)
        var sha256 = Digest(.sha256)
        bytes = keepsBytes ? [] : nil
        for try await buffer in body {
            let piece = [UInt8](buffer: buffer)
            count += piece.count
            md5.update(piece)
            sha256.update(piece)
            bytes?.append(contentsOf: piece)
        }
        self.md5 = md5.finalize()
        self.sha256 = sha256.finalize()
    }
}
