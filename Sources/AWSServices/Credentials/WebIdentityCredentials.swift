import Cryptography
import ReconcileCore

/// A role assumed with a token from a file, such as that of a Kubernetes service account.
///
/// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME each take precedence over the profile's key. The
/// file is read every time, since its token is renewed.
struct WebIdentityCredentials: CredentialPlace {
    let profileName: String
    let settings: AWSSettings
    let access: CredentialAccess
    let usesEnvironment: Bool

    var name: String { "profile \(profileName), web identity" }

    func look() async throws -> CredentialFinding {
        guard let path = value("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else {
            return .nothing(usesEnvironment ? "no AWS_WEB_IDENTITY_TOKEN_FILE" : "no web_identity_token_file")
        }
        guard let role = value("AWS_ROLE_ARN", "role_arn") else {
            throw CredentialFault("the web identity token file \(path) needs AWS_ROLE_ARN or role_arn beside it")
        }
        let file = UserPath.expandingHome(path, settings.variables)
        let token = try access.text(of: file, named: "the web identity token file").trimmed
        guard !token.isEmpty else { throw CredentialFault("the web identity token file \(file) is empty") }
        let session = value("AWS_ROLE_SESSION_NAME", "role_session_name") ?? RoleSession.name(access.clock)
        return .found(
            try await STSClient(settings: settings, access: access).assumeRoleWithWebIdentity([
                ("RoleArn", role), ("RoleSessionName", session), ("WebIdentityToken", String(token)),
            ])
        )
    }

    private func value(_ variable: String, _ key: String) -> String? {
        (usesEnvironment ? settings.environment[variable] : nil) ?? settings.profile(profileName)[key]
    }
}

/// The session name under which an assumed role's calls are logged.
enum RoleSession {
    static func name(_ clock: any RunClock) -> String {
        "maven-package-reconciler-\(Int(clock.secondsSince1970()))"
    }
}
