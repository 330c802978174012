import ReconcileCore

/// The ARN of a KMS key. Aliases are rejected: an alias may later refer to another key, and a policy for one grants
/// nothing.
package struct KMSKeyARN: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// The key's region, where requests about it go.
    package let region: String

    /// Nil unless the text is `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "kms", parts[5].hasPrefix("key/"),
            parts[1] == AWSPartition.name(of: parts[3]), AWSPartition.host(of: .kms, region: parts[3]) != nil,
            parts[4].utf8.count == 12, parts[4].utf8.allSatisfy(ASCII.isDigit)
        else { return nil }
        let id = parts[5].dropFirst("key/".count)
        // The ID of a multi-Region key starts with mrk-.
        let isID = id.utf8.allSatisfy {
            ASCII.isDigit($0) || ASCII.isLowercaseLetter($0) || $0 == UInt8(ascii: "-")
        }
        guard isID, !id.isEmpty else { return nil }
        description = text
        region = parts[3]
    }
}
