import Synchronization

/// A loopback HTTP/1.1 server that does what a test's script says, byte for byte, faults included.
///
/// Each connection has a thread of its own. The script is called once for each request, when its head has come, on
/// that connection's thread, and returns the steps to take. When the steps are over and the connection still stands,
/// the rest of the request's body is read and the next request awaited.
package final class ScriptedHTTPServer: Sendable {
    package typealias Script = @Sendable (_ request: ScriptedRequest) -> [ScriptedStep]

    package let port: Int
    private let script: Script
    private let listener: SocketDescriptor
    private let stopped = ScriptedGate()
    private let state = Mutex(State())

    private struct State {
        var requests: [ScriptedRequest] = []
        var connections = 0
        var sentBytes = 0
        var open: [Int: SocketDescriptor] = [:]
        var threads: [ServerThread] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isStopping = false
    }

    /// Gives `body` a server on a free port of 127.0.0.1, and stops it on every path: connections are cut, and its
    /// threads are gone when this returns.
    package static func withServer<R>(
        _ script: @escaping Script,
        _ body: (ScriptedHTTPServer) async throws -> R
    ) async throws -> R {
        let server = try ScriptedHTTPServer(script)
        server.start { $0.accept() }
        defer { server.stop() }
        return try await body(server)
    }

    /// Gives `body` a port of 127.0.0.1 where connections are taken by the kernel and never answered.
    package static func withSilentPort<R>(_ body: (Int) async throws -> R) async throws -> R {
        let (listener, port) = try SocketDescriptor.listening()
        defer { listener.shutDown() }
        return try await body(port)
    }

    /// A port of 127.0.0.1 where nobody listens, as long as this process runs.
    package static func unusedPort() throws -> Int {
        let (socket, port) = try SocketDescriptor.bound(listens: false)
        unused.withLock { $0.append(socket) }
        return port
    }

    private static let unused = Mutex<[SocketDescriptor]>([])

    private init(_ script: @escaping Script) throws {
        self.script = script
        (listener, port) = try SocketDescriptor.listening()
    }

    /// `http://127.0.0.1:<port>` and the path and query.
    package func url(_ target: String) -> String { "http://127.0.0.1:\(port)\(target)" }

    /// What has been asked so far, in the order of the heads' arrival; bodies as far as they were read.
    package var requests: [ScriptedRequest] { state.withLock { $0.requests } }

    /// Connections that were accepted.
    package var connections: Int { state.withLock { $0.connections } }

    /// Bytes that the kernel has taken from this server.
    package var sentBytes: Int { state.withLock { $0.sentBytes } }

    /// Returns when `count` request heads have come, or the task is cancelled.
    package func requests(atLeast count: Int) async -> [ScriptedRequest] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.requests.count >= count || Task.isCancelled { return true }
                    state.waiters.append((count, continuation))
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            releaseWaiters()
        }
        return requests
    }

    private func releaseWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }
}

// The threads.
extension ScriptedHTTPServer {
    private func start(_ work: @escaping @Sendable (ScriptedHTTPServer) -> Void) {
        let thread = ServerThread { work(self) }
        state.withLock { $0.threads.append(thread) }
    }

    private func stop() {
        let open = state.withLock { state in
            state.isStopping = true
            return Array(state.open.values)
        }
        stopped.open()
        listener.shutDown()
        for socket in open { socket.shutDown() }
        while let thread = state.withLock({ $0.threads.popLast() }) { thread.join() }
        releaseWaiters()
    }

    private func accept() {
        while let socket = listener.accept() {
            let number = state.withLock { state -> Int? in
                guard !state.isStopping else { return nil }
                state.connections += 1
                state.open[state.connections] = socket
                return state.connections
            }
            guard let number else { return }
            start { server in
                server.serve(number, socket)
                server.state.withLock { $0.open[number] = nil }
            }
        }
    }

    private func serve(_ number: Int, _ socket: SocketDescriptor) {
        var connection = ScriptedConnection(socket: socket, stopped: stopped) { [self] count in
            state.withLock { $0.sentBytes += count }
        }
        while let request = connection.readHead(number) {
            let index = record(request)
            for step in script(request) {
                let goesOn = connection.take(step) { [self] bytes in
                    state.withLock { $0.requests[index].body += bytes }
                }
                guard goesOn else { return }
            }
            let isRead = connection.take(.readBody) { [self] bytes in
                state.withLock { $0.requests[index].body += bytes }
            }
            guard isRead else { return }
        }
    }

    private func record(_ request: ScriptedRequest) -> Int {
        let (index, ready) = state.withLock { state in
            state.requests.append(request)
            let count = state.requests.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return (count - 1, ready)
        }
        for waiter in ready { waiter.continuation.resume() }
        return index
    }
}
