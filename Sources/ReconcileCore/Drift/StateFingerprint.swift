/// 128 bits that stand for a version and for the state it was seen in, so that a million fit into memory.
///
/// `name` is a hash of the coordinates alone; `state` is a hash of coordinates, revision and status together. Both
/// are seeded anew in each process and taken over exact bytes. A clash of `name` happens by chance once in 2^64 pairs of
/// versions, and costs a needless look at one of them unless revision and status are the same too.
package struct StateFingerprint: Hashable, Sendable {
    package let name: UInt64
    package let state: UInt64

    /// - Parameter seed: one for all fingerprints that are compared.
    package init(_ coordinates: VersionCoordinates, revision: String?, status: VersionStatus, seed: UInt64) {
        var hash = SeededHash(seed: seed)
        hash.combine(coordinates.package.repository)
        hash.combine(coordinates.package.namespace)
        hash.combine(coordinates.package.name)
        hash.combine(coordinates.version)
        name = hash.value
        hash.combine(revision ?? "")
        hash.combine(revision == nil ? "none" : "some")
        hash.combine(status.rawValue)
        state = hash.value
    }
}

/// FNV-1a over UTF-8 with each text closed by a byte that UTF-8 never has, and a final mix (SplitMix64's).
struct SeededHash {
    private var bits: UInt64

    init(seed: UInt64) {
        bits = 0xCBF2_9CE4_8422_2325 ^ seed
    }

    mutating func combine(_ text: String) {
        for byte in text.utf8 {
            bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        bits = (bits ^ 0xFF) &* 0x0000_0100_0000_01B3
    }

    var value: UInt64 {
        var mixed = bits
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
