import ReconcileCore

/// An IAM policy document.
package struct PolicyDocument: Codable, Hashable, Sendable {
    package struct Statement: Codable, Hashable, Sendable {
        package let sid: String
        package let effect: String
        /// Only in a resource-based policy.
        package let principal: [String: String]?
        package let action: [String]
        package let resource: [String]
        package let condition: [String: [String: String]]?

        private enum CodingKeys: String, CodingKey {
            case sid = "Sid"
            case effect = "Effect"
            case principal = "Principal"
            case action = "Action"
            case resource = "Resource"
            case condition = "Condition"
        }
    }

    package let version: String
    package let statement: [Statement]

    private enum CodingKeys: String, CodingKey {
        case version = "Version"
        case statement = "Statement"
    }

    /// What the policy is attached to.
    package enum Holder: Hashable, Sendable {
        /// The role that runs the command.
        case role
        /// The role that is assumed for the bucket.
        case backupRole
        /// A domain or a repository of another account, whose policy allows this principal (CodeArtifact user guide,
        /// Domain policies, Repository policies). In such a policy, `*` means the domain, or the repository and its
        /// packages.
        case domain(principal: String)
        case repository(principal: String)
    }

    /// Creates one statement for each target that the holder's policy grants.
    ///
    /// - Parameter permissions: sorted by target.
    package init(_ permissions: [Permission], of holder: Holder = .role) {
        let (targets, principal): ([Permission.Target], String?) =
            switch holder {
            case .role:
                (
                    permissions.contains { $0.target == .backupRole }
                        ? Permission.Target.allCases.filter { !$0.isOfBackupRole } : Permission.Target.allCases,
                    nil
                )
            case .backupRole: (Permission.Target.allCases.filter(\.isOfBackupRole), nil)
            case .domain(let principal): ([.domain], principal)
            case .repository(let principal): ([.repository, .package], principal)
            }
        version = "2012-10-17"
        statement = targets.compactMap { target in
            let granted = permissions.filter { $0.target == target }
            guard let first = granted.first else { return nil }
            return Statement(
                sid: target.rawValue,
                effect: "Allow",
                principal: principal.map { ["AWS": $0] },
                action: granted.map(\.action),
                resource: principal == nil ? first.resources : ["*"],
                condition: target == .bearerToken
                    ? ["StringEquals": ["sts:AWSServiceName": "codeartifact.amazonaws.com"]] : nil
            )
        }
    }

    /// The statements as JSON objects, ready to copy into a policy.
    package var statements: String {
        statement.compactMap { try? StableJSON.page($0) }.map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}
