import ReconcileCore

/// Quotes text as one word of a command line.
package enum ShellWord {
    /// Quotes the text for a POSIX shell, only if necessary.
    package static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || "._-/+=:,".utf8.contains($0) }
        if plain, !text.isEmpty { return text }
        let inner = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        return "'\(inner)'"
    }
}
