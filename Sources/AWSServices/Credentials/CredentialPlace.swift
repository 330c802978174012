import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore

/// One place of the credential chain.
///
/// Throws `CredentialFault` when it is set up but gives no credentials, and `CancellationError`.
protocol CredentialPlace: Sendable {
    /// For the operator, as in "environment variables".
    var name: String { get }
    func look() async throws -> CredentialFinding
}

/// What a place holds.
enum CredentialFinding: Sendable, Hashable {
    case found(AWSCredentials)
    /// It is not set up; the reason completes "environment variables: …".
    case nothing(String)
}

/// A place that is set up and still gives no credentials. The reason never holds a secret.
struct CredentialFault: Error, Sendable, Hashable {
    let reason: String
    /// Whether looking again later may help.
    let isTransient: Bool
    /// What a service said that refused a caller whom it knows.
    let denial: Denial?

    init(_ reason: String, isTransient: Bool = false, denial: Denial? = nil) {
        self.reason = reason
        self.isTransient = isTransient
        self.denial = denial
    }

    /// What to write into a profile for credentials that only the AWS CLI can get; completes a sentence.
    static func export(_ profile: String) -> String {
        "put `credential_process = aws configure export-credentials --profile \(profile)` into a separate profile "
            + "and select it with --profile"
    }

    init(_ failure: TransferFailure) {
        self.init(failure.message, isTransient: failure.isTransient)
    }
}

/// Everything outside the process's memory that the places look at; tests hand in their own.
package struct CredentialAccess: Sendable {
    /// The bytes of a file; nil when there is none.
    package var readFile: @Sendable (_ path: String) throws -> [UInt8]?
    /// One attempt; throws `TransferFailure`.
    package var send: @Sendable (_ request: HTTPRequest) async throws -> HTTPResponse
    /// Runs a program without a shell.
    package var run: @Sendable (_ words: [String]) async throws -> ProgramOutput
    package var clock: any RunClock
    /// Begins to replace a file by a new one that only its owner may read; throws `CredentialFault`.
    package var replaceFile: @Sendable (_ path: String) throws -> FileReplacement

    package init(
        readFile: @escaping @Sendable (_ path: String) throws -> [UInt8]?,
        replaceFile: @escaping @Sendable (_ path: String) throws -> FileReplacement,
        send: @escaping @Sendable (_ request: HTTPRequest) async throws -> HTTPResponse,
        run: @escaping @Sendable (_ words: [String]) async throws -> ProgramOutput,
        clock: any RunClock
    ) {
        self.readFile = readFile
        self.replaceFile = replaceFile
        self.send = send
        self.run = run
        self.clock = clock
    }
}

/// A file that will take another one's place, whole or not at all. Exactly one of the two is called, once.
package struct FileReplacement: Sendable {
    /// Puts these bytes in the file's place; throws `CredentialFault` and leaves the old file.
    package let commit: @Sendable (_ bytes: [UInt8]) throws -> Void
    /// Leaves the old file.
    package let discard: @Sendable () -> Void

    package init(
        commit: @escaping @Sendable (_ bytes: [UInt8]) throws -> Void,
        discard: @escaping @Sendable () -> Void
    ) {
        self.commit = commit
        self.discard = discard
    }
}

/// What a program that ended has left.
package struct ProgramOutput: Sendable, Hashable {
    package let succeeded: Bool
    package let output: [UInt8]
    /// How it ended, and what it wrote to standard error; may hold a secret.
    package let complaint: String

    package init(succeeded: Bool, output: [UInt8], complaint: String) {
        self.succeeded = succeeded
        self.output = output
        self.complaint = complaint
    }
}

extension CredentialAccess {
    /// Sends a request; a failed transfer is a `CredentialFault`.
    func answer(to request: HTTPRequest) async throws -> HTTPResponse {
        do {
            return try await send(request)
        } catch let failure as TransferFailure {
            throw CredentialFault(failure)
        }
    }

    /// Converts an expiration from the service's clock to this machine's, by the answer it came with.
    func expiration(_ date: Date, in answer: HTTPResponse) -> Date {
        date.addingTimeInterval(-ClockSkew.offset(in: answer.head, at: clock.secondsSince1970()))
    }

    /// Credentials from an answer, with their expiration by this machine's clock. Whoever answered will do so again.
    func localized(_ credentials: AWSCredentials, in answer: HTTPResponse) -> AWSCredentials {
        var local = credentials
        local.expiration = credentials.expiration.map { expiration($0, in: answer) }
        local.isRenewable = true
        return local
    }

    /// Makes up to three attempts, a second apart, as long as they fail in a way that may pass.
    func persistently<R>(_ attempt: () async throws -> R) async throws -> R {
        for _ in 0..<2 {
            do {
                return try await attempt()
            } catch let fault as CredentialFault where fault.isTransient {
                try await clock.sleep(for: .seconds(1))
            }
        }
        return try await attempt()
    }

    /// The text of a file that a setting names; a missing or unreadable one is a `CredentialFault`.
    func text(of path: String, named setting: String) throws -> String {
        let bytes: [UInt8]?
        do {
            bytes = try readFile(path)
        } catch {
            throw CredentialFault("\(setting) \(path) cannot be read: \(InputFile.reason(error))")
        }
        guard let bytes else { throw CredentialFault("\(setting) \(path) does not exist") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CredentialFault("\(setting) \(path) is not UTF-8")
        }
        return text
    }
}
