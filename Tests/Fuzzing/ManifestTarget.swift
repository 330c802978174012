import ReconcileCore

/// The JSON of a manifest, as it comes back from the store.
///
/// - What is accepted has canonical bytes; they are accepted too, mean the same, and are the canonical ones of that.
/// - Its assets are in order of name.
/// - The key that its record gives is read back as that record.
/// - A refusal has a reason.
@Sendable func checkManifest(_ bytes: [UInt8]) throws {
    let manifest: Manifest
    do throws(ManifestUnreadable) {
        manifest = try Manifest(canonicalBytes: bytes)
    } catch {
        return try require(!error.reason.isEmpty, "no reason")
    }
    let canonical = try manifest.canonicalBytes()
    let again = try Manifest(canonicalBytes: canonical)
    try require(again == manifest, "read again, \(again) is not \(manifest)")
    try require(try again.canonicalBytes() == canonical, "the canonical bytes have others")

    let names = manifest.assets.map { ExactText($0.asset.name) }
    try require(zip(names, names.dropFirst()).allSatisfy { $0 <= $1 }, "the assets are not in order")

    let layout = BackupLayout(domain: "d")
    let key = layout.key(of: manifest.record)
    try require(layout.record(at: key) == manifest.record, "the key \(key.value) is not read back")
}
