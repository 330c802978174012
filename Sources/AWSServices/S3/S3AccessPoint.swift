import ReconcileCore

/// An access point of a bucket, named by its ARN: `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`.
package struct S3AccessPoint: Hashable, Sendable {
    package let region: String
    let account: String
    let name: String

    /// Parses an ARN; nil if the text is not an ARN.
    ///
    /// Throws for the ARN of anything else, saying what it is and why it cannot hold a backup.
    package init?(arn: String) throws(InvalidSettings) {
        guard arn.hasPrefix("arn:") else { return nil }
        func refusal(_ reason: String) -> InvalidSettings { InvalidSettings("\(arn.firstLine) \(reason)") }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[1].hasPrefix("aws") else {
            throw refusal("is not the ARN of an access point, arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME.")
        }
        switch parts[2] {
        case "s3": break
        case "s3-object-lambda":
            throw refusal("is an Object Lambda access point, which may change what is read: name the bucket itself.")
        case "s3-outposts":
            throw refusal("is on S3 Outposts, which this program does not reach: name a bucket in a region.")
        default: throw refusal("is not the ARN of S3.")
        }
        guard !parts[3].isEmpty else {
            if parts[4].isEmpty {
                throw refusal("is the ARN of a bucket: write s3://\(parts[5].prefix { $0 != "/" }).")
            }
            throw refusal(
                "is a multi-Region access point, whose requests need signatures of another kind: name the bucket itself."
            )
        }
        let resource = parts[5].split(whereSeparator: { $0 == "/" || $0 == ":" }).map(String.init)
        guard resource.count == 2, resource[0] == "accesspoint", Self.isLabel(resource[1]), Self.isLabel(parts[4]),
            AWSPartition.host(of: .s3, region: parts[3]) != nil
        else {
            throw refusal("is not the ARN of an access point, arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME.")
        }
        region = parts[3]
        account = parts[4]
        name = resource[1]
    }

    /// The ARN as policies spell it.
    package var arn: String {
        "arn:\(AWSPartition.name(of: region)):s3:\(region):\(account):accesspoint/\(name)"
    }

    /// The suffix that S3 appends to an access point's alias (user guide, Access point aliases).
    package static let aliasSuffix = "-s3alias"

    /// The labels of its host before the region.
    var prefix: String { "\(label).s3-accesspoint" }

    var label: String { "\(name)-\(account)" }

    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
}
