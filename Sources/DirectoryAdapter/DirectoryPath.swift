import ReconcileCore

/// An object's key as segments that a file system can hold.
struct DirectoryPath: Hashable, Sendable {
    /// The directories from the root of the store to the object.
    let parents: [String]
    /// The object's file name in the last of those directories.
    let name: String

    /// The path of the last directory from the root, with a trailing slash; empty for the root.
    var directory: String { parents.map { $0 + "/" }.joined() }

    /// The directory under the root for unfinished files. No key may start with it.
    static let incoming = ".reconcile-incoming"

    /// The path for a key; throws an `invalid` failure if the key cannot be a path.
    init(_ key: ObjectKey, operation: ServiceOperation) throws(RemoteFailure) {
        var segments = Self.segments(of: key.value)
        for segment in segments {
            if let problem = Self.problem(in: segment) {
                throw RemoteFailure(.invalid, operation: operation, target: key.value, message: problem)
            }
        }
        if segments.first == Self.incoming {
            throw RemoteFailure(
                .invalid,
                operation: operation,
                target: key.value,
                message: "\(Self.incoming) at the top of the directory is kept for unfinished files"
            )
        }
        // Splitting always yields at least one segment.
        name = segments.removeLast()
        parents = segments
    }

    /// Splits at slashes by bytes: by characters, a slash followed by a combining mark would not be a slash.
    static func segments(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    /// Why a segment cannot be a file name; nil when it can.
    static func problem(in segment: String) -> String? {
        if segment.isEmpty { return "a directory cannot hold a key with an empty segment" }
        if segment == "." || segment == ".." { return "a directory cannot hold a key with a segment \(segment)" }
        if segment.utf8.contains(0) { return "a directory cannot hold a key with a NUL character" }
        if segment.utf8.count > 255 {
            return "a directory cannot hold a key with a segment of \(segment.utf8.count) bytes; 255 is the most"
        }
        return nil
    }
}
