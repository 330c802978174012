import Cryptography
import Synchronization

/// The endpoint of a signed service and the region to sign for, corrected by the service's own answers.
///
/// Safe to call from anywhere. Moves at most once: a service that keeps naming other regions is not followed.
final class ServicePlace: Sendable {
    /// An endpoint, and the signature for requests to it.
    struct Site: Sendable {
        let endpoint: ServiceEndpoint
        let signature: SignatureV4
    }

    private struct State {
        var site: Site
        var hasMoved = false
    }

    private let state: Mutex<State>
    let moves: RegionMoves?

    /// - Parameter moves: nil for a service that is not followed to another region.
    init(_ site: Site, moves: RegionMoves?) {
        state = Mutex(State(site: site))
        self.moves = moves
    }

    var site: Site { state.withLock { $0.site } }

    /// Handles an answer that names another region than the one that its request was signed for.
    ///
    /// - Returns: whether repeating the request may succeed, since requests now go to that region.
    func move(from region: String, to other: String) -> Bool {
        guard let moves else { return false }
        let (isThere, isFirst) = state.withLock { state in
            // Another request found this out in the meantime.
            if state.site.signature.region == other { return (true, false) }
            guard !state.hasMoved, state.site.signature.region == region, let endpoint = moves.endpoint(other) else {
                return (false, false)
            }
            let signature = SignatureV4(region: other, service: state.site.signature.service)
            state.site = Site(endpoint: endpoint, signature: signature)
            state.hasMoved = true
            return (true, true)
        }
        if isFirst { moves.moved(region, other) }
        return isThere
    }
}

/// How to follow a service to a different region.
struct RegionMoves: Sendable {
    /// The service's endpoint in a region; nil if it cannot be followed there.
    let endpoint: @Sendable (_ region: String) -> ServiceEndpoint?
    /// Sent if a redirect does not name a region; the answer names it in `x-amz-bucket-region`.
    let inquiry: ServiceCall
    /// Called when requests start to go to another region.
    let moved: @Sendable (_ region: String, _ other: String) -> Void
    /// What to do if the service names a region but is not followed there; a sentence without the final full stop.
    let advice: @Sendable (_ other: String) -> String
}
