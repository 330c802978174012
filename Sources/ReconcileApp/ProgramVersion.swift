import CBuild

/// The program's version, as manifests, user agents and `--version` give it.
package enum ProgramVersion {
    package static let current = "0.2.0"

    /// The commit that it was built from; nil for a build that knows none.
    package static var commit: String? {
        let commit = unsafe String(cString: build_commit())
        return commit.isEmpty ? nil : commit
    }

    /// What `--version` prints: the program, its version, the commit it was built from and the compiler.
    ///
    /// A build that scripts/release-build did not start knows no commit, and of the compiler only the minor version.
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
