package import ReconcileCore

/// What an invocation asks for, determined by its document alone.
package enum InvocationInput: Hashable, Sendable {
    /// A version has changed: protect that version.
    case version(PackageEvent)
    /// Reconcile the whole domain, or a shard of it; if nil, the shard of the settings.
    case reconcile(shard: Shard?)

    /// Parses a document that is not a batch.
    ///
    /// - `{"job": "reconcile", "shard": "0/4"}`: from EventBridge Scheduler with the template's input, from Step
    ///   Functions, or by hand. Members that identify the execution may be present too; an unknown member is an error,
    ///   because a misspelt shard would run the whole domain.
    /// - 'CodeArtifact Package Version State Change', from EventBridge.
    /// - 'Scheduled Event': from Scheduler without an input, whose `detail` is the string `{}`, or from a scheduled
    ///   rule of EventBridge, whose `detail` is an empty object.
    init(_ decoder: any Decoder) throws(UnknownInput) {
        guard let kind = try? Kind(from: decoder) else { throw UnknownInput("it is not a JSON object") }
        if kind.members.contains("job") {
            self = try .reconcile(shard: Self.shard(decoder, kind))
            return
        }
        switch kind.detailType {
        case PackageEvent.detailType:
            guard let event = try? Envelope(from: decoder).detail else {
                throw UnknownInput("it is a package event whose detail does not name a package version")
            }
            guard event.format != "maven" || event.coordinates != nil else {
                throw UnknownInput(
                    "it is a package event of the format maven without a packageNamespace, so it does not say which "
                        + "\(event.package) \(event.version) of the repository \(event.repository) changed"
                )
            }
            self = .version(event)
        case "Scheduled Event":
            self = .reconcile(shard: nil)
        case .some(let other):
            throw UnknownInput("its detail-type is \(other)")
        case nil:
            throw UnknownInput("it has neither job nor detail-type")
        }
    }

    private static func shard(_ decoder: any Decoder, _ kind: Kind) throws(UnknownInput) -> Shard? {
        for member in kind.members.sorted() where !Job.members.contains(member) {
            throw UnknownInput("a job cannot have the member \(member)")
        }
        guard let job = try? Job(from: decoder) else { throw UnknownInput("its job and shard must be strings") }
        guard job.job == "reconcile" else { throw UnknownInput("the job \(job.job) is unknown") }
        guard let text = job.shard else { return nil }
        guard let shard = Shard(text) else { throw UnknownInput("\(text) is not a shard; write 0/4") }
        return shard
    }

    /// The members that distinguish the documents.
    private struct Kind: Decodable {
        let members: Set<String>
        let detailType: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Member.self)
            members = Set(container.allKeys.map(\.stringValue))
            detailType = try? container.decode(String.self, forKey: Member("detail-type"))
        }
    }

    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { return nil }
    }

    private struct Envelope: Decodable {
        let detail: PackageEvent
    }

    private struct Job: Decodable {
        let job: String
        let shard: String?

        /// The last three are for people who read the caller's logs.
        static let members: Set<String> = ["job", "shard", "scheduledTime", "executionId", "attempt"]
    }
}

/// A document that the function does not recognize.
package struct UnknownInput: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String

    /// Limits the reason to one readable line, because it may quote the document.
    init(_ reason: String) {
        self.reason = reason.prefix(300).replacingControls(with: " ")
    }

    package var description: String {
        "unknown input: \(reason). Expected '\(PackageEvent.detailType)' or 'Scheduled Event' from "
            + "EventBridge, or {\"job\": \"reconcile\", \"shard\": \"0/1\"}"
    }
}
