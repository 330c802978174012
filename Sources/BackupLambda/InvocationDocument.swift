import FoundationEssentials

/// The document of an invocation: one input, or a batch of inputs.
package enum InvocationDocument: Hashable, Sendable {
    case one(InvocationInput)
    /// Messages of a queue or events of a pipe; at least one.
    case batch([BatchRecord])

    /// Parses a document, and unwraps the inputs from what services put around them.
    ///
    /// - A batch of SQS: `{"Records": [{"messageId": …, "body": …}]}` (Lambda developer guide, Using Lambda with Amazon
    ///   SQS).
    /// - A batch of EventBridge Pipes: an array of the same records, or of inputs (EventBridge user guide, Pipes
    ///   batching).
    /// - A notification of SNS: alone in `{"Records": [{"Sns": {"Message": …}}]}`, or as the body of a message.
    ///
    /// A body or message contains one input, as text. In a batch, a record that cannot be parsed does not affect the
    /// others.
    package init(_ document: [UInt8]) throws(UnknownInput) {
        self = try DocumentReading(document).document.get()
    }
}

/// One record of a batch: its input, and the ID by which its sender knows it.
package struct BatchRecord: Hashable, Sendable {
    /// The message's ID in its queue. Nil if a pipe sends the event without one, or if the ID is missing or empty,
    /// because no response could then refer to the record.
    package let identifier: String?
    package let input: Result<InvocationInput, UnknownInput>
}

/// Decodes any document; one that it cannot parse yields a failure as its result.
private struct DocumentReading: Decodable {
    let document: Result<InvocationDocument, UnknownInput>

    /// The document's input; a failure if it is a batch.
    var input: Result<InvocationInput, UnknownInput> {
        document.flatMap { document in
            guard case .one(let input) = document else { return .failure(UnknownInput("it is a batch in a message")) }
            return .success(input)
        }
    }

    init(_ text: some Sequence<UInt8>) {
        let reading = try? JSONDecoder().decode(DocumentReading.self, from: Data(text))
        document = reading?.document ?? .failure(UnknownInput("it is not a JSON object"))
    }

    init(from decoder: any Decoder) {
        if let rows = try? [Row](from: decoder) {
            document = Self.batch(rows)
        } else if let batch = try? Batch(from: decoder) {
            document = Self.batch(batch.rows)
        } else if let notification = try? Notification(from: decoder), notification.kind == "Notification" {
            document = notification.input.map { .one($0) }
        } else {
            document = Result { () throws(UnknownInput) in .one(try InvocationInput(decoder)) }
        }
    }

    private static func batch(_ rows: [Row]) -> Result<InvocationDocument, UnknownInput> {
        guard let first = rows.first else { return .failure(UnknownInput("it is a batch without a record")) }
        // SNS sends one notification at a time, and expects a response for that one alone.
        let isAlone = rows.count == 1 && first.isNotification
        // If no record has an ID or a valid input, this is not a batch for this function.
        let isBatch = rows.contains { $0.record.identifier != nil || (try? $0.record.input.get()) != nil }
        guard isBatch, !isAlone else { return first.record.input.map { .one($0) } }
        return .success(.batch(rows.map(\.record)))
    }

    private struct Batch: Decodable {
        let rows: [Row]

        enum CodingKeys: String, CodingKey {
            case rows = "Records"
        }
    }

    /// One element of a batch, in any form.
    private struct Row: Decodable {
        let record: BatchRecord
        let isNotification: Bool

        init(from decoder: any Decoder) {
            let notification = try? NotificationRecord(from: decoder)
            isNotification = notification != nil
            if let message = try? QueueMessage(from: decoder) {
                let identifier = message.messageId.flatMap { $0.isEmpty ? nil : $0 }
                record = BatchRecord(identifier: identifier, input: message.body.input)
            } else {
                let input = notification?.notification.input ?? DocumentReading(from: decoder).input
                record = BatchRecord(identifier: nil, input: input)
            }
        }
    }

    /// An SQS message.
    private struct QueueMessage: Decodable {
        let messageId: String?
        let body: Body

        struct Body: Decodable {
            let input: Result<InvocationInput, UnknownInput>

            init(from decoder: any Decoder) {
                // A pipe's template may have parsed the body already.
                let text = try? decoder.singleValueContainer().decode(String.self)
                input = (text.map { DocumentReading($0.utf8) } ?? DocumentReading(from: decoder)).input
            }
        }
    }

    private struct NotificationRecord: Decodable {
        let notification: Notification

        enum CodingKeys: String, CodingKey {
            case notification = "Sns"
        }
    }

    /// An SNS notification.
    private struct Notification: Decodable {
        let kind: String
        let message: String

        var input: Result<InvocationInput, UnknownInput> { DocumentReading(message.utf8).input }

        enum CodingKeys: String, CodingKey {
            case kind = "Type"
            case message = "Message"
        }
    }
}
