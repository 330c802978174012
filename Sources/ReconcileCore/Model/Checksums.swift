/// The hashes of one asset in lower-case hexadecimal; nil for a hash that isn't known.
package struct Checksums: Hashable, Sendable {
    package var md5: String?
    package var sha1: String?
    package var sha256: String?
    package var sha512: String?

    package init(md5: String? = nil, sha1: String? = nil, sha256: String? = nil, sha512: String? = nil) {
        self.md5 = md5
        self.sha1 = sha1
        self.sha256 = sha256
        self.sha512 = sha512
    }

    package subscript(_ algorithm: ChecksumAlgorithm) -> String? {
        get {
            switch algorithm {
            case .sha1: sha1
            case .md5: md5
            case .sha256: sha256
            case .sha512: sha512
            }
        }
        set {
            switch algorithm {
            case .sha1: sha1 = newValue
            case .md5: md5 = newValue
            case .sha256: sha256 = newValue
            case .sha512: sha512 = newValue
            }
        }
    }
}

/// A hash function that CodeArtifact lists for an asset and for which Maven has checksum files.
package enum ChecksumAlgorithm: Hashable, Sendable, CaseIterable {
    // In the order in which Maven clients send and ask for checksum files.
    case sha1
    case md5
    case sha256
    case sha512

    /// The algorithms for which a checksum file accompanies every maven-metadata.xml.
    package static let ofDocuments: [ChecksumAlgorithm] = [.sha1, .md5]
    /// The order in which to compare two sides, starting with the hash that the backup relies on.
    package static let byWeight: [ChecksumAlgorithm] = [.sha256, .sha512, .sha1, .md5]

    /// The extension of a checksum file, without the dot: `sha1` in `app.jar.sha1`.
    package var fileExtension: String {
        switch self {
        case .sha1: "sha1"
        case .md5: "md5"
        case .sha256: "sha256"
        case .sha512: "sha512"
        }
    }

    /// The service's name for the hash (AssetSummary, API reference), which is also its common name.
    package var serviceName: String {
        switch self {
        case .sha1: "SHA-1"
        case .md5: "MD5"
        case .sha256: "SHA-256"
        case .sha512: "SHA-512"
        }
    }

    /// The length of a hash in hexadecimal digits.
    package var digits: Int {
        switch self {
        case .sha1: 40
        case .md5: 32
        case .sha256: 64
        case .sha512: 128
        }
    }

    /// Whether the text has the form of a hash of this function: exactly `digits` lower-case hexadecimal digits.
    package func isWellFormed(_ hash: String) -> Bool {
        hash.utf8.count == digits && hash.utf8.allSatisfy(ASCII.isLowercaseHexDigit)
    }

    /// The name of the checksum file for `file`.
    package func fileName(of file: String) -> String { "\(file).\(fileExtension)" }

    /// Splits the name of a checksum file; nil for any other file name.
    package static func split(_ name: String) -> (file: String, algorithm: ChecksumAlgorithm)? {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
            let algorithm = allCases.first(where: { $0.fileExtension == name[name.index(after: dot)...] })
        else { return nil }
        return (String(name[..<dot]), algorithm)
    }
}
