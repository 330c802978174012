package import Cryptography
import FoundationEssentials
package import ReconcileCore

/// Keeps the credentials of a source and renews them before they expire, once for all who ask at the same time.
///
/// From 15 minutes before the expiry one caller renews while the others go on with the old ones; from 5 minutes
/// before it they wait for the new ones. A renewal that fails while the old ones last is tried again after a minute,
/// and nobody hears of it; after that its failure is thrown. A caller that is cancelled leaves alone: the next in
/// line takes the renewal over.
package actor CachedCredentials: CredentialSource {
    private let source: any CredentialSource
    private let clock: any RunClock
    private let renewal = SingleFlight<AWSCredentials>()
    private var current: AWSCredentials?
    private var refused: AWSCredentials?
    private var isRenewing = false
    /// Seconds since 1970; before it credentials that still last are not renewed again.
    private var nextRenewal = -Double.infinity

    /// Seconds.
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

    /// Drops the credentials if they are the ones in use. When the source has no others, asking for them fails.
    package func refuse(_ used: AWSCredentials) async {
        guard let current, isSame(current, used) else { return }
        refused = used
        self.current = nil
        await source.refuse(used)
    }

    private func renew() async throws -> AWSCredentials {
        // Whoever was about to ask while the last renewal ended finds its result here.
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

    /// Good still, and renewed or tried so recently that it is not worth doing again.
    private func isResting(_ credentials: AWSCredentials) -> Bool {
        lasts(credentials, for: 0) && clock.secondsSince1970() < nextRenewal
    }

    /// The expiry may be told differently each time.
    private func isSame(_ one: AWSCredentials, _ other: AWSCredentials) -> Bool {
        one.accessKeyID == other.accessKeyID && one.secretAccessKey == other.secretAccessKey
            && one.sessionToken == other.sessionToken
    }

    private func failure(_ message: String) -> RemoteFailure {
        RemoteFailure(.credentials, operation: .work("credentials.Renew"), target: "AWS", message: message)
    }
}
