import FoundationEssentials

/// Runs `body` with a new empty directory, which is removed afterwards.
package func withScratchDirectory<Value>(_ body: (_ path: String) async throws -> Value) async throws -> Value {
    let files = FileManager.default
    let path = files.temporaryDirectory.appending(path: "reconcile-\(UInt64.random(in: .min ... .max))").path
    try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: path) }
    return try await body(path)
}
