/// A CodeArtifact domain. Names are unique per account only, so the owner is always sent too.
package struct CodeArtifactDomain: Hashable, Sendable {
    package let name: String
    /// The account id that owns the domain, 12 digits.
    package let owner: String

    package init(name: String, owner: String) {
        self.name = name
        self.owner = owner
    }
}

extension CodeArtifactDomain: CustomStringConvertible {
    /// For logs and errors.
    package var description: String { "domain \(name) of account \(owner)" }
}
