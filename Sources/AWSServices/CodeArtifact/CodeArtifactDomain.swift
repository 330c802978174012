/// A CodeArtifact domain. Names are unique only within an account, so every request includes the owner.
package struct CodeArtifactDomain: Hashable, Sendable {
    package let name: String
    /// The 12-digit ID of the account that owns the domain.
    package let owner: String
    /// Whether to ask for Maven endpoints that also have IPv6.
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
