import Cryptography
import FoundationEssentials
import Synchronization

/// The access keys that the control API accepts; verifies Signature Version 4 with them.
final class CallerCredentials: Sendable {
    private struct Known {
        var keys: [String: AWSCredentials]
        var expired: Set<String> = []
    }

    private let known: Mutex<Known>
    private let region: String

    init(_ credentials: [AWSCredentials], region: String) {
        known = Mutex(Known(keys: Dictionary(credentials.map { ($0.accessKeyID, $0) }) { $1 }))
        self.region = region
    }

    /// Adds credentials, or replaces those with the same access key.
    func add(_ credentials: AWSCredentials) {
        known.withLock {
            $0.keys[credentials.accessKeyID] = credentials
            $0.expired.remove(credentials.accessKeyID)
        }
    }

    /// Makes all current keys get ExpiredTokenException.
    func expireAll() {
        known.withLock { $0.expired = Set($0.keys.keys) }
    }

    /// Throws the service's error for a request that the owner of its key did not sign, or signed too long ago.
    ///
    /// - Parameter service: the service that the request must be signed for.
    func check(
        _ request: ServerRequest,
        body: [UInt8],
        service: String = "codeartifact",
        at now: Date
    ) throws(ServiceFailure) {
        guard let header = request.header("authorization") else {
            throw Self.refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        do {
            let presented = try PresentedSignature(authorization: header)
            let (credentials, isExpired) = known.withLock {
                ($0.keys[presented.accessKeyID], $0.expired.contains(presented.accessKeyID))
            }
            guard let credentials else { throw SignatureFault.unknownKey(presented.accessKeyID) }
            let received = ReceivedRequest(
                method: request.method,
                target: request.target,
                headers: request.headers,
                body: body
            )
            try SignatureV4(region: region, service: service).verify(
                received,
                with: credentials,
                at: now,
                tolerance: .seconds(300)
            )
            if isExpired || credentials.expiration.map({ $0 <= now }) == true {
                throw Self.refusal("ExpiredTokenException", "The security token included in the request is expired")
            }
        } catch let fault as SignatureFault {
            throw Self.refusal(fault)
        } catch let failure as ServiceFailure {
            throw failure
        } catch {
            throw Self.refusal("IncompleteSignatureException", "\(error)")
        }
    }

    private static func refusal(_ fault: SignatureFault) -> ServiceFailure {
        switch fault {
        case .unknownKey, .wrongSessionToken:
            refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
        case .missingHeader, .unreadable, .unknownAlgorithm:
            refusal("IncompleteSignatureException", "\(fault)")
        case .skew:
            refusal("InvalidSignatureException", "Signature expired: \(fault)")
        case .badScope, .unsignedHeader, .wrongPayload, .mismatch:
            refusal(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided: \(fault)"
            )
        }
    }

    private static func refusal(_ code: String, _ message: String) -> ServiceFailure {
        ServiceFailure(code: code, status: 403, message: message)
    }
}
