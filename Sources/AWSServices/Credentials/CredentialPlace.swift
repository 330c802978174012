import Cryptography
import FoundationEssentials
package import HTTPTransfer
package import ReconcileCore

/// One place of the credential chain.
///
/// Throws `CredentialFault` if it is set up but supplies no credentials, or `CancellationError`.
protocol CredentialPlace: Sendable {
    /// For messages, such as "environment variables".
    var name: String { get }
    func look() async throws -> CredentialFinding
}

/// The result of looking at one place.
enum CredentialFinding: Sendable, Hashable {
    case found(AWSCredentials)
    /// The place is not set up. The reason completes "environment variables: …".
    case nothing(String)
}

/// A place is set up but supplies no credentials. The reason never contains a secret.
struct CredentialFault: Error, Sendable, Hashable {
    let reason: String
    /// Whether looking again later may succeed.
    let isTransient: Bool
    /// What a service said when it denied access to a caller it knows; nil for other faults.
    let denial: Denial?

    init(_ reason: String, isTransient: Bool = false, denial: Denial? = nil) {
        self.reason = reason
        self.isTransient = isTransient
        self.denial = denial
    }

    /// How an operator can use credentials that only the AWS CLI can get; completes a sentence.
    static func export(_ profile: String) -> String {
        "put `credential_process = aws configure export-credentials --profile \(profile)` into a separate profile "
            + "and select it with --profile"
    }

    init(_ failure: TransferFailure) {
        self.init(failure.message, isTransient: failure.isTransient)
    }
}

/// Everything outside the process's memory that the places use; tests pass their own.
package struct CredentialAccess: Sendable {
    /// Returns the bytes of a file; nil if there is none.
    package var readFile: @Sendable (_ path: String) throws -> [UInt8]?
    /// Makes one attempt; throws `TransferFailure`.
    package var send: @Sendable (_ request: HTTPRequest) async throws -> HTTPResponse
    /// Runs a program without a shell.
    package var run: @Sendable (_ words: [String]) async throws -> ProgramOutput
    package var clock: any RunClock
    /// Starts to replace a file with a new one that only its owner can read; throws `CredentialFault`.
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

/// A file that will replace another, completely or not at all. Call exactly one of the two functions, once.
package struct FileReplacement: Sendable {
    /// Replaces the file with these bytes; throws `CredentialFault` and keeps the old file if that fails.
    package let commit: @Sendable (_ bytes: [UInt8]) throws -> Void
    /// Keeps the old file.
    package let discard: @Sendable () -> Void

    package init(
        commit: @escaping @Sendable (_ bytes: [UInt8]) throws -> Void,
        discard: @escaping @Sendable () -> Void
    ) {
        self.commit = commit
        self.discard = discard
    }
}

/// The result of a program that has ended.
package struct ProgramOutput: Sendable, Hashable {
    package let succeeded: Bool
    package let output: [UInt8]
    /// The termination status and the program's standard error; may contain a secret.
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

    /// Converts an expiration from the service's clock to this machine's, using the date of the answer that contains
    /// it.
    func expiration(_ date: Date, in answer: HTTPResponse) -> Date {
        date.addingTimeInterval(-ClockSkew.offset(in: answer.head, at: clock.secondsSince1970()))
    }

    /// Converts the expiration of credentials from an answer to this machine's clock, and marks them as renewable.
    func localized(_ credentials: AWSCredentials, in answer: HTTPResponse) -> AWSCredentials {
        var local = credentials
        local.expiration = credentials.expiration.map { expiration($0, in: answer) }
        local.isRenewable = true
        return local
    }

    /// Makes up to three attempts, a second apart, while they fail with transient faults.
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

    /// The text of a file that a setting names. Throws `CredentialFault` if the file is missing, unreadable or not
    /// UTF-8.
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
