import AWSServices
import Cryptography
import Synchronization

/// Credentials AKID1, and after each refusal the next number.
final class NumberedCredentials: CredentialSource {
    struct NoneLeft: Error, CustomStringConvertible {
        let description = "none are left"
    }

    private let state = Mutex((number: 1, refused: [String](), isExhausted: false))

    var refused: [String] { state.withLock { $0.refused } }

    func exhaust() { state.withLock { $0.isExhausted = true } }

    func credentials() async throws -> AWSCredentials {
        try state.withLock { state in
            if state.isExhausted { throw NoneLeft() }
            return AWSCredentials(
                accessKeyID: "AKID\(state.number)",
                secretAccessKey: "secret\(state.number)",
                sessionToken: "session\(state.number)"
            )
        }
    }

    func refuse(_ used: AWSCredentials) async {
        state.withLock { state in
            state.refused.append(used.accessKeyID)
            state.number += 1
        }
    }
}
