/// The hashes of one asset, each in lower-case hexadecimal; nil where it is not known.
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

/// A hash function of the four that the service lists an asset with and that Maven has checksum files of.
package enum ChecksumAlgorithm: Hashable, Sendable, CaseIterable {
    // In the order in which Maven clients send and ask for checksum files.
    case sha1
    case md5
    case sha256
    case sha512

    /// Those whose checksum files stand beside every maven-metadata.xml.
    package static let ofDocuments: [ChecksumAlgorithm] = [.sha1, .md5]
    /// In the order in which two sides are compared: the one that the backup relies on first.
    package static let byWeight: [ChecksumAlgorithm] = [.sha256, .sha512, .sha1, .md5]

    /// The ending of a checksum file's name, after its dot: `app.jar.sha1`.
    package var fileExtension: String {
        switch self {
        case .sha1: "sha1"
        case .md5: "md5"
        case .sha256: "sha256"
        case .sha512: "sha512"
        }
    }

    /// The name under which the service lists the hash (AssetSummary, API reference), which people know too.
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

    /// Whether a text could be a hash of this function: as many lower-case hexadecimal digits as it has.
    package func isWellFormed(_ hash: String) -> Bool {
        hash.utf8.count == digits && hash.utf8.allSatisfy(ASCII.isLowercaseHexDigit)
    }

    /// The name of the checksum file of a file.
    package func fileName(of file: String) -> String { "\(file).\(fileExtension)" }

    /// Takes the name of a checksum file apart; nil for that of any other file.
    package static func split(_ name: String) -> (file: String, algorithm: ChecksumAlgorithm)? {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
            let algorithm = allCases.first(where: { $0.fileExtension == name[name.index(after: dot)...] })
        else { return nil }
        return (String(name[..<dot]), algorithm)
    }
}
