import Cryptography
import Synchronization

/// Where a signed service answers and for which region its requests are signed, as its own answers correct it.
///
/// Safe to call from anywhere. It moves once at most: a service that names one region after another is not followed.
final class ServicePlace: Sendable {
    /// An endpoint, and what signs the requests to it.
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

    /// - Parameter moves: nil for a service that is not followed.
    init(_ site: Site, moves: RegionMoves?) {
        state = Mutex(State(site: site))
        self.moves = moves
    }

    var site: Site { state.withLock { $0.site } }

    /// Takes in that a request signed for one region was answered with the name of another.
    ///
    /// - Returns: whether the same request may succeed when it is sent again, because requests go there from now on.
    func move(from region: String, to other: String) -> Bool {
        guard let moves else { return false }
        let (isThere, isFirst) = state.withLock { state in
            // Another request learned so meanwhile.
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

/// How a service that is in another region than expected is followed there.
struct RegionMoves: Sendable {
    /// The service's endpoint in a region; nil if there is none to go to.
    let endpoint: @Sendable (_ region: String) -> ServiceEndpoint?
    /// What is asked of a service that redirects without naming a region: its answer has one in `x-amz-bucket-region`.
    let inquiry: ServiceCall
    /// Called when requests go to another region from then on.
    let moved: @Sendable (_ region: String, _ other: String) -> Void
    /// What to do if the service names a region and is not followed there, as a sentence without a full stop.
    let advice: @Sendable (_ other: String) -> String
}
