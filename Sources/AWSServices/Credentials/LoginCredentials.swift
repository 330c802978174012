import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// Keys of a person logged in with `aws login`, renewed in the AWS CLI's cache as every SDK does.
///
/// The file is in `~/.aws/login/cache` or AWS_LOGIN_CACHE_DIRECTORY. With five minutes or less left, a refresh token
/// renews the keys; only the holder of a P-256 key can use it (DPoP, RFC 9449). Other tools' members in the file are
/// kept. If the renewal fails, the old keys are used until they expire.
struct LoginCredentials: CredentialPlace {
    let profile: AWSProfiles.Profile
    let settings: AWSSettings
    let access: CredentialAccess

    var name: String { "profile \(profile.name), login" }

    /// In seconds.
    private static let threshold = 300.0

    func look() async throws -> CredentialFinding {
        guard let session = profile["login_session"], !session.isEmpty else { return .nothing("no login_session") }
        let file = file(of: session)
        let cached = try file.read(JSONValue.self)
        let keys = try credentials(cached, file)
        if isGood(keys, for: Self.threshold) { return .found(keys) }
        do {
            let renewed = try await file.rewrite { try await self.renewed(cached, file) }
            return .found(try credentials(renewed, file))
        } catch let fault as CredentialFault {
            // Another tool may have renewed the keys in the meantime, using up the refresh token.
            let current = (try? credentials(file.read(JSONValue.self), file)) ?? keys
            guard isGood(current, for: 0) else { throw fault }
            return .found(current)
        }
    }

    /// The file is named after the SHA-256 of the session.
    private func file(of session: String) -> CachedLogin {
        let directory = settings.environment["AWS_LOGIN_CACHE_DIRECTORY"] ?? "~/.aws/login/cache"
        let name = Hexadecimal.encode(Digest.of(Array(session.utf8), .sha256))
        let path = "\(UserPath.expanded(directory, settings.variables))/\(name).json"
        return CachedLogin(path: path, name: "login", command: "aws login --profile \(profile.name)", access: access)
    }

    private func isGood(_ credentials: AWSCredentials, for seconds: Double) -> Bool {
        guard let expiration = credentials.expiration else { return false }
        return expiration.timeIntervalSince1970 > access.clock.secondsSince1970() + seconds
    }

    private func credentials(_ cached: JSONValue, _ file: CachedLogin) throws(CredentialFault) -> AWSCredentials {
        let keys = cached["accessToken"]
        guard let id = keys?["accessKeyId"]?.text, let secret = keys?["secretAccessKey"]?.text,
            let token = keys?["sessionToken"]?.text,
            let expiration = keys?["expiresAt"]?.text.flatMap(ISOTime.date)
        else { throw file.ended("the login in \(file.path) cannot be read") }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: token,
            expiration: expiration,
            isRenewable: cached["refreshToken"] != nil && cached["dpopKey"] != nil && cached["clientId"] != nil
        )
    }

    /// The file's object with new keys and a new refresh token.
    private func renewed(_ cached: JSONValue, _ file: CachedLogin) async throws -> JSONValue {
        guard case .object(var members) = cached, let id = cached["clientId"]?.text,
            let refreshToken = cached["refreshToken"]?.text, let pem = cached["dpopKey"]?.text
        else { throw file.ended("the login in \(file.path) cannot be renewed") }
        let answer = try await create(id, refreshToken, pem, in: cached["signInRegion"]?.text, file)
        let expiry = Date(timeIntervalSince1970: access.clock.secondsSince1970() + answer.expiresIn)
        var keys: [String: JSONValue] = [
            "accessKeyId": .string(answer.accessToken.accessKeyId),
            "secretAccessKey": .string(answer.accessToken.secretAccessKey),
            "sessionToken": .string(answer.accessToken.sessionToken),
            "expiresAt": .string(expiry.formatted(.iso8601)),
        ]
        keys["accountId"] = cached["accessToken"]?["accountId"]
        members["accessToken"] = .object(keys)
        members["refreshToken"] = .string(answer.refreshToken)
        return .object(members)
    }

    private struct Answer: Decodable {
        struct Keys: Decodable {
            let accessKeyId: String
            let secretAccessKey: String
            let sessionToken: String
        }
        let accessToken: Keys
        /// In seconds.
        let expiresIn: Double
        let refreshToken: String
    }

    /// Calls CreateOAuth2Token of AWS Sign-In, which takes a proof of possession instead of a signature.
    private func create(
        _ clientID: String,
        _ refreshToken: String,
        _ pem: String,
        in region: String?,
        _ file: CachedLogin
    ) async throws -> Answer {
        let endpoint = try settings.loginEndpoint(of: .signin, region: region ?? settings.region)
        let url = endpoint.url("\(endpoint.basePath)/v1/token")
        let body = ["clientId": clientID, "refreshToken": refreshToken, "grantType": "refresh_token"]
        let response = try await access.renew("the login", by: body, at: endpoint, path: "/v1/token") {
            // A proof is valid only once.
            guard let proof = PossessionProof.make(pem: pem, url: url, at: access.clock) else {
                throw file.ended("the key of the login in \(file.path) cannot be used")
            }
            return ["DPoP": proof]
        }
        guard response.status == 200 else { throw refusal(response, file) }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
            throw CredentialFault("\(endpoint) answered no keys")
        }
        return answer
    }

    private func refusal(_ response: HTTPResponse, _ file: CachedLogin) -> CredentialFault {
        let code = ErrorAnswer.code(of: response)
        if code == "INSUFFICIENT_PERMISSIONS" {
            return CredentialFault("the login may not be renewed: allow signin:CreateOAuth2Token to whoever logged in")
        }
        let skew = ClockSkew(noticeableIn: response.head, at: access.clock.secondsSince1970()).map { "; \($0.words)" }
        return file.ended("the login has ended (\(code)\(skew ?? ""))")
    }
}

/// Proof that a request comes from the holder of a key (DPoP, RFC 9449): a signed JSON Web Token, valid for one POST.
enum PossessionProof {
    private struct Header: Encodable {
        let typ = "dpop+jwt"
        let alg = "ES256"
        let jwk: Key
    }

    private struct Key: Encodable {
        let kty = "EC"
        let crv = "P-256"
        let x: String
        let y: String
    }

    private struct Payload: Encodable {
        let htm = "POST"
        let htu: String
        let iat: Int
        let jti: String
    }

    /// Nil if the PEM text is not a private key on P-256, or if signing fails.
    static func make(
        pem: String,
        url: String,
        at clock: any RunClock,
        id: String = UUID().uuidString.lowercased()
    ) -> String? {
        guard let key = P256SigningKey.read(pem: pem) else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = Header(jwk: Key(x: Base64URL.encode(key.x), y: Base64URL.encode(key.y)))
        let payload = Payload(htu: url, iat: Int(clock.secondsSince1970()), jti: id)
        guard let header = try? encoder.encode(header), let payload = try? encoder.encode(payload) else { return nil }
        let signed = "\(Base64URL.encode(Array(header))).\(Base64URL.encode(Array(payload)))"
        return key.sign(Array(signed.utf8)).map { "\(signed).\(Base64URL.encode($0))" }
    }
}
