import Cryptography
import HTTPTransfer
import ReconcileCore

/// Whether the bytes that pass are an asset's: its size and, where it is listed, its SHA-256.
final class AssetCheck: PipeCheck {
    private let asset: Asset
    private var digest: Digest?
    private var count: Int64 = 0

    init(of asset: Asset) {
        self.asset = asset
        digest = asset.checksums.sha256 == nil ? nil : Digest(.sha256)
    }

    func update(_ bytes: RawSpan) {
        count += Int64(bytes.byteCount)
        digest?.update(bytes)
    }

    func update(_ bytes: [UInt8]) {
        count += Int64(bytes.count)
        digest?.update(bytes)
    }

    /// Why more bytes can no longer make it right; nil while they can.
    var excess: String? {
        count > asset.size ? "the source sent more than the \(asset.size) bytes that it lists" : nil
    }

    /// After the last byte, once: nil when they are the asset's bytes, else what is wrong.
    func verdict() -> String? {
        if let excess { return excess }
        if count < asset.size { return "the source sent \(count) of the \(asset.size) bytes that it lists" }
        guard let listed = asset.checksums.sha256, let digest = digest.take() else { return nil }
        let actual = Hexadecimal.encode(digest.finalize())
        return actual == listed ? nil : "the source sent bytes with the SHA-256 \(actual) and lists \(listed)"
    }
}
