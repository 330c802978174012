import SystemPackage

/// A file that the settings name for a report, or standard output.
package enum OutputFile {
    /// Writes all of it; `-` is standard output. A file that is there is written over.
    package static func write(_ bytes: [UInt8], to file: String) throws {
        if file == "-" {
            try FileDescriptor.standardOutput.writeAll(bytes)
            return
        }
        let descriptor = try FileDescriptor.open(
            FilePath(file),
            .writeOnly,
            options: [.create, .truncate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead]
        )
        try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
    }

    /// Prints text on standard output; a reader that has seen enough is not a failure.
    package static func print(_ text: String) {
        _ = try? FileDescriptor.standardOutput.writeAll(text.utf8)
    }
}
