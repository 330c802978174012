import Dispatch
import Glibc
import Synchronization

/// A TCP socket of a scripted server, closed with its last reference.
final class SocketDescriptor: Sendable {
    private let number: CInt

    private init(_ number: CInt) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// A socket that listens on a free port of 127.0.0.1, and the port.
    static func listening() throws -> (SocketDescriptor, port: Int) { try bound(listens: true) }

    /// A socket that has a port of 127.0.0.1, which refuses connections unless it listens.
    static func bound(listens: Bool) throws -> (SocketDescriptor, port: Int) {
        let socket = SocketDescriptor(
            Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe bind(socket.number, address, length) == 0,
                    !listens || listen(socket.number, 256) == 0
                else { return CInt(-1) }
                return unsafe getsockname(socket.number, address, &length)
            }
        }
        guard status == 0 else { throw SocketFailure(number: errno) }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// The next connection; nil when the socket was shut down.
    func accept() -> SocketDescriptor? {
        let connection = Glibc.accept(number, nil, nil)
        guard connection >= 0 else { return nil }
        let socket = SocketDescriptor(connection)
        socket.set(SOL_SOCKET, SO_SNDBUF, 64 << 10)
        socket.set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        return socket
    }

    /// Ends both directions; who reads or writes on another thread returns.
    func shutDown() {
        shutdown(number, CInt(SHUT_RDWR))
    }

    /// Makes the end of the connection a reset.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Up to `count` bytes; none at the end.
    func receive(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, unsafe recv(number, buffer.baseAddress, count, 0))
        }
    }

    /// Sends all bytes; false when the peer is gone.
    func send(_ bytes: [UInt8], _ sent: (Int) -> Void) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.send(number, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent(count)
            done += count
        }
        return true
    }

    private func set(_ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    struct SocketFailure: Error {
        let number: CInt
    }
}

/// One connection of a scripted server: takes requests apart and takes the script's steps.
struct ScriptedConnection {
    private let socket: SocketDescriptor
    private let stopped: ScriptedGate
    private let sent: (Int) -> Void
    private var input: [UInt8] = []
    /// Bytes of the request's body that are still to come; nil for a chunked one.
    private var bodyLeft: Int? = 0
    private var owesContinue = false

    init(socket: SocketDescriptor, stopped: ScriptedGate, sent: @escaping (Int) -> Void) {
        self.socket = socket
        self.stopped = stopped
        self.sent = sent
    }

    /// The next request's head; nil at the end of the connection.
    mutating func readHead(_ number: Int) -> ScriptedRequest? {
        var text = ""
        while let line = readLine(), !(line.isEmpty && text.isEmpty) {
            if !line.isEmpty {
                text += line + "\n"
                continue
            }
            let lines = text.split(separator: "\n")
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count == 3 else { return nil }
            let fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
            }
            let request = ScriptedRequest(
                connection: number,
                method: String(words[0]),
                target: String(words[1]),
                headers: fields
            )
            bodyLeft = request["transfer-encoding"] == "chunked" ? nil : Int(request["content-length"] ?? "0") ?? 0
            owesContinue = request["expect"]?.lowercased() == "100-continue"
            return request
        }
        return nil
    }

    /// Takes one step; false when the connection is over.
    mutating func take(_ step: ScriptedStep, _ received: ([UInt8]) -> Void) -> Bool {
        switch step {
        case .readBody: return readBody(.max, received)
        case .readBytes(let count): return readBody(count, received)
        case .skipBytes(let count): return readBody(count) { _ in }
        case .send(let bytes):
            // Whoever answers without reading does not want the body.
            owesContinue = false
            return socket.send(bytes, sent)
        case .sendPattern(let count):
            for start in stride(from: 0, to: count, by: 16 << 10) {
                let piece = ScriptedStep.pattern(min(16 << 10, count - start), from: start)
                guard socket.send(piece, sent) else { return false }
            }
            return true
        case .wait(let duration):
            let semaphore = DispatchSemaphore(value: 0)
            stopped.signal(semaphore)
            let (seconds, attoseconds) = duration.components
            let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
            return semaphore.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .timedOut
        case .hold(let gate):
            let semaphore = DispatchSemaphore(value: 0)
            stopped.signal(semaphore)
            gate.signal(semaphore)
            semaphore.wait()
            return !stopped.isOpen
        case .open(let gate):
            gate.open()
            return true
        case .close:
            socket.shutDown()
            return false
        case .reset:
            socket.resetOnClose()
            return false
        }
    }

    private mutating func readBody(_ limit: Int, _ received: ([UInt8]) -> Void) -> Bool {
        if owesContinue, bodyLeft != 0 {
            owesContinue = false
            guard socket.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), sent) else { return false }
        }
        guard let left = bodyLeft else { return readChunks(received) }
        var wanted = min(limit, left)
        while wanted > 0 {
            guard fill() else { return false }
            let piece = Array(input.prefix(wanted))
            input.removeFirst(piece.count)
            received(piece)
            wanted -= piece.count
            bodyLeft = (bodyLeft ?? 0) - piece.count
        }
        return true
    }

    private mutating func readChunks(_ received: ([UInt8]) -> Void) -> Bool {
        while let line = readLine(), let size = Int(line, radix: 16) {
            bodyLeft = size
            guard readBody(.max, received), readLine() != nil else { return false }
            bodyLeft = nil
            if size == 0 {
                bodyLeft = 0
                return true
            }
        }
        return false
    }

    /// A line without its CRLF; nil at the end of the connection.
    private mutating func readLine() -> String? {
        var searched = 0
        while true {
            if let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: input[..<end], as: UTF8.self)
                input.removeFirst(end + 1)
                return line.hasSuffix("\r") ? String(line.dropLast()) : line
            }
            searched = input.count
            let count = input.count
            input += socket.receive(64 << 10)
            if input.count == count { return nil }
        }
    }

    private mutating func fill() -> Bool {
        if input.isEmpty { input = socket.receive(64 << 10) }
        return !input.isEmpty
    }
}

/// A thread that is joined.
final class ServerThread: Sendable {
    private let id: pthread_t

    init(_ work: @escaping @Sendable () -> Void) {
        var id = pthread_t()
        let box = unsafe Unmanaged.passRetained(Work(work))
        let status = unsafe pthread_create(
            &id,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            },
            box.toOpaque()
        )
        precondition(status == 0, "no thread for a scripted server")
        self.id = id
    }

    func join() {
        pthread_join(id, nil)
    }

    private final class Work: Sendable {
        let work: @Sendable () -> Void

        init(_ work: @escaping @Sendable () -> Void) {
            self.work = work
        }
    }
}
