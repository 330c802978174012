import BackupLambda
import ReconcileCore

/// The document that an invocation of the Lambda function brings.
///
/// - What it asks for depends on the document alone: read twice, it is the same.
/// - A package event of the format maven has coordinates where it has a namespace; one of another format has none.
/// - A refusal says what was expected, on one line of bounded length.
@Sendable func checkInvocationInput(_ bytes: [UInt8]) throws {
    let input: InvocationInput
    do throws(UnknownInput) {
        input = try InvocationInput(bytes)
    } catch {
        try require(error.description.contains("Expected is"), "what was expected is not said")
        return try requireReadable(error.description, limit: 1_000, "the refusal")
    }
    try require(try InvocationInput(bytes) == input, "read again, it asks for something else")
    switch input {
    case .version(let event):
        let isMaven = isSame(event.format, "maven") && event.namespace != nil
        try require((event.coordinates != nil) == isMaven, "\(event) has the coordinates of another format")
    case .reconcile(let shard):
        guard let shard else { return }
        try require((0..<shard.count).contains(shard.index), "there is no shard \(shard)")
    }
}
