/// A page of this program's documentation, as a message names it.
package enum Guide: String, CaseIterable, Sendable, CustomStringConvertible {
    case drill = "DRILL.md"
    case lambda = "LAMBDA.md"
    case trust = "TRUST.md"
    case vpc = "VPC.md"

    /// Where the packages install the page, below `/usr` or wherever the tarball was unpacked.
    package var description: String { "share/doc/maven-package-reconciler/docs/\(rawValue)" }
}
