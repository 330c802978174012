import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import XMLPull

/// The two calls of the Security Token Service that issue credentials (API version 2011-06-15).
///
/// Makes up to three attempts, a second apart; then throws a `CredentialFault` with the service's message, with secrets
/// removed.
struct STSClient: Sendable {
    let settings: AWSSettings
    let access: CredentialAccess

    /// Calls AssumeRole, signed with the caller's credentials.
    func assumeRole(_ parameters: [NamedValue], as caller: AWSCredentials) async throws -> AWSCredentials {
        try await access.persistently {
            try await call("AssumeRole", parameters, as: caller)
        }
    }

    /// Calls AssumeRoleWithWebIdentity, which takes no signature.
    func assumeRoleWithWebIdentity(_ parameters: [NamedValue]) async throws -> AWSCredentials {
        try await access.persistently {
            try await call("AssumeRoleWithWebIdentity", parameters, as: nil)
        }
    }

    private func call(
        _ action: String,
        _ parameters: [NamedValue],
        as caller: AWSCredentials?,
        clockOffset: Double = 0
    ) async throws -> AWSCredentials {
        let (endpoint, region) = try place()
        let form = [("Action", action), ("Version", "2011-06-15")] + parameters
        let body = Array(
            form.map { "\($0.0)=\(PercentEncoding.encode($0.1, keepSlash: false))" }.joined(separator: "&").utf8
        )
        let path = endpoint.basePath.isEmpty ? "/" : endpoint.basePath
        var headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
        if let caller {
            let signed = SignatureV4(region: region, service: "sts").sign(
                SignableRequest(
                    method: "POST",
                    host: endpoint.host,
                    path: path,
                    headers: headers.fields.map { ($0.name, $0.value) },
                    payload: .bytes(body)
                ),
                with: caller,
                at: Date(timeIntervalSince1970: access.clock.secondsSince1970() + clockOffset)
            )
            for (name, value) in signed.headers { headers.set(name, value) }
        }
        let response = try await access.answer(
            to: HTTPRequest(
                method: .post,
                url: endpoint.url(path),
                headers: headers,
                body: body,
                deadlines: HTTPDeadlines(connect: .seconds(5), firstByte: .seconds(30), stall: .seconds(30))
            )
        )
        guard response.status == 200 else {
            // Retry once with the service's clock, as for every other service.
            if clockOffset == 0, caller != nil, let skew = signatureSkew(response) {
                return try await call(action, parameters, as: caller, clockOffset: skew.seconds)
            }
            throw fault(response, to: action, at: endpoint, hiding: parameters, of: caller)
        }
        do {
            return access.localized(try STSAnswer.credentials(response.body, of: action), in: response)
        } catch let failure as XMLFailure {
            throw CredentialFault("\(action) at \(endpoint) gave an answer that cannot be read: \(failure)")
        }
    }

    /// The older regions, for which the global endpoint also issues tokens. All other regions require their own
    /// endpoint.
    private static let globalRegions: Set = [
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
        "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
        "us-west-2",
    ]

    /// The configured endpoint, otherwise the region's. The global endpoint, in us-east-1, is used if there is no
    /// region, and in the older regions if AWS_STS_REGIONAL_ENDPOINTS or sts_regional_endpoints is `legacy`.
    private func place() throws(CredentialFault) -> (ServiceEndpoint, region: String) {
        let global = (ServiceEndpoint(scheme: .https, host: "sts.amazonaws.com"), region: "us-east-1")
        let kind = settings.value("AWS_STS_REGIONAL_ENDPOINTS", profileKey: "sts_regional_endpoints") ?? "regional"
        guard kind == "regional" || kind == "legacy" else {
            throw CredentialFault(
                "AWS_STS_REGIONAL_ENDPOINTS (sts_regional_endpoints) is \(kind.firstLine): set it to regional or legacy"
            )
        }
        do throws(InvalidSettings) {
            guard let region = settings.region else {
                if let configured = try settings.configuredEndpoint(of: .sts) { return (configured, global.region) }
                guard settings.variant(of: .sts) != EndpointVariant() else { return global }
                return (try settings.endpoint(of: .sts, region: global.region), global.region)
            }
            let endpoint = try settings.endpoint(of: .sts, region: region)
            let isGlobal = kind == "legacy" && Self.globalRegions.contains(region)
            // Configured, FIPS and dual-stack endpoints have no global counterpart.
            return isGlobal && endpoint.host == "sts.\(region).amazonaws.com" ? global : (endpoint, region)
        } catch {
            throw CredentialFault(error.message)
        }
    }

    /// The clock difference, if it may be why a signature was rejected.
    private func signatureSkew(_ response: HTTPResponse) -> ClockSkew? {
        guard let error = STSAnswer.error(response.body) else { return nil }
        let fault = ServiceFault(code: error.code, message: error.message)
        guard fault.saysClockIsWrong || fault.refusesSignature,
            let skew = ClockSkew(noticeableIn: response.head, at: access.clock.secondsSince1970()),
            skew.mayRefuseSignatures
        else { return nil }
        return skew
    }

    private func fault(
        _ response: HTTPResponse,
        to action: String,
        at endpoint: ServiceEndpoint,
        hiding parameters: [NamedValue],
        of caller: AWSCredentials?
    ) -> CredentialFault {
        let error = STSAnswer.error(response.body)
        var words = error?.message ?? "no reason given"
        // The answer to a rejected signature contains the canonical request, including tokens.
        let secrets = parameters.filter { $0.name == "WebIdentityToken" }.map(\.value)
        for secret in secrets + [caller?.sessionToken, caller?.secretAccessKey].compactMap({ $0 }) where !secret.isEmpty
        {
            words = words.replacing(secret, with: "(secret)")
        }
        if let skew = ClockSkew(noticeableIn: response.head, at: access.clock.secondsSince1970()) {
            words = "\(skew.words); the service said: \(words)"
        }
        let code = error?.code ?? "status \(response.status)"
        let passing: Set = ["IDPCommunicationError", "Throttling", "ThrottlingException", "RequestLimitExceeded"]
        let said = "\(words.prefix(ServiceFault.messageLimit))"
        let denial = code == "AccessDenied" ? Denial(Denial.Cause(said: words), words: said) : nil
        var reason = "\(action) at \(endpoint) was refused: \(code): \(said)"
        if let remedy = denial?.remedy(.work) { reason += ". \(remedy)" }
        // The session is longer than the role allows, or than the one hour allowed in a chain of roles.
        if code == "ValidationError", words.contains("DurationSeconds") {
            reason +=
                ". Lower duration_seconds in the profile, or raise the role's maximum session duration; a role that "
                + "another role assumes has an hour"
        }
        return CredentialFault(
            reason,
            isTransient: response.status >= 500 || response.status == 429 || passing.contains(code),
            denial: denial
        )
    }
}

/// Parses answers of the Security Token Service.
enum STSAnswer {
    /// Reads `{action}Response/{action}Result/Credentials`.
    static func credentials(_ body: [UInt8], of action: String) throws -> AWSCredentials {
        let members = try members(body, under: ["\(action)Response", "\(action)Result", "Credentials"])
        guard
            let id = members["AccessKeyId"], let secret = members["SecretAccessKey"],
            let token = members["SessionToken"], let expiration = members["Expiration"].flatMap(ISOTime.date)
        else {
            throw CredentialFault("\(action) gave an answer without one of the four parts of its credentials")
        }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiration: expiration)
    }

    /// Reads `ErrorResponse/Error`; nil if the answer is something else.
    static func error(_ body: [UInt8]) -> (code: String, message: String)? {
        guard let members = try? members(body, under: ["ErrorResponse", "Error"]), let code = members["Code"] else {
            return nil
        }
        return (code, members["Message"] ?? "no reason given")
    }

    /// The text of each child of the element at a path.
    private static func members(_ body: [UInt8], under path: [String]) throws -> [String: String] {
        try XMLPull.parse(body) { reader in
            var found: [String: String] = [:]
            var open: [String] = []
            while let event = try reader.next() {
                switch event {
                case .start(let name, _): open.append(name)
                case .end: _ = open.popLast()
                case .text(let text):
                    if open.count == path.count + 1, open.starts(with: path), let name = open.last {
                        found[name] = text
                    }
                }
            }
            return found
        }
    }
}
