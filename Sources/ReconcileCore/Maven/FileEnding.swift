/// The end of a file's name after artifact and version, split in two: `-linux.tar.gz.sig` has the classifier `linux`
/// and the extension `tar.gz.sig`.
///
/// Without a classifier, the extension is everything after the first dot. With one, the name alone doesn't show where
/// the classifier ends, because it may contain dots (`-jdk1.8.jar`). The extension is then what follows the last dot,
/// plus any parts before it that are known to belong to it: the extension of a signed file (`jar.asc`) or of a
/// compressed one (`tar.gz`, `jar.pack.gz`, `img.zst`), and a document's format (`spdx.json`). At least one part is
/// always left for the classifier.
struct FileEnding: Hashable {
    let classifier: String?
    let fileExtension: String

    /// Nil for an ending that has no extension, has an empty part, or has any other form.
    init?(_ ending: Substring) {
        let parts = ending.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.isEmpty, !parts.contains("") else { return nil }
        switch ending.first {
        case ".":
            classifier = nil
            fileExtension = String(ending.dropFirst())
        case "-" where parts.count > 1:
            var first = parts.count - 1
            while first > 1, Self.belongs(parts[first - 1], before: parts[first]) { first -= 1 }
            classifier = parts[..<first].joined(separator: ".")
            fileExtension = parts[first...].joined(separator: ".")
        default:
            return nil
        }
    }

    /// Whether this is a signature of another file.
    var isSignature: Bool {
        fileExtension.split(separator: ".").last.map { Self.signatures.contains($0.lowercased()) } ?? false
    }

    /// Whether `inner` belongs to the extension, given that `outer`, the part after it, does.
    private static func belongs(_ inner: Substring, before outer: Substring) -> Bool {
        let (inner, outer) = (inner.lowercased(), outer.lowercased())
        // A signed file has an extension, and an extension is never just a number, as part of a version would be.
        if signatures.contains(outer) { return !inner.utf8.allSatisfy(ASCII.isDigit) }
        if compressions.contains(outer) { return compressions.contains(inner) || compressed.contains(inner) }
        return formats[outer]?.contains(inner) == true
    }

    /// Extensions that may be added to any file.
    private static let signatures: Set<String> = [
        "age", "asc", "gpg", "idsig", "intoto", "jws", "minisig", "p7s", "pgp", "sig", "sigstore",
    ]
    /// Extensions that may be added to a file that has lost its own.
    private static let compressions: Set<String> = [
        "br", "bz2", "gz", "lz", "lz4", "lzma", "lzo", "pack", "sz", "xz", "z", "zst",
    ]
    /// What is commonly compressed: archives, images, texts.
    private static let compressed: Set<String> = [
        "aar", "avro", "bin", "cpio", "csv", "db", "dump", "ear", "ext4", "hprof", "img", "iso", "jar", "js", "json",
        "jsonl", "log", "ndjson", "ova", "parquet", "pom", "proto", "qcow2", "raw", "sql", "sqlite", "squashfs", "svg",
        "tar", "tsv", "txt", "vdi", "vhd", "vhdx", "vmdk", "war", "wasm", "wic", "xml", "yaml", "yml",
    ]
    /// Document types written in a general format, by that format.
    private static let formats: [String: Set<String>] = [
        "json": ["cdx", "sigstore", "spdx", "vex"],
        "jsonl": ["intoto"],
        "rdf": ["spdx"],
        "tag": ["spdx"],
        "xml": ["cdx", "rdf", "spdx"],
        "yaml": ["spdx"],
        "yml": ["spdx"],
    ]
}
