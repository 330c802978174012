import ReconcileCore

/// The ARN of a KMS key. An alias is none: it may come to mean another key, and a policy that names one grants nothing.
package struct KMSKeyARN: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Where the key is, and where requests about it go.
    package let region: String

    /// Nil for anything but `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "kms", parts[5].hasPrefix("key/"),
            parts[1] == AWSPartition.name(of: parts[3]), AWSPartition.host(of: .kms, region: parts[3]) != nil,
            parts[4].utf8.count == 12, parts[4].utf8.allSatisfy(ASCII.isDigit)
        else { return nil }
        let id = parts[5].dropFirst("key/".count)
        // A multi-Region key's begins with mrk-.
        let isID = id.utf8.allSatisfy {
            ASCII.isDigit($0) || ASCII.isLowercaseLetter($0) || $0 == UInt8(ascii: "-")
        }
        guard isID, !id.isEmpty else { return nil }
        description = text
        region = parts[3]
    }
}
