import ReconcileCore

/// An IAM policy, as AWS reads it.
package struct PolicyDocument: Codable, Hashable, Sendable {
    package struct Statement: Codable, Hashable, Sendable {
        package let sid: String
        package let effect: String
        package let action: [String]
        package let resource: [String]
        package let condition: [String: [String: String]]?

        private enum CodingKeys: String, CodingKey {
            case sid = "Sid"
            case effect = "Effect"
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

    /// One statement for each target.
    ///
    /// - Parameter permissions: by target.
    package init(_ permissions: [Permission]) {
        version = "2012-10-17"
        statement = Permission.Target.allCases.compactMap { target in
            let granted = permissions.filter { $0.target == target }
            guard let first = granted.first else { return nil }
            return Statement(
                sid: target.rawValue,
                effect: "Allow",
                action: granted.map(\.action),
                resource: first.resources,
                condition: target == .bearerToken
                    ? ["StringEquals": ["sts:AWSServiceName": "codeartifact.amazonaws.com"]] : nil
            )
        }
    }

    /// The statements as they stand in a policy, each a JSON object.
    package var statements: String {
        statement.compactMap { try? StableJSON.page($0) }.map { String(decoding: $0, as: UTF8.self) }.joined()
    }
}
