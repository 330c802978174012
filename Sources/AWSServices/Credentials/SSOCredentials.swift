import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// A role of IAM Identity Center, obtained with the token that `aws sso login` cached.
struct SSOCredentials: CredentialPlace {
    let profile: AWSProfiles.Profile
    let settings: AWSSettings
    let access: CredentialAccess

    var name: String { "profile \(profile.name), SSO" }

    func look() async throws -> CredentialFinding {
        guard profile["sso_account_id"] != nil || profile["sso_role_name"] != nil else {
            return .nothing("no sso_account_id")
        }
        let session = try session()
        guard let account = session["sso_account_id"] else { throw CredentialFault("sso_account_id is missing") }
        guard let role = session["sso_role_name"] else { throw CredentialFault("sso_role_name is missing") }
        guard let region = session["sso_region"] else { throw CredentialFault("sso_region is missing") }
        guard let start = session["sso_start_url"] else { throw CredentialFault("sso_start_url is missing") }

        let source = SSOTokenSource(
            session: profile["sso_session"],
            startURL: start,
            region: region,
            profileName: profile.name,
            settings: settings,
            access: access
        )
        let token = try await source.token()
        var credentials = try await credentials(of: role, in: account, region: region, token, source)
        credentials.isRenewable = credentials.expiration.map { source.isGood(token, at: $0) } ?? false
        return .found(credentials)
    }

    /// Calls GetRoleCredentials, which takes no signature.
    private func credentials(
        of role: String,
        in account: String,
        region: String,
        _ token: SSOToken,
        _ source: SSOTokenSource
    ) async throws -> AWSCredentials {
        let endpoint = try settings.loginEndpoint(of: .sso, region: region)
        let query =
            "role_name=\(PercentEncoding.encode(role, keepSlash: false))"
            + "&account_id=\(PercentEncoding.encode(account, keepSlash: false))"
        let response = try await access.persistently {
            let response = try await access.answer(
                to: HTTPRequest(
                    method: .get,
                    url: endpoint.url("\(endpoint.basePath)/federation/credentials?\(query)"),
                    headers: ["x-amz-sso_bearer_token": token.accessToken],
                    deadlines: HTTPDeadlines(connect: .seconds(5), firstByte: .seconds(30), stall: .seconds(30))
                )
            )
            switch response.status {
            case 200: return response
            case 401: throw CredentialFault("the SSO login was refused: run `\(source.command)`")
            default:
                throw CredentialFault(
                    "\(endpoint) answered status \(response.status) for the role \(role.firstLine) of account \(account.firstLine)",
                    isTransient: response.status >= 500 || response.status == 429
                )
            }
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
            throw CredentialFault("\(endpoint) did not answer the JSON document of credentials")
        }
        let keys = answer.roleCredentials
        return access.localized(
            AWSCredentials(
                accessKeyID: keys.accessKeyId,
                secretAccessKey: keys.secretAccessKey,
                sessionToken: keys.sessionToken,
                expiration: Date(timeIntervalSince1970: keys.expiration / 1_000)
            ),
            in: response
        )
    }

    /// The profile's SSO values, merged with those of the sso-session that it names.
    private func session() throws(CredentialFault) -> [String: String] {
        var values: [String: String] = [:]
        for key in ["sso_account_id", "sso_role_name", "sso_region", "sso_start_url"] { values[key] = profile[key] }
        guard let name = profile["sso_session"] else { return values }
        guard let shared = settings.profiles.ssoSessions[name] else {
            throw CredentialFault("the sso-session \(name.firstLine) does not exist")
        }
        for (key, value) in shared {
            guard values[key] ?? value == value else {
                throw CredentialFault("\(key) of the profile contradicts that of the sso-session \(name)")
            }
            values[key] = value
        }
        return values
    }

    private struct Answer: Decodable {
        struct Keys: Decodable {
            let accessKeyId: String
            let secretAccessKey: String
            let sessionToken: String
            /// In milliseconds since 1970.
            let expiration: Double
        }
        let roleCredentials: Keys
    }
}
