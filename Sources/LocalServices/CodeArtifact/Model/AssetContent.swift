import Cryptography
import FoundationEssentials
import ReconcileCore
import Synchronization

/// The location of an asset's bytes.
enum AssetContent: Hashable, Sendable {
    /// Uploaded or supplied by a test; in memory.
    case bytes([UInt8])
    /// Imported: in a file that is read for every request.
    case file(path: String)
    /// Generated from a seed whenever they are read.
    case synthetic(SyntheticContent)

    private static let pieceLength = 65_536

    /// The size in bytes; throws if an imported file is gone.
    func size() throws -> Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let path): Int64(try Self.map(path).count)
        case .synthetic(let content): content.size
        }
    }

    /// Passes on the bytes in order, in pieces of at most 64 KiB.
    @concurrent
    func read(_ receive: @concurrent (_ piece: [UInt8]) async throws -> Void) async throws {
        switch self {
        case .bytes(let bytes):
            for start in stride(from: 0, to: bytes.count, by: Self.pieceLength) {
                try await receive(Array(bytes[start..<min(start + Self.pieceLength, bytes.count)]))
            }
        case .file(let path):
            let data = try Self.map(path)
            for start in stride(from: 0, to: data.count, by: Self.pieceLength) {
                try await receive(Array(data[start..<min(start + Self.pieceLength, data.count)]))
            }
        case .synthetic(let content):
            var pieces = content.pieces()
            while let piece = pieces.next() { try await receive(piece) }
        }
    }

    /// Mapped rather than read, so that a file of any size needs no memory.
    private static func map(_ path: String) throws -> Data {
        try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    }
}

/// The size and the four hashes that the service lists for an asset.
struct AssetFacts: Hashable, Sendable {
    let size: Int64
    let checksums: Checksums

    /// The hash for an extension of Maven's checksum files; nil for any other extension.
    func checksum(fileExtension: String) -> String? {
        ChecksumAlgorithm.allCases.first { $0.fileExtension == fileExtension }.flatMap { checksums[$0] }
    }
}

/// Computes the facts of contents on first use and caches them; empties the cache when it is full.
final class AssetLedger: Sendable {
    private let known = Mutex<[AssetContent: AssetFacts]>([:])
    private let capacity: Int

    init(capacity: Int = 65_536) {
        self.capacity = capacity
    }

    /// The facts of a content; throws if an imported file is gone.
    func facts(of content: AssetContent) async throws -> AssetFacts {
        if let facts = known.withLock({ $0[content] }) { return facts }
        let facts = try await Self.compute(content)
        known.withLock { known in
            if known.count >= capacity { known.removeAll(keepingCapacity: true) }
            known[content] = facts
        }
        return facts
    }

    @concurrent
    private static func compute(_ content: AssetContent) async throws -> AssetFacts {
        var size: Int64 = 0
        var md5 = Digest(.md5)
        var sha1 = Digest(.sha1)
        var sha256 = Digest(.sha256)
        var sha512 = Digest(.sha512)
        try await content.read { piece in
            size += Int64(piece.count)
            md5.update(piece)
            sha1.update(piece)
            sha256.update(piece)
            sha512.update(piece)
        }
        let checksums = Checksums(
            md5: Hexadecimal.encode(md5.finalize()),
            sha1: Hexadecimal.encode(sha1.finalize()),
            sha256: Hexadecimal.encode(sha256.finalize()),
            sha512: Hexadecimal.encode(sha512.finalize())
        )
        return AssetFacts(size: size, checksums: checksums)
    }
}
