import Cryptography
package import ReconcileCore

extension Asset {
    /// An asset with these bytes, listed as they are.
    package static func listing(_ bytes: [UInt8], name: String = "lib-1.0.jar") -> Asset {
        Asset(
            name: name,
            size: Int64(bytes.count),
            checksums: Checksums(sha256: Hexadecimal.encode(Digest.of(bytes, .sha256)))
        )
    }
}

/// A body that hands out bytes in pieces, and may fail on the way.
package struct PiecewiseBody: AssetBody {
    private let bytes: [UInt8]
    private let pieceSize: Int
    private let failure: BodyBroke?
    package private(set) var origin: BodyOrigin?

    /// With `breaksOff`, throws `BodyBroke` when half of the bytes are out.
    package init(_ bytes: [UInt8], pieceSize: Int = 60_000, breaksOff: Bool = false) {
        self.bytes = bytes
        self.pieceSize = pieceSize
        origin = nil
        failure = breaksOff ? BodyBroke() : nil
    }

    /// The same bytes, said to come from there.
    func from(_ origin: BodyOrigin?) -> PiecewiseBody {
        var body = self
        body.origin = origin
        return body
    }

    package func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        var start = 0
        while start < bytes.count {
            if let failure, start >= bytes.count / 2 { throw failure }
            let end = min(start + pieceSize, bytes.count)
            try await receive(Array(bytes[start..<end]))
            start = end
        }
        if let failure { throw failure }
    }
}

/// The failure of a `PiecewiseBody`.
package struct BodyBroke: Error, Hashable {}

/// A body that hands out one piece, tells so, and then waits until its task is cancelled, a minute at most.
package struct StallingBody: AssetBody {
    private let piece: [UInt8]
    private let onStall: @Sendable () -> Void

    package init(_ piece: [UInt8], onStall: @escaping @Sendable () -> Void) {
        self.piece = piece
        self.onStall = onStall
    }

    package func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await receive(piece)
        onStall()
        try await Task.sleep(for: .seconds(60))
    }
}

/// Bytes that do not compress or repeat, the same for the same count.
package func patternBytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for _ in 0..<count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 56))
    }
    return bytes
}
