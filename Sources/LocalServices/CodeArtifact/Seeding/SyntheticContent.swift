/// The bytes of an asset that exists only as a seed and a size.
///
/// Repeats a block of random bytes, each time starting with the block's number. So gigabytes are generated as fast as
/// memory is copied, and no two blocks or contents are equal.
enum SyntheticContent: Hashable, Sendable {
    case random(seed: UInt64, size: Int64)
    /// A POM that Maven accepts.
    case pom(namespace: String, name: String, version: String)

    private static let blockLength: Int64 = 65_536

    /// The size in bytes.
    var size: Int64 {
        switch self {
        case .random(_, let size): size
        case .pom: Int64(pomText.utf8.count)
        }
    }

    /// The bytes in order.
    func pieces() -> some IteratorProtocol<[UInt8]> {
        Pieces(content: self)
    }

    private struct Pieces: IteratorProtocol {
        private let content: SyntheticContent
        private var block: [UInt8] = []
        private var number: UInt64 = 0
        private var left: Int64

        init(content: SyntheticContent) {
            self.content = content
            left = content.size
        }

        mutating func next() -> [UInt8]? {
            guard left > 0 else { return nil }
            let length = Int(min(left, blockLength))
            if number == 0 {
                block = content.firstBlock(length)
            } else {
                for (index, shift) in stride(from: 0, to: 64, by: 8).enumerated() {
                    block[index] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
                }
            }
            number += 1
            left -= Int64(length)
            return length == block.count ? block : Array(block.prefix(length))
        }
    }

    private func firstBlock(_ length: Int) -> [UInt8] {
        switch self {
        case .random(let seed, _):
            var random = SplitMix64(seed: seed)
            return random.bytes(length)
        case .pom:
            return Array(pomText.utf8)
        }
    }

    private var pomText: String {
        guard case .pom(let namespace, let name, let version) = self else { return "" }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <groupId>\(namespace)</groupId>
              <artifactId>\(name)</artifactId>
              <version>\(version)</version>
            </project>

            """
    }
}
