import Dispatch
import Synchronization

/// One request as it came over the wire.
package struct ScriptedRequest: Sendable {
    /// The connection's number, from 1 in the order of their acceptance.
    package var connection: Int
    package var method: String
    /// The request target, byte for byte.
    package var target: String
    /// In order, names as they were spelled.
    package var headers: [(name: String, value: String)]
    /// What was read of the body so far; empty when the script is called.
    package var body: [UInt8] = []

    /// The value of the first field of that name, whatever its case.
    package subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// One thing that a server does with a connection.
package enum ScriptedStep: Sendable {
    /// Reads the rest of the request's body, after a `100 Continue` if the request waits for one.
    case readBody
    /// Reads at most so many bytes of the body, after a `100 Continue` if the request waits for one.
    case readBytes(Int)
    /// Reads at most so many bytes of the body, as `readBytes` does, and keeps none of them.
    case skipBytes(Int)
    /// Sends bytes as they are.
    case send([UInt8])
    /// Sends the first bytes of `ScriptedStep.pattern`, which may be many, without holding them.
    case sendPattern(Int)
    case wait(Duration)
    /// Waits until the gate is open.
    case hold(ScriptedGate)
    /// Opens a gate, to tell the test how far the script is.
    case open(ScriptedGate)
    /// Ends the connection in order.
    case close
    /// Ends the connection with a reset.
    case reset

    /// Sends text in UTF-8; write the line breaks as `\r\n`.
    package static func send(_ text: String) -> ScriptedStep { .send(Array(text.utf8)) }

    /// Byte `n` of a body that is the same everywhere: no two neighbouring blocks are equal.
    package static func pattern(_ count: Int, from start: Int = 0) -> [UInt8] {
        // An empty one would write to the storage that all empty arrays share, which the thread sanitizer takes for a race.
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                let position = UInt64(start + index)
                unsafe buffer[index] = UInt8(truncatingIfNeeded: (position &* 0x9E37_79B9) >> 11 ^ position)
            }
            filled = count
        }
    }
}

extension [ScriptedStep] {
    /// Reads the request's body and answers with a status, a body and its length.
    package static func reply(
        _ status: Int,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) -> [ScriptedStep] {
        [.readBody, .send(head(status, headers: headers, length: body.count)), .send(body)]
    }

    /// Reads the request's body and answers with a status and a text.
    package static func reply(_ status: Int, headers: [(String, String)] = [], text: String) -> [ScriptedStep] {
        reply(status, headers: headers, body: [UInt8](text.utf8))
    }

    /// The head of an answer; without a length when there is none.
    package static func head(_ status: Int, headers: [(String, String)] = [], length: Int?) -> String {
        var lines = ["HTTP/1.1 \(status) Scripted"]
        lines += headers.map { "\($0): \($1)" }
        if let length { lines.append("Content-Length: \(length)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }
}

/// Something that happens once, awaited by threads and tasks alike.
package final class ScriptedGate: Sendable {
    private struct State {
        var isOpen = false
        var semaphores: [DispatchSemaphore] = []
        var continuations: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var isOpen: Bool { state.withLock { $0.isOpen } }

    package func open() {
        let (semaphores, continuations) = state.withLock { state in
            state.isOpen = true
            defer { (state.semaphores, state.continuations) = ([], []) }
            return (state.semaphores, state.continuations)
        }
        for semaphore in semaphores { semaphore.signal() }
        for continuation in continuations { continuation.resume() }
    }

    /// Suspends until the gate is open. A task that is cancelled here opens it: its test is over.
    package func opened() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.continuations.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            open()
        }
    }

    /// Signals `semaphore` when the gate opens, or at once.
    func signal(_ semaphore: DispatchSemaphore) {
        let isOpen = state.withLock { state in
            if !state.isOpen { state.semaphores.append(semaphore) }
            return state.isOpen
        }
        if isOpen { semaphore.signal() }
    }
}
