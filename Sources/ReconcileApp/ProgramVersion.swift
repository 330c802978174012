import CBuild

/// The program's version, as it appears in manifests, user agents and the output of `--version`.
package enum ProgramVersion {
    package static let current = "0.2.0"

    /// The commit that the program was built from; nil if the build does not know it.
    package static var commit: String? {
        let commit = unsafe String(cString: build_commit())
        return commit.isEmpty ? nil : commit
    }

    /// Returns what `--version` prints: the program, its version, its commit and the compiler.
    ///
    /// A build not started by scripts/release-build does not know the commit, and knows only the compiler's minor
    /// version.
    package static func line(of program: String) -> String {
        let swift = unsafe String(cString: build_swift())
        return "\(program) \(current) (\(commit ?? "unknown commit"), "
            + "Swift \(swift.isEmpty ? compiler : swift))"
    }

    #if compiler(>=6.4)
        private static let compiler = "6.4 or later"
    #elseif compiler(>=6.3)
        private static let compiler = "6.3"
    #else
        private static let compiler = "6.2"
    #endif
}
