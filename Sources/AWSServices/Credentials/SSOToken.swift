import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// The file in which `aws sso login` caches an access token of IAM Identity Center.
struct SSOToken: Codable, Sendable, Hashable {
    var startUrl: String?
    var region: String?
    var accessToken: String
    var expiresAt: String
    var clientId: String?
    var clientSecret: String?
    var registrationExpiresAt: String?
    var refreshToken: String?
}

/// Reads the token of an sso-session, or of a start URL if the profile has no session, and renews a session's token.
///
/// From 15 minutes before expiry, the refresh token renews a session's token, and the file is rewritten. If that fails,
/// the old token is used until it expires. A token without a session is never renewed, as in every SDK.
struct SSOTokenSource: Sendable {
    let session: String?
    let startURL: String
    let region: String
    let profileName: String
    let settings: AWSSettings
    let access: CredentialAccess

    /// In seconds.
    private static let window = 900.0

    var command: String { "aws sso login --profile \(profileName)" }

    /// A token that is valid now.
    func token() async throws -> SSOToken {
        let file = file()
        let token = try file.read(SSOToken.self)
        guard session != nil, try !lasts(token, for: Self.window, file) else {
            return try usable(token, otherwise: file.ended("the SSO login expired at \(token.expiresAt)"), file)
        }
        do {
            return try await renewed(token, file)
        } catch let fault as CredentialFault {
            // Another tool may have renewed the token in the meantime, using up the refresh token.
            let current = (try? file.read(SSOToken.self)) ?? token
            return try usable(current, otherwise: fault, file)
        }
    }

    /// Whether the token will still be valid at a time, or can be renewed.
    func isGood(_ token: SSOToken, at time: Date) -> Bool {
        if session != nil, (try? refreshing(token)) != nil { return true }
        return ISOTime.date(token.expiresAt).map { $0 > time } ?? false
    }

    /// The file is named after the SHA-1 of the session's name or of the start URL.
    private func file() -> CachedLogin {
        let name = Hexadecimal.encode(Digest.of(Array((session ?? startURL).utf8), .sha1))
        let path = UserPath.expandingHome("~/.aws/sso/cache/\(name).json", settings.variables)
        return CachedLogin(path: path, name: "SSO login", command: command, access: access)
    }

    private func lasts(_ token: SSOToken, for seconds: Double, _ file: CachedLogin) throws(CredentialFault) -> Bool {
        guard let expiry = ISOTime.date(token.expiresAt) else {
            throw file.ended("the SSO login in \(file.path) cannot be read")
        }
        return expiry.timeIntervalSince1970 > access.clock.secondsSince1970() + seconds
    }

    private func usable(
        _ token: SSOToken,
        otherwise fault: CredentialFault,
        _ file: CachedLogin
    ) throws(CredentialFault) -> SSOToken {
        guard try lasts(token, for: 0, file) else { throw fault }
        return token
    }

    private struct Refreshing {
        let refreshToken: String
        let clientId: String
        let clientSecret: String
        let registrationExpiresAt: String
    }

    /// What a renewal requires of the token; throws a fault if anything is missing or the client's registration has
    /// expired.
    private func refreshing(_ token: SSOToken) throws(CredentialFault) -> Refreshing {
        guard let refreshToken = token.refreshToken, let id = token.clientId, let secret = token.clientSecret,
            let registration = token.registrationExpiresAt
        else {
            throw CredentialFault("the SSO login expired at \(token.expiresAt) and cannot be renewed: run `\(command)`")
        }
        let end = ISOTime.date(registration)?.timeIntervalSince1970 ?? 0
        guard end > access.clock.secondsSince1970() else {
            throw CredentialFault(
                "the SSO login expired at \(token.expiresAt), its client's registration at \(registration): "
                    + "run `\(command)`"
            )
        }
        return Refreshing(
            refreshToken: refreshToken,
            clientId: id,
            clientSecret: secret,
            registrationExpiresAt: registration
        )
    }

    private func renewed(_ token: SSOToken, _ file: CachedLogin) async throws -> SSOToken {
        let refreshing = try refreshing(token)
        return try await file.rewrite {
            let answer = try await create(refreshing, file)
            let expiry = Date(timeIntervalSince1970: access.clock.secondsSince1970() + answer.expiresIn)
            return SSOToken(
                startUrl: startURL,
                region: region,
                accessToken: answer.accessToken,
                expiresAt: expiry.formatted(.iso8601),
                clientId: refreshing.clientId,
                clientSecret: refreshing.clientSecret,
                registrationExpiresAt: refreshing.registrationExpiresAt,
                refreshToken: answer.refreshToken
            )
        }
    }

    private struct Answer: Decodable {
        let accessToken: String
        /// In seconds.
        let expiresIn: Double
        let refreshToken: String?
    }

    /// Calls CreateToken of SSO OIDC, which takes no signature.
    private func create(_ refreshing: Refreshing, _ file: CachedLogin) async throws -> Answer {
        let endpoint = try settings.loginEndpoint(of: .ssoOIDC, region: region)
        let body = [
            "grantType": "refresh_token", "clientId": refreshing.clientId, "clientSecret": refreshing.clientSecret,
            "refreshToken": refreshing.refreshToken,
        ]
        let response = try await access.renew("the SSO login", by: body, at: endpoint, path: "/token")
        guard response.status == 200 else {
            throw file.ended("the SSO login has ended (\(ErrorAnswer.code(of: response)))")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
            throw CredentialFault("\(endpoint) answered no token")
        }
        return answer
    }
}
