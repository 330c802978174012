import BackupLambda
import ReconcileCore

/// The document that an invocation of the Lambda function brings.
///
/// - What it asks for depends on the document alone: read twice, it is the same.
/// - A package event of the format maven has coordinates; one of another format has none.
/// - A batch has a record at least.
/// - A refusal says what was expected, on one line of bounded length.
@Sendable func checkInvocationInput(_ bytes: [UInt8]) throws {
    let document: InvocationDocument
    do throws(UnknownInput) {
        document = try InvocationDocument(bytes)
    } catch {
        return try check(error)
    }
    try require(try InvocationDocument(bytes) == document, "read again, it asks for something else")
    switch document {
    case .one(let input): try check(input)
    case .batch(let records):
        try require(!records.isEmpty, "a batch of nothing")
        for record in records {
            switch record.input {
            case .success(let input): try check(input)
            case .failure(let refusal): try check(refusal)
            }
        }
    }
}

private func check(_ refusal: UnknownInput) throws {
    try require(refusal.description.contains(". Expected "), "what was expected is not said")
    try requireReadable(refusal.description, limit: 1_000, "the refusal")
}

private func check(_ input: InvocationInput) throws {
    switch input {
    case .version(let event):
        let isMaven = isSame(event.format, "maven")
        try require((event.coordinates != nil) == isMaven, "\(event) has the coordinates of another format")
    case .reconcile(let shard):
        guard let shard else { return }
        try require((0..<shard.count).contains(shard.index), "there is no shard \(shard)")
    case .verify(let asked):
        guard asked.subset != nil else { return }
        try require(asked.sample(at: Timestamp(seconds: 0)) != .all, "\(asked) is no part")
    case .drift: return
    }
}
