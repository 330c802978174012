import FoundationEssentials

/// Why an invocation, or the start of the process, failed: logged by Lambda and returned to the caller.
package struct InvocationFailure: Error, Hashable, Sendable {
    /// The type of the failure, as `Category.Reason`.
    package let type: String
    /// One sentence for a tired operator. Never contains a secret.
    package let message: String
    /// Whether the same input may succeed when retried.
    package let mayPass: Bool

    package init(type: String, message: String, mayPass: Bool = true) {
        self.type = type
        self.message = message
        self.mayPass = mayPass
    }

    /// The body of an error request: `errorMessage`, `errorType`, `stackTrace`.
    var document: [UInt8] {
        struct Document: Encodable {
            let errorMessage: String
            let errorType: String
            let stackTrace: [String]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document = Document(errorMessage: message, errorType: type, stackTrace: [])
        return (try? encoder.encode(document)).map(Array.init) ?? []
    }
}

extension InvocationFailure: CustomStringConvertible {
    package var description: String { "\(message) (\(type))" }
}
