import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore
import XMLPull

/// The caller's identity from the Security Token Service: GetCallerIdentity (API version 2011-06-15), which no policy
/// can deny.
package struct CallerIdentity: Hashable, Sendable {
    /// The 12-digit account ID.
    package let account: String
    package let arn: String
    /// How far the service's clock is ahead of this machine's, in seconds; nil if the answer has no date.
    package let clockOffset: Double?

    package static let operation = ServiceOperation(.work, service: "sts", name: "GetCallerIdentity")

    /// Calls GetCallerIdentity.
    ///
    /// - Parameter transport: sends to the Security Token Service.
    /// - Throws: `RemoteFailure` or `CancellationError`.
    package init(askedOf transport: SignedTransport) async throws {
        let call = ServiceCall(
            Self.operation,
            on: "the caller",
            method: .post,
            path: "/",
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
            payload: .bytes(Array("Action=GetCallerIdentity&Version=2011-06-15".utf8))
        )
        let response = try await transport.send(call)
        var account = ""
        var arn = ""
        do {
            try XMLPull.parse(response.body) { reader in
                try reader.document("GetCallerIdentityResponse") { reader, name, _ throws(XMLFailure) in
                    guard name == "GetCallerIdentityResult" else { return }
                    try reader.children { reader, name, _ throws(XMLFailure) in
                        switch name {
                        case "Account": account = try reader.text()
                        case "Arn": arn = try reader.text()
                        default: break
                        }
                    }
                }
            }
        } catch let failure as XMLFailure {
            throw call.failure(.malformed, "the answer cannot be read: \(failure)")
        }
        guard !account.isEmpty, !arn.isEmpty else { throw call.failure(.malformed, "the answer names nobody") }
        self.account = account
        self.arn = arn
        clockOffset = ClockSkew(response.head, at: transport.clock.secondsSince1970())?.seconds
    }

    /// Reads an error answer of the service.
    @Sendable package static func fault(_ response: HTTPResponse) -> ServiceFault {
        guard let error = STSAnswer.error(response.body) else {
            var fault = ServiceFault()
            fault.readPage(response)
            return fault
        }
        return ServiceFault(code: error.code, message: error.message)
    }
}
