package import Cryptography
import FoundationEssentials
package import ReconcileCore

/// Caches a source's credentials and renews them before they expire, once for all concurrent callers.
///
/// From 15 minutes before expiry, one caller renews while the others keep using the old credentials; from 5 minutes
/// before, all wait for the new ones. If a renewal fails while the old credentials are still valid, the failure is
/// hidden and the renewal repeated after a minute; once they have expired, the failure is thrown. Cancelling a caller
/// affects only that caller: the next one in line takes over the renewal.
package actor CachedCredentials: CredentialSource {
    private let source: any CredentialSource
    private let clock: any RunClock
    private let renewal = SingleFlight<AWSCredentials>()
    private var current: AWSCredentials?
    private var refused: AWSCredentials?
    private var isRenewing = false
    /// In seconds since 1970. Until then, credentials that are still valid are not renewed again.
    private var nextRenewal = -Double.infinity

    /// In seconds.
    private static let advisory = 900.0
    private static let mandatory = 300.0
    private static let pause = 60.0

    package init(source: any CredentialSource, clock: any RunClock = SystemClock()) {
        self.source = source
        self.clock = clock
    }

    package func credentials() async throws -> AWSCredentials {
        if let current, lasts(current, for: Self.advisory) { return current }
        if let current, isRenewing, lasts(current, for: Self.mandatory) { return current }
        if let current, !isRenewing, isResting(current) { return current }
        do {
            return try await renewal.run { try await renew() }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if let current, lasts(current, for: 0) { return current }
            throw error
        }
    }

    /// Drops the credentials if they are the current ones. If the source has no others, the next `credentials()` fails.
    package func refuse(_ used: AWSCredentials) async {
        guard let current, isSame(current, used) else { return }
        refused = used
        self.current = nil
        await source.refuse(used)
    }

    private func renew() async throws -> AWSCredentials {
        // A caller that arrives as the last renewal ends gets its result here.
        if let current, isResting(current) { return current }
        isRenewing = true
        defer {
            isRenewing = false
            nextRenewal = clock.secondsSince1970() + Self.pause
        }
        let fresh = try await source.credentials()
        if let refused, isSame(fresh, refused) {
            throw failure(
                "the service rejected these credentials as expired or unknown, and their source has no newer ones; renew or "
                    + "replace them: \(fresh)"
            )
        }
        guard lasts(fresh, for: 0) else { throw failure("The source gave \(fresh): too old to use") }
        current = fresh
        return fresh
    }

    private func lasts(_ credentials: AWSCredentials, for seconds: Double) -> Bool {
        guard let expiration = credentials.expiration else { return true }
        return expiration.timeIntervalSince1970 > clock.secondsSince1970() + seconds
    }

    /// Whether the credentials are still valid and a renewal was attempted too recently to try again.
    private func isResting(_ credentials: AWSCredentials) -> Bool {
        lasts(credentials, for: 0) && clock.secondsSince1970() < nextRenewal
    }

    /// Ignores the expiry, which may vary from one answer to the next.
    private func isSame(_ one: AWSCredentials, _ other: AWSCredentials) -> Bool {
        one.accessKeyID == other.accessKeyID && one.secretAccessKey == other.secretAccessKey
            && one.sessionToken == other.sessionToken
    }

    private func failure(_ message: String) -> RemoteFailure {
        RemoteFailure(.credentials, operation: .work("credentials.Renew"), target: "AWS", message: message)
    }
}
