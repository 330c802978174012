import FoundationEssentials

/// The document of an invocation: one input, or a batch of them.
package enum InvocationDocument: Hashable, Sendable {
    case one(InvocationInput)
    /// Messages of a queue or events of a pipe, at least one.
    case batch([BatchRecord])

    /// Reads a document, and takes out of it what services put around an input.
    ///
    /// - A batch of SQS: `{"Records": [{"messageId": …, "body": …}]}` (Lambda developer guide, Using Lambda with Amazon
    ///   SQS).
    /// - A batch of EventBridge Pipes: an array of the same records, or of inputs (EventBridge user guide, Pipes
    ///   batching).
    /// - A notification of SNS: alone in `{"Records": [{"Sns": {"Message": …}}]}`, or as the body of a message.
    ///
    /// A body or message holds one input, as text. In a batch, a record that is not understood leaves the others as
    /// they are.
    package init(_ document: [UInt8]) throws(UnknownInput) {
        self = try DocumentReading(document).document.get()
    }
}

/// One message of a batch: what it asks for, and what its sender knows it by.
package struct BatchRecord: Hashable, Sendable {
    /// The message's id in its queue; nil for an event that a pipe sends without one, and for a message whose id is absent
    /// or empty, which no answer could name.
    package let identifier: String?
    package let input: Result<InvocationInput, UnknownInput>
}

/// Reads any document; what it cannot make sense of is a result too.
private struct DocumentReading: Decodable {
    let document: Result<InvocationDocument, UnknownInput>

    /// The same where only one input is looked for.
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
        // SNS sends one notification at a time, and takes an answer for it alone.
        let isAlone = rows.count == 1 && first.isNotification
        // Records of which none has an id or makes sense are no batch of this function.
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

    /// One element of a batch, whatever it is.
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

    /// A message of SQS.
    private struct QueueMessage: Decodable {
        let messageId: String?
        let body: Body

        struct Body: Decodable {
            let input: Result<InvocationInput, UnknownInput>

            init(from decoder: any Decoder) {
                // A pipe's template may have parsed it.
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

    /// A notification of SNS.
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
