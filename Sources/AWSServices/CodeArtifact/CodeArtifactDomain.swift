/// A CodeArtifact domain. Names are unique per account only, so the owner is always sent too.
package struct CodeArtifactDomain: Hashable, Sendable {
    package let name: String
    /// The account id that owns the domain, 12 digits.
    package let owner: String
    /// Whether its Maven endpoints are to be reached by IPv6 too.
    let isDualStack: Bool

    package init(name: String, owner: String, isDualStack: Bool = false) {
        self.name = name
        self.owner = owner
        self.isDualStack = isDualStack
    }
}

extension CodeArtifactDomain: CustomStringConvertible {
    /// For logs and errors.
    package var description: String { "domain \(name) of account \(owner)" }
}
