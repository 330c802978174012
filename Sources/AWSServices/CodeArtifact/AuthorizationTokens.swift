import ReconcileCore
import Synchronization

/// The bearer token of a domain: fetched when it is first needed, renewed before it expires, one request at a time.
///
/// Safe to call from anywhere; all who need a token while one is being fetched share that one request.
final class AuthorizationTokens: Sendable {
    private struct Held {
        var token: BearerToken
        /// Readings of the clock.
        var fetched: Duration
        var renewal: Duration
    }

    private let held = Mutex<Held?>(nil)
    private let flight = SingleFlight<BearerToken>()
    private let clock: any RunClock
    private let fetch: @Sendable () async throws -> (token: String, lifetime: Double?)

    /// - Parameter fetch: asks the service for a token, and for how many seconds from now it is valid by the service's
    ///   clock: a token's life does not depend on this machine's clock.
    init(
        clock: any RunClock,
        fetch: @escaping @Sendable () async throws -> (token: String, lifetime: Double?)
    ) {
        self.clock = clock
        self.fetch = fetch
    }

    /// A token that is good for a while yet.
    func token() async throws -> BearerToken {
        if let token = current { return token }
        return try await flight.run {
            // Whoever was before us in the flight may have landed between the look and the start.
            if let token = current { return token }
            let answer = try await fetch()
            let token = BearerToken(value: answer.token)
            let now = clock.now()
            // A token that was just made is not over: one of the two clocks is wrong then.
            let lifetime = answer.lifetime.flatMap { $0 > 0 ? $0 : nil } ?? Self.shortestLifetime
            let renewal = now + Self.useful(ofSeconds: lifetime)
            held.withLock { $0 = Held(token: token, fetched: now, renewal: renewal) }
            return token
        }
    }

    /// The service refused this token: the next call of `token` does not return it again. A newer one stays.
    func refuse(_ token: BearerToken) {
        held.withLock { held in
            if held?.token == token { held = nil }
        }
    }

    /// Whether this is the token in use and too young to have expired: a 403 is then about rights, and another token would
    /// change nothing.
    func isFresh(_ token: BearerToken) -> Bool {
        let now = clock.now()
        return held.withLock { held in
            guard let held, held.token == token else { return false }
            return now < min(held.fetched + Self.fresh, held.renewal)
        }
    }

    private static let fresh = Duration.seconds(60)

    /// How long a token is used: all but the last tenth of its life, at most ten minutes of it.
    static func useful(ofSeconds lifetime: Double) -> Duration {
        .seconds(max(0, lifetime - min(600, lifetime / 10)))
    }

    /// Seconds; no token lives shorter (API Reference, GetAuthorizationToken), unless its role's session ends.
    private static let shortestLifetime = 900.0

    private var current: BearerToken? {
        let now = clock.now()
        return held.withLock { held in held.flatMap { $0.renewal > now ? $0.token : nil } }
    }
}

/// An authorization token. Everything that prints a value of this type hides it.
struct BearerToken: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let value: String

    /// The value of the `Authorization` header.
    var authorization: String { "Bearer \(value)" }

    var description: String { "bearer token" }
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
