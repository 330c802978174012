import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport

@testable import AWSServices

/// A machine made of a dictionary of files, scripted programs and one loopback server that stands for every address.
struct FakeMachine: Sendable {
    var environment: [String: String] = ["HOME": "/home/u"]
    var files: [String: String] = [:]
    var run: @Sendable ([String]) async throws -> ProgramOutput = { _ in throw CredentialFault("no program runs here") }
    let clock = ManualClock(at: "2026-01-15T12:00:00Z")
    let written = WrittenFiles()

    /// The `~/.aws/config` of this machine.
    var config: String {
        get { files["/home/u/.aws/config"] ?? "" }
        set { files["/home/u/.aws/config"] = newValue }
    }

    /// Its `~/.aws/credentials`.
    var credentials: String {
        get { files["/home/u/.aws/credentials"] ?? "" }
        set { files["/home/u/.aws/credentials"] = newValue }
    }

    func settings(chosenProfile: String? = nil) throws -> AWSSettings {
        try AWSSettings(environment: environment, chosenProfile: chosenProfile) { files[$0].map { Array($0.utf8) } }
    }

    /// Access to this machine where no network is: every request fails.
    var offline: CredentialAccess {
        access { request in throw TransferFailure(.unreachable, message: "no route to \(request.url)") }
    }

    func access(_ send: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) -> CredentialAccess {
        let (files, written) = (files, written)
        return CredentialAccess(
            readFile: { (written[$0] ?? files[$0]).map { Array($0.utf8) } },
            replaceFile: written.replacement,
            send: send,
            run: run,
            clock: clock
        )
    }

    /// Runs `body` with a server that follows the script, and access that reaches it under every address.
    func withServer<R: Sendable>(
        _ script: @escaping ScriptedHTTPServer.Script,
        _ body: @escaping @Sendable (CredentialAccess, ScriptedHTTPServer) async throws -> R
    ) async throws -> R {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer(script) { server in
                try await HTTPClient.withClient { client in
                    let access = access { request in
                        var request = request
                        let path = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)[2]
                            .drop { $0 != "/" }
                        request.url = server.url(String(path))
                        return try await client.send(request, bodyLimit: 1 << 20)
                    }
                    return try await body(access, server)
                }
            }
        }
    }
}

/// The files that were rewritten on a fake machine, and what became of each attempt.
final class WrittenFiles: Sendable {
    private struct State {
        var files: [String: String] = [:]
        var isReadOnly = false
        var discarded = 0
    }

    private let state = Mutex(State())

    /// From here on nothing can be rewritten.
    func makeReadOnly() { state.withLock { $0.isReadOnly = true } }

    /// What another program writes.
    func put(_ text: String, in path: String) { state.withLock { $0.files[path] = text } }

    var discarded: Int { state.withLock { $0.discarded } }

    subscript(path: String) -> String? { state.withLock { $0.files[path] } }

    @Sendable func replacement(of path: String) throws -> FileReplacement {
        guard !state.withLock({ $0.isReadOnly }) else {
            throw CredentialFault("\(path) cannot be rewritten: read-only")
        }
        return FileReplacement(
            commit: { bytes in self.put(String(decoding: bytes, as: UTF8.self), in: path) },
            discard: { self.state.withLock { $0.discarded += 1 } }
        )
    }
}

/// What a place says: its credentials' key id, "nothing: …" or "fault: …".
func told(_ place: any CredentialPlace) async throws -> String {
    do {
        switch try await place.look() {
        case .found(let credentials): return credentials.accessKeyID
        case .nothing(let reason): return "nothing: \(reason)"
        }
    } catch let fault as CredentialFault {
        return "fault: \(fault.reason)"
    }
}

/// An answer of the Security Token Service.
func stsAnswer(_ action: String, key: String, expiration: String = "2026-01-15T13:00:00Z") -> String {
    """
    <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result>
      <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser>
      <Credentials>
        <AccessKeyId>\(key)</AccessKeyId><SecretAccessKey>secret/of+\(key)</SecretAccessKey>
        <SessionToken>token-of-\(key)==</SessionToken><Expiration>\(expiration)</Expiration>
      </Credentials>
    </\(action)Result></\(action)Response>
    """
}

/// An answer of a container's agent, or of the instance metadata.
func keysAnswer(_ key: String, expiration: String = "2026-01-15T18:00:00Z") -> String {
    """
    {"Code": "Success", "AccessKeyId": "\(key)", "SecretAccessKey": "secret-of-\(key)", \
    "Token": "token-of-\(key)", "Expiration": "\(expiration)"}
    """
}

extension ScriptedRequest {
    /// The fields of a form body, decoded; empty while the body is not read.
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = PercentEncoding.decode(parts[1])
        }
        return fields
    }
}

/// 2026-01-15 at an hour, UTC.
func today(_ hour: Int, _ minute: Int = 0) -> Date {
    Date(timeIntervalSince1970: 1_768_435_200 + Double(hour * 3_600 + minute * 60))
}
