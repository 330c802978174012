import ReconcileCore
import Synchronization

/// The bearer token of a domain: fetched when first needed, renewed before it expires, one request at a time.
///
/// Safe to call from anywhere. Callers that need a token while one is being fetched share that request.
final class AuthorizationTokens: Sendable {
    private struct Held {
        var token: BearerToken
        /// Both are readings of the clock.
        var fetched: Duration
        var renewal: Duration
    }

    private let held = Mutex<Held?>(nil)
    private let flight = SingleFlight<BearerToken>()
    private let clock: any RunClock
    private let fetch: @Sendable () async throws -> (token: String, lifetime: Double?)

    /// - Parameter fetch: requests a token and, if the service says, its remaining lifetime in seconds by the service's
    ///   clock, so that this machine's clock does not matter.
    init(
        clock: any RunClock,
        fetch: @escaping @Sendable () async throws -> (token: String, lifetime: Double?)
    ) {
        self.clock = clock
        self.fetch = fetch
    }

    /// A token that stays valid for a while.
    func token() async throws -> BearerToken {
        if let token = current { return token }
        return try await flight.run {
            // The previous flight may have landed between the check and the start of this one.
            if let token = current { return token }
            let answer = try await fetch()
            let token = BearerToken(value: answer.token)
            let now = clock.now()
            // A new token cannot have expired; if it seems so, one of the two clocks is wrong.
            let lifetime = answer.lifetime.flatMap { $0 > 0 ? $0 : nil } ?? Self.shortestLifetime
            let renewal = now + Self.useful(ofSeconds: lifetime)
            held.withLock { $0 = Held(token: token, fetched: now, renewal: renewal) }
            return token
        }
    }

    /// Reports that the service refused this token: `token` does not return it again. Keeps a newer token.
    func refuse(_ token: BearerToken) {
        held.withLock { held in
            if held?.token == token { held = nil }
        }
    }

    /// Whether this is the current token and too young to have expired. If so, a 403 is about rights, and a new token
    /// would not help.
    func isFresh(_ token: BearerToken) -> Bool {
        let now = clock.now()
        return held.withLock { held in
            guard let held, held.token == token else { return false }
            return now < min(held.fetched + Self.fresh, held.renewal)
        }
    }

    private static let fresh = Duration.seconds(60)

    /// How long to use a token: its lifetime minus a tenth, but minus at most ten minutes.
    static func useful(ofSeconds lifetime: Double) -> Duration {
        .seconds(max(0, lifetime - min(600, lifetime / 10)))
    }

    /// In seconds. No token has a shorter life (API Reference, GetAuthorizationToken), unless its role's session ends
    /// sooner.
    private static let shortestLifetime = 900.0

    private var current: BearerToken? {
        let now = clock.now()
        return held.withLock { held in held.flatMap { $0.renewal > now ? $0.token : nil } }
    }
}

/// An authorization token. Printing a value of this type hides the token.
struct BearerToken: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let value: String

    /// The value of the `Authorization` header.
    var authorization: String { "Bearer \(value)" }

    var description: String { "bearer token" }
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
