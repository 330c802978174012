/// A page of this program's documentation that messages refer to.
package enum Guide: String, CaseIterable, Sendable, CustomStringConvertible {
    case drill = "DRILL.md"
    case lambda = "LAMBDA.md"
    case trust = "TRUST.md"
    case vpc = "VPC.md"

    /// Where the packages install the page, relative to `/usr` or to the directory where the tarball was unpacked.
    package var description: String { "share/doc/maven-package-reconciler/docs/\(rawValue)" }
}
