package import ReconcileCore

/// One thing that can befall one object of a backup, and how a verification that excuses nothing sees it.
package enum Damage: String, CaseIterable, Sendable {
    case flipped, cut, deleted, renamed, added

    /// What becomes of the object, and what is put beside it; nil is nothing.
    package func effect(on bytes: [UInt8]) -> (bytes: [UInt8]?, beside: [UInt8]?) {
        switch self {
        case .flipped: (bytes.isEmpty ? [1] : [bytes[0] ^ 1] + bytes.dropFirst(), nil)
        case .cut: (Array(bytes.dropLast()), nil)
        case .deleted: (nil, nil)
        case .renamed: (nil, bytes)
        case .added: (bytes, [1, 2, 3])
        }
    }

    /// The fault with its class, as `wrongBytes KEY`, and the first depth that shows it.
    ///
    /// - Returns: no fault for a manifest that is gone: what it named may be named by another.
    package func expected(at key: ObjectKey, _ beside: ObjectKey) -> (fault: String?, depth: VerifyDepth) {
        let isManifest = key.value.contains("/manifests/")
        let isSidecar = BackupWitness.isDerived(key) && !key.value.hasSuffix(".xml")
        let isDerived = BackupWitness.isDerived(key)
        let derived = isSidecar ? "wrongSidecar \(key)" : "wrongMetadata \(key)"
        switch self {
        case .flipped:
            if isManifest { return ("unreadableManifest \(key)", .manifests) }
            return isDerived ? (derived, .objects) : ("wrongBytes \(key)", .checksums)
        case .cut:
            if isManifest { return ("unreadableManifest \(key)", .manifests) }
            return isDerived ? (derived, .objects) : ("wrongSize \(key)", .objects)
        case .deleted:
            if isManifest { return (nil, .manifests) }
            return isDerived ? (derived, .objects) : ("missing \(key)", .objects)
        case .renamed:
            if isManifest { return ("misplacedManifest \(beside)", .manifests) }
            return (isDerived ? derived : "missing \(key)", .objects)
        case .added:
            return isManifest ? ("misplacedManifest \(beside)", .manifests) : ("stray \(beside)", .objects)
        }
    }
}
