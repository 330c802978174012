import ReconcileApp
import ReconcileCore

/// Describes a refused permission: who refused it, the service's own words, and what to change.
extension Check {
    /// - Parameter isForeign: whether the domain belongs to an account other than the caller's.
    static func refused(_ permission: Permission, _ refusal: RemoteFailure, isForeign: Bool) -> Check {
        var words = "refused for \(refusal.target) (\(refusal.operation))."
        if let said = refusal.denial?.words, !said.isEmpty { words += " The service said: \(said.asSentence)" }
        if let denial = refusal.denial, let remedy = denial.remedy(refusal.operation.kind) {
            return Check(
                verdict: .bad,
                name: permission.action,
                finding: "\(words) \(remedy).",
                advice: [denial.cause?.policy?.command(permission, caller: denial.words)].compactMap(\.self),
                isAboutAccess: true
            )
        }
        if permission.action == "sts:GetServiceBearerToken" {
            words += " If a policy limits sts:DurationSeconds, a shorter --token-duration may do."
        }
        let isOfOtherAccount = isForeign && permission.action.hasPrefix("codeartifact:")
        let policies =
            isOfOtherAccount
            ? "Allow it in the role's policy, and in the policies of the domain and its repositories, which belong to "
                + "another account:" : "Allow it with:"
        return .bad(
            permission.action,
            "\(words) \(policies)",
            access: true,
            PolicyDocument([permission]).statements
        )
    }

    /// Returns the check for a refused permission that the work can do without: it succeeds, but records or compares
    /// less.
    static func left(_ permission: Permission, _ refusal: RemoteFailure) -> Check {
        .unknown(
            permission.action,
            "refused for \(refusal.target) (\(refusal.operation)). The work goes on without it, and that part of the "
                + "domain's configuration is unknown to it. Allow it with:",
            PolicyDocument([permission]).statements
        )
    }
}

extension Denial.Cause {
    fileprivate var policy: Denial.Policy? {
        switch self {
        case .unallowed(let policy): policy
        case .denied(let policy): policy
        case .noACLs, .unusableKey, .foreign: nil
        }
    }
}

extension Denial.Policy {
    /// Returns the command that shows the policy, if the permission and the service's words identify it.
    ///
    /// - Parameter caller: the service's words, which name the caller.
    fileprivate func command(_ permission: Permission, caller: String) -> String? {
        let resource = (permission.resources.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
        switch self {
        case .resource where resource.count == 6 && resource[2] == "s3" && resource[3].isEmpty:
            let bucket = resource[5].prefix { $0 != "/" }
            return "aws s3api get-bucket-policy --bucket \(bucket) --query Policy --output text"
        case .resource where resource.count == 6 && resource[2] == "kms":
            return "aws kms get-key-policy --key-id \(permission.resources[0]) --policy-name default --query Policy "
                + "--output text"
        case .resource where resource.count == 6 && resource[2] == "codeartifact":
            let parts = resource[5].split(separator: "/")
            guard parts.count > 1 else { return nil }
            let domain = "aws codeartifact get-domain-permissions-policy --domain \(parts[1])"
            guard parts.count > 2, parts[2] != "*" else { return domain }
            return "aws codeartifact get-repository-permissions-policy --domain \(parts[1]) --repository \(parts[2])"
        case .boundary: return role(of: caller).map { "aws iam get-role --role-name \($0)" }
        case .identity: return role(of: caller).map { "aws iam list-attached-role-policies --role-name \($0)" }
        case .serviceControl: return "aws organizations list-policies --filter SERVICE_CONTROL_POLICY"
        case .resourceControl: return "aws organizations list-policies --filter RESOURCE_CONTROL_POLICY"
        case .endpoint: return "aws ec2 describe-vpc-endpoints"
        case .resource, .session, .trust: return nil
        }
    }

    private func role(of caller: String) -> String? {
        guard let found = caller.firstRange(of: ":assumed-role/") else { return nil }
        let name = caller[found.upperBound...].prefix { $0 != "/" }
        return name.isEmpty || name.contains(" ") ? nil : String(name)
    }
}

extension String {
    /// Adds a full stop, unless the text ends with punctuation or is empty.
    fileprivate var asSentence: String { last.map { ".!?…".contains($0) } ?? true ? self : "\(self)." }
}
