import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// Keys of an EC2 instance's role from the Instance Metadata Service: version 2, falling back to version 1 if there is
/// no token.
///
/// The fallback applies if the token request is answered with a status other than 200 or 400, or times out (in a
/// container, one network hop too far), unless AWS_EC2_METADATA_V1_DISABLED or the profile forbids it. If nothing
/// answers, the machine is not an instance, which is not a failure. A refusal is a failure that names the setting to
/// change. Link-local and loopback addresses are never reached through a proxy: the answer would be for the proxy's own
/// role. Keys about to expire stay in use for a while: the service returns old keys when it cannot renew them, and they
/// may still be accepted.
struct InstanceCredentials: CredentialPlace {
    let settings: AWSSettings
    let access: CredentialAccess

    var name: String { "EC2 instance metadata" }

    private static let path = "/latest/meta-data/iam/security-credentials/"

    func look() async throws -> CredentialFinding {
        if isTrue("AWS_EC2_METADATA_DISABLED", "ec2_metadata_disabled") {
            return .nothing("AWS_EC2_METADATA_DISABLED is true")
        }
        let base = try base()
        let token: String?
        var isLate = false
        switch try await self.token(base) {
        case .token(let value): token = value
        case .nobody: return .nothing("\(base) does not answer")
        case .without(let reason, let isLateToken):
            if isTrue("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled") {
                return .nothing(
                    "\(reason), and version 1 is disabled (AWS_EC2_METADATA_V1_DISABLED, or ec2_metadata_v1_disabled "
                        + "in the profile)"
                )
            }
            isLate = isLateToken
            token = nil
        }
        let names: HTTPResponse
        do {
            names = try await access.send(get(base, "", token))
        } catch is TransferFailure {
            return .nothing("\(base) does not answer")
        }
        if names.status == 404 { return .nothing("the instance has no role") }
        let role = String(decoding: names.body, as: UTF8.self).prefix { !$0.isNewline }.trimmed
        guard names.status == 200, !role.isEmpty else { throw refusal(names.status, base, isLate: isLate) }
        let encoded = PercentEncoding.encode(String(role), keepSlash: false)
        let answer = try await access.answer(to: get(base, encoded, token))
        guard answer.status == 200 else {
            throw CredentialFault("\(base) answered status \(answer.status) for the role \(role)", isTransient: true)
        }
        let document = try CredentialDocument.read(answer.body, from: "\(base)")
        if let code = document.code, code != "Success" {
            let words = (document.message ?? "no reason given").prefix(ServiceFault.messageLimit)
            throw CredentialFault("the role \(role) gave no keys: \(code): \(words)")
        }
        let credentials = try document.credentials(from: "\(base)", needsExpiration: true)
        return .found(extended(access.localized(credentials, in: answer)))
    }

    private enum TokenAnswer {
        case token(String)
        /// Version 1 may be tried.
        case without(reason: String, isLate: Bool)
        case nobody
    }

    private func token(_ base: ServiceEndpoint) async throws -> TokenAnswer {
        let request = HTTPRequest(
            method: .put,
            url: base.url("\(base.basePath)/latest/api/token"),
            headers: ["x-aws-ec2-metadata-token-ttl-seconds": "21600"],
            deadlines: deadlines,
            bypassesProxies: base.isLinkLocal || base.isLoopback
        )
        do {
            let response = try await access.send(request)
            switch response.status {
            case 200: return .token(String(decoding: response.body, as: UTF8.self))
            case 400: throw CredentialFault("\(base) answered status 400 to the request for a token")
            default: return .without(reason: "no token: status \(response.status)", isLate: false)
            }
        } catch let failure as TransferFailure {
            return failure.kind == .timedOut ? .without(reason: "no token within a second", isLate: true) : .nobody
        }
    }

    /// The failure if the service does not name a role.
    private func refusal(_ status: Int, _ base: ServiceEndpoint, isLate: Bool) -> CredentialFault {
        switch status {
        case 401 where isLate:
            CredentialFault(
                "\(base) gives keys only for a token (IMDSv2), and its token does not reach this container: set the "
                    + "instance's http-put-response-hop-limit to 2, or use a task or pod role"
            )
        case 403:
            CredentialFault(
                "\(base) refuses (status 403): set the instance's http-endpoint to enabled, or set "
                    + "AWS_EC2_METADATA_DISABLED=true and use other credentials"
            )
        default: CredentialFault("\(base) answered status \(status) for the role's name", isTransient: true)
        }
    }

    private func get(_ base: ServiceEndpoint, _ role: String, _ token: String?) -> HTTPRequest {
        HTTPRequest(
            method: .get,
            url: base.url("\(base.basePath)\(Self.path)\(role)"),
            headers: token.map { ["x-aws-ec2-metadata-token": $0] } ?? [:],
            deadlines: deadlines,
            bypassesProxies: base.isLinkLocal || base.isLoopback
        )
    }

    private var deadlines: HTTPDeadlines {
        HTTPDeadlines(connect: .seconds(1), firstByte: .seconds(1), stall: .seconds(1), total: .seconds(1))
    }

    private func base() throws(CredentialFault) -> ServiceEndpoint {
        let url = settings.value("AWS_EC2_METADATA_SERVICE_ENDPOINT", profileKey: "ec2_metadata_service_endpoint")
        let mode = settings.value(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            profileKey: "ec2_metadata_service_endpoint_mode"
        )
        let usual = mode?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        do {
            return try ServiceEndpoint(url ?? usual)
        } catch {
            throw CredentialFault("AWS_EC2_METADATA_SERVICE_ENDPOINT: \(error)")
        }
    }

    private func isTrue(_ variable: String, _ key: String) -> Bool {
        settings.value(variable, profileKey: key)?.lowercased() == "true"
    }

    /// Treats keys with less than five minutes left, or already expired, as renewable in 12 to 20 minutes.
    private func extended(_ credentials: AWSCredentials) -> AWSCredentials {
        let now = access.clock.secondsSince1970()
        guard let expiration = credentials.expiration, expiration.timeIntervalSince1970 < now + 300 else {
            return credentials
        }
        var extended = credentials
        extended.expiration = Date(timeIntervalSince1970: now + 900 + .random(in: 720...1_200))
        return extended
    }
}

extension ServiceEndpoint {
    /// Whether the host is a link-local or EC2 service address, which a proxy cannot reach on behalf of this machine.
    fileprivate var isLinkLocal: Bool {
        host.hasPrefix("169.254.") || host.hasPrefix("[fe80:") || host.hasPrefix("[fd00:ec2:")
    }
}
