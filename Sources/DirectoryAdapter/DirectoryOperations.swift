package import ReconcileCore

/// The operations of a directory store. They cost nothing, and the file system's permissions apply to them.
package enum DirectoryOperations {
    package static let open = operation("Open")
    package static let list = operation("List")
    package static let inspect = operation("Inspect", isOfFile: true)
    package static let read = operation("Read", isOfFile: true)
    package static let write = operation("Write", isWrite: true, isOfFile: true)

    package static let all = [open, list, inspect, read, write]

    private static func operation(
        _ name: String,
        isWrite: Bool = false,
        isOfFile: Bool = false
    ) -> ServiceOperation {
        ServiceOperation(.store, service: "directory", name: name, isWrite: isWrite, isOfFile: isOfFile)
    }
}
