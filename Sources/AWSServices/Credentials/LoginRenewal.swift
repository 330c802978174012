import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// What the renewals of a person's two kinds of login share: the endpoint, the request, and the code of a refusal.
extension CredentialAccess {
    /// Sends a JSON object, unsigned, and repeats it while the service is busy; returns the answer, even a refusal.
    ///
    /// - Parameters:
    ///   - login: what is renewed, for messages.
    ///   - headers: called for each attempt.
    func renew(
        _ login: String,
        by body: [String: String],
        at endpoint: ServiceEndpoint,
        path: String,
        headers: @Sendable () throws -> HTTPHeaders = { [:] }
    ) async throws -> HTTPResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(body))
        return try await persistently {
            var headers = try headers()
            headers.set("Content-Type", "application/json")
            let response = try await answer(
                to: HTTPRequest(
                    method: .post,
                    url: endpoint.url(endpoint.basePath + path),
                    headers: headers,
                    body: bytes,
                    deadlines: HTTPDeadlines(connect: .seconds(5), firstByte: .seconds(30), stall: .seconds(30))
                )
            )
            guard response.status == 429 || response.status >= 500 else { return response }
            throw CredentialFault(
                "\(login) could not be renewed: \(endpoint) answered status \(response.status)",
                isTransient: true
            )
        }
    }
}

extension AWSSettings {
    /// The endpoint of a service that logs people in, or that issues keys for a login.
    func loginEndpoint(of service: AWSService, region: String?) throws(CredentialFault) -> ServiceEndpoint {
        do throws(InvalidSettings) {
            return try endpoint(of: service, region: region)
        } catch {
            throw CredentialFault(error.message)
        }
    }
}

/// The error code in an answer of the services that log people in.
enum ErrorAnswer {
    private struct Body: Decodable {
        let error: String
    }

    /// The code, such as `invalid_grant`, otherwise the status. Uses nothing else of the answer, which may repeat the
    /// request.
    static func code(of response: HTTPResponse) -> String {
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(response.body)),
            body.error.utf8.count <= 64,
            body.error.utf8.allSatisfy({ ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") })
        else { return "status \(response.status)" }
        return body.error
    }
}
