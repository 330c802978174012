/// A seeded FNV-1a hash of UTF-8 texts, finished with SplitMix64's mix. A byte that never occurs in UTF-8 ends each
/// text.
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
