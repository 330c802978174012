package import ReconcileApp
package import ReconcileCore

/// How to fetch an object of a backup by hand, without this program.
package struct FetchCommand: Hashable, Sendable {
    private let backup: BackupLocation

    package init(from backup: BackupLocation) {
        self.backup = backup
    }

    /// Returns an AWS CLI command, or the path of a file.
    package func text(key: ObjectKey, versionID: String?) -> String {
        switch backup {
        case .directory(let path): return "\(path)/\(key)"
        case .bucket(let name, let prefix):
            let whole = prefix.isEmpty ? key.value : "\(prefix)/\(key)"
            // A segment of a key is never a path or `..`, whatever the asset's name.
            let file = "./" + (key.value.split(separator: "/").last ?? "asset")
            let version = versionID.map { " --version-id \(ShellWord.quoted($0))" } ?? ""
            return
                "aws s3api get-object --bucket \(name) --key \(ShellWord.quoted(whole))\(version) \(ShellWord.quoted(file))"
        }
    }
}
