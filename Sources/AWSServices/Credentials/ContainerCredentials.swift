import Cryptography
import HTTPTransfer

/// Keys from the agent next to a container: an ECS task role, or a pod role under EKS Pod Identity.
///
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI takes precedence over AWS_CONTAINER_CREDENTIALS_FULL_URI, and a token file
/// over a token. Without TLS, the token is sent only to this machine and to the agents' addresses. It never goes
/// through a proxy.
struct ContainerCredentials: CredentialPlace {
    let environment: [String: String]
    let access: CredentialAccess

    var name: String { "container" }

    /// The addresses of the ECS and EKS Pod Identity agents.
    private static let agents: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    func look() async throws -> CredentialFinding {
        guard let url = try url() else {
            return .nothing("no AWS_CONTAINER_CREDENTIALS_* variable")
        }
        let credentials = try await access.persistently {
            var headers: HTTPHeaders = ["Accept": "application/json"]
            if let token = try token() { headers.set("Authorization", token) }
            let second = Duration.seconds(2)
            let response = try await access.answer(
                to: HTTPRequest(
                    method: .get,
                    url: url,
                    headers: headers,
                    deadlines: HTTPDeadlines(connect: second, firstByte: second, stall: second, total: second),
                    bypassesProxies: true
                )
            )
            guard response.status == 200 else {
                throw CredentialFault("\(shown(url)) answered status \(response.status)", isTransient: true)
            }
            let document = try CredentialDocument.read(response.body, from: shown(url))
            return access.localized(try document.credentials(from: shown(url), needsExpiration: true), in: response)
        }
        return .found(credentials)
    }

    /// The URL to ask; nil if none is set. Throws a fault if a token might leave the machine unencrypted.
    private func url() throws(CredentialFault) -> String? {
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard path.hasPrefix("/") else {
                throw CredentialFault("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with /")
            }
            return "http://169.254.170.2\(path)"
        }
        guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        let endpoint: ServiceEndpoint
        do {
            endpoint = try ServiceEndpoint(String(url.prefix { $0 != "?" }))
        } catch {
            throw CredentialFault("AWS_CONTAINER_CREDENTIALS_FULL_URI: \(error)")
        }
        let host =
            endpoint.host.hasPrefix("[")
            ? endpoint.host.prefix { $0 != "]" } + "]" : endpoint.host.prefix { $0 != ":" }
        guard endpoint.scheme == .https || endpoint.isLoopback || Self.agents.contains(String(host)) else {
            throw CredentialFault(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host \(host): without https only this machine, "
                    + "169.254.170.2, 169.254.170.23 and fd00:ec2::23 are asked"
            )
        }
        return url
    }

    /// Read on every attempt, since the token in the file is renewed.
    private func token() throws -> String? {
        let token: String
        if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            token = try access.text(of: path, named: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        } else if let value = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
            token = value
        } else {
            return nil
        }
        // A line break in the token could forge a header.
        guard !token.utf8.contains(where: { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) else {
            throw CredentialFault("the container authorization token holds a line break")
        }
        return token
    }

    /// The URL without its query, which may contain a secret.
    private func shown(_ url: String) -> String {
        String(url.prefix { $0 != "?" })
    }
}
