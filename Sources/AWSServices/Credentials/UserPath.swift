import Glibc

/// Expands paths in settings as AWS tools do: variables and home directories.
enum UserPath {
    /// Replaces `$NAME` and `${NAME}`, then a leading `~` or `~user`, like Python's `expandvars` and `expanduser`,
    /// which botocore uses. Unknown names stay unchanged.
    ///
    /// - Parameter variables: `~` stands for HOME, if they contain it, otherwise for the home directory of the
    ///   process's user.
    static func expanded(_ path: String, _ variables: [String: String]) -> String {
        expandingHome(expandingVariables(path, variables), variables)
    }

    /// Replaces a leading `~` or `~user`.
    static func expandingHome(_ path: String, _ variables: [String: String]) -> String {
        guard path.hasPrefix("~") else { return path }
        let user = path.dropFirst().prefix { $0 != "/" }
        guard var home = user.isEmpty ? variables["HOME"] ?? home(of: nil) : home(of: String(user)) else { return path }
        while home.hasSuffix("/") { home.removeLast() }
        let whole = home + path.dropFirst(1 + user.count)
        return whole.isEmpty ? "/" : whole
    }

    private static func expandingVariables(_ path: String, _ variables: [String: String]) -> String {
        var expanded = ""
        var rest = path[...]
        while let dollar = rest.firstIndex(of: "$") {
            expanded += rest[..<dollar]
            let after = rest[rest.index(after: dollar)...]
            let name: Substring
            let end: Substring.Index
            if after.first == "{", let close = after.firstIndex(of: "}") {
                (name, end) = (after[..<close].dropFirst(), after.index(after: close))
            } else {
                name = after.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                end = name.endIndex
            }
            expanded += variables[String(name)] ?? String(rest[dollar..<end])
            rest = rest[end...]
        }
        return expanded + rest
    }

    /// The home directory from the system's user database, by default that of the process's user; nil if the user is
    /// unknown.
    private static func home(of user: String?) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        let status =
            if let user {
                unsafe getpwnam_r(user, &entry, &buffer, buffer.count, &found)
            } else {
                unsafe getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found)
            }
        guard status == 0, unsafe found != nil, let directory = unsafe entry.pw_dir else { return nil }
        return unsafe String(cString: directory)
    }
}
