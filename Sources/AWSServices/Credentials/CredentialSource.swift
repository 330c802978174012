package import Cryptography

/// Where requests get the keys that they are signed with.
///
/// Ask before every attempt and keep nothing: the answer changes when temporary keys are renewed. Throws
/// `RemoteFailure`, or `CancellationError` when the calling task is cancelled.
package protocol CredentialSource: Sendable {
    /// Credentials that are good now.
    func credentials() async throws -> AWSCredentials

    /// Says that a service refused these as expired or unknown: the next `credentials()` does not return them.
    /// Credentials that are no longer handed out are ignored.
    func refuse(_ used: AWSCredentials) async
}
