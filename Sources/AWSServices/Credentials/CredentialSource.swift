package import Cryptography

/// A source of the credentials that sign requests.
///
/// Ask before every attempt and keep nothing, since temporary keys change when they are renewed. Throws
/// `RemoteFailure`, or `CancellationError` if the calling task is cancelled.
package protocol CredentialSource: Sendable {
    /// Credentials that are valid now.
    func credentials() async throws -> AWSCredentials

    /// Reports that a service rejected these credentials as expired or unknown, so that `credentials()` does not return
    /// them again. Ignores credentials that are not the current ones.
    func refuse(_ used: AWSCredentials) async
}
