/// How closely a verification looks; each depth does what those before it do.
package enum VerifyDepth: String, Sendable, CaseIterable, Comparable, Codable {
    /// Every manifest can be read, is canonical, and is under its own key.
    case manifests
    /// Every object that a manifest names is listed with its size, nothing else is, and the documents derived from the
    /// manifests hold what they should.
    case objects
    /// The SHA-256 that the store keeps of each object; where it keeps none, it reads the object.
    case checksums
    /// Every object is read, and its SHA-256 is compared; its other hashes too if asked for.
    case bytes

    package static func < (left: VerifyDepth, right: VerifyDepth) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
