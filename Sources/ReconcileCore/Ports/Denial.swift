/// What a service said when it denied a request from a known caller: what denied it, and in which words.
package struct Denial: Hashable, Sendable {
    /// A policy type that AWS names in its access-denied messages (IAM user guide, Troubleshoot access denied error
    /// messages).
    package enum Policy: String, CaseIterable, Sendable {
        case identity = "identity-based policy"
        case resource = "resource-based policy"
        case session = "session policy"
        case boundary = "permissions boundary"
        case serviceControl = "service control policy"
        case resourceControl = "resource control policy"
        case endpoint = "VPC endpoint policy"
        case trust = "role trust policy"
    }

    /// What denied the request.
    package enum Cause: Hashable, Sendable {
        /// No policy of this type allows it.
        case unallowed(Policy)
        /// A policy denies it explicitly, which overrides any allow; with the policy's type if the message names it.
        case denied(Policy?)
        /// The bucket doesn't accept ACLs, because its owner owns every object (S3 Object Ownership).
        case noACLs
        /// The bucket's KMS key, or the signing key, is unusable, whatever the policies allow.
        case unusableKey
        /// The answer did not come from AWS but from something in between.
        case foreign
    }

    /// Nil if the message doesn't say what denied the request.
    package let cause: Cause?
    /// The service's own sentence, on one line, bounded in length and without secrets; empty if it gave none.
    package let words: String

    package init(_ cause: Cause?, words: String) {
        self.cause = cause
        self.words = words
    }

    /// The IAM action that is not allowed; nil if the message names none.
    package var action: String? { word(after: "not authorized to perform: ") }

    /// The ARN of the KMS key, if access to the key was denied rather than to the bucket; nil if the message names
    /// none.
    package var keyARN: String? {
        guard action?.hasPrefix("kms:") == true, let arn = word(after: "on resource: ") else { return nil }
        return arn.hasPrefix("arn:") ? arn : nil
    }

    /// The action and the key, if access to a KMS key was denied.
    package var ofKey: String? {
        guard let action, action.hasPrefix("kms:") else { return nil }
        return "\(action) on \(keyARN ?? "the bucket's KMS key")"
    }

    private func word(after lead: String) -> String? {
        guard let found = words.firstRange(of: lead) else { return nil }
        let word = words[found.upperBound...].prefix { $0 != " " && $0 != "," }
        return word.isEmpty ? nil : String(word)
    }

    /// What to change, in a sentence or two; nil if the role's own policy just lacks an allow, or if the cause is
    /// unknown.
    ///
    /// - Parameter kind: what the request was sent to.
    package func remedy(_ kind: ServiceOperation.Kind) -> String? { cause?.remedy(kind, ofKey: ofKey != nil) }
}

extension Denial.Cause {
    /// Reads what denied the request from the service's own sentence; nil if it doesn't say.
    package init?(said sentence: String) {
        if let found = sentence.firstRange(of: "with an explicit deny") {
            let rest = sentence[found.upperBound...]
            self = .denied(
                Denial.Policy.allCases.first { policy in
                    ["a", "an", "the"].contains { rest.hasPrefix(" in \($0) \(policy.rawValue)") }
                }
            )
        } else if let found = sentence.firstRange(of: "because no ") {
            let rest = sentence[found.upperBound...]
            guard let policy = Denial.Policy.allCases.first(where: { rest.hasPrefix("\($0.rawValue) allows") }) else {
                return nil
            }
            self = .unallowed(policy)
        } else {
            return nil
        }
    }

    /// What to change, in a sentence or two; nil if the role's own policy just lacks an allow.
    ///
    /// - Parameters:
    ///   - kind: what the request was sent to.
    ///   - isOfKey: whether access to a KMS key was denied.
    fileprivate func remedy(_ kind: ServiceOperation.Kind, ofKey isOfKey: Bool) -> String? {
        switch self {
        case .unallowed(.identity): nil
        case .unallowed(let policy):
            "\(policy.owner(kind, ofKey: isOfKey).capitalizedFirst) does not allow it, and the role's own policy cannot "
                + "override that. Allow it there\(policy.holder)"
        case .denied(let policy):
            "\(policy?.owner(kind, ofKey: isOfKey).capitalizedFirst ?? "A policy") denies it explicitly, and an explicit "
                + "deny overrides any allow. "
                + (policy == nil
                    ? "Find that Deny statement and exempt this role" : "Exempt this role in that statement")
                + (policy?.holder ?? "")
        case .noACLs: "The bucket does not accept ACLs, because its owner owns every object. Remove --acl"
        case .unusableKey where kind == .work:
            "The signing key cannot be used: it must exist in its region, be enabled, and be ECC_NIST_P256 for SIGN_VERIFY"
        case .unusableKey: "The bucket's KMS key cannot be used: check its state and policy"
        case .foreign:
            "This answer did not come from AWS but from something in between, such as a proxy. Check https_proxy, no_proxy "
                + "and AWS_ENDPOINT_URL"
        }
    }
}

extension Denial.Policy {
    /// Whose policy it is, as the start of a sentence in lower case.
    fileprivate func owner(_ kind: ServiceOperation.Kind, ofKey isOfKey: Bool) -> String {
        switch self {
        case .identity: "a policy of the role"
        case .resource where isOfKey: "the KMS key's policy"
        case .resource:
            switch kind {
            case .domain: "the permissions policy of the domain or repository"
            case .store: "the bucket's policy"
            case .work: "the resource's policy"
            }
        case .session: "the session's own policy"
        case .boundary: "the role's permissions boundary"
        case .serviceControl: "a service control policy of the organization"
        case .resourceControl: "a resource control policy of the organization"
        case .endpoint: "the VPC endpoint's policy"
        case .trust: "the role's trust policy"
        }
    }

    /// Who can change the policy, if that isn't obvious; completes a sentence.
    fileprivate var holder: String {
        switch self {
        case .session: ", where the role is assumed"
        case .serviceControl, .resourceControl: ": ask the organization's administrators"
        case .endpoint: ": see \(Guide.vpc)"
        case .identity, .resource, .boundary, .trust: ""
        }
    }
}

extension String {
    /// The string with its first letter in upper case.
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
