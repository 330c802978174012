package import ReconcileCore
import Synchronization

/// What goes wrong in one writer's work, at one operation of it. `MishapSource` and `MishapStore` ask it.
///
/// A writer has a mishap of its own, so that several may work on one source and one store and one of them be killed.
package final class Mishap: Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// Killed before the operation takes effect; nothing that the writer asks for later does.
        case killedBefore
        /// Killed when the operation has taken effect and before its answer is seen.
        case killedAfter
        /// Told to stop, by a signal or a deadline.
        case stopped
        case throttled
        case unavailable
        /// A write takes effect, and its answer is lost.
        case answerLost
        /// A write is refused because another one is under way (409).
        case conflict
        /// Bytes of the right number that are not the asset's.
        case corruptBody
        /// The bytes end half way, as if that were all.
        case cutBody
        /// The connection breaks half way.
        case brokenBody

        /// Whether such operations are counted: others cannot have this mishap.
        func concerns(_ operation: ServiceOperation, isBody: Bool) -> Bool {
            switch self {
            case .killedBefore, .killedAfter, .stopped, .throttled, .unavailable: true
            case .answerLost: operation.isWrite
            case .conflict: operation.isWrite && operation.kind == .store
            case .corruptBody, .cutBody, .brokenBody: isBody
            }
        }
    }

    private let kind: Kind?
    private let number: Int
    private let state = Mutex((count: 0, isDead: false))
    /// What the writer's run is to be given; raised by `stopped`.
    package let stop = StopSignal()

    /// - Parameter number: which of the operations that the kind concerns has the mishap, from 1.
    package init(_ kind: Kind, at number: Int) {
        self.kind = kind
        self.number = number
    }

    private init() {
        kind = nil
        number = 0
    }

    /// Nothing goes wrong.
    package static var none: Mishap { Mishap() }

    /// Whether the writer got as far as the operation.
    package var happened: Bool { state.withLock { kind != nil && $0.count >= number } }

    /// Performs an operation: returns what `effect` returns, or fails as it is to.
    ///
    /// `effect` is told of a mishap that befalls a body, which is its own to bring about.
    func perform<R>(
        _ operation: ServiceOperation,
        isBody: Bool = false,
        _ effect: (_ ofBody: Kind?) async throws -> R
    ) async throws -> R {
        let fate = try fate(of: operation, isBody)
        switch fate {
        case .killedBefore:
            die()
            throw CancellationError()
        case .killedAfter:
            _ = try await effect(nil)
            die()
            throw CancellationError()
        case .answerLost:
            _ = try await effect(nil)
            throw failure(.unavailable, operation)
        case .throttled: throw failure(.throttled, operation)
        case .unavailable: throw failure(.unavailable, operation)
        case .conflict: throw failure(.conflict, operation)
        case .stopped: stop.raise(.signal)
        case .corruptBody, .cutBody, .brokenBody, nil: break
        }
        let result = try await effect(fate)
        try live()
        return result
    }

    func perform<R>(_ operation: ServiceOperation, _ effect: () async throws -> R) async throws -> R {
        try await perform(operation) { _ in try await effect() }
    }

    func failure(_ kind: RemoteFailure.Kind, _ operation: ServiceOperation) -> RemoteFailure {
        RemoteFailure(kind, operation: operation, target: "operation \(number)", message: "told to fail")
    }

    private func fate(of operation: ServiceOperation, _ isBody: Bool) throws -> Kind? {
        try live()
        guard let kind, kind.concerns(operation, isBody: isBody) else { return nil }
        return state.withLock { state in
            state.count += 1
            return state.count == number ? kind : nil
        }
    }

    private func die() {
        state.withLock { $0.isDead = true }
    }

    /// Throws where the writer has been killed: whatever it does then has no effect.
    private func live() throws {
        if state.withLock({ $0.isDead }) { throw CancellationError() }
    }
}
