package import ReconcileCore

/// What an invocation asks for, determined by its document alone.
package enum InvocationInput: Hashable, Sendable {
    /// A version has changed: protect that version.
    case version(PackageEvent)
    /// Reconcile the whole domain, or a shard of it; if nil, the shard of the settings.
    case reconcile(shard: Shard?)
    /// Verify the backup.
    case verify(Verification)
    /// Compare the domain with the backup.
    case drift

    /// How thoroughly to verify, as the options of `reconcile verify` say it.
    package struct Verification: Hashable, Sendable {
        package let depth: VerifyDepth
        /// Which part of the objects to read, such as `today/30`; nil for all.
        package let subset: String?

        package func sample(at now: Timestamp) -> ObjectSample {
            subset.flatMap { ObjectSample(subset: $0, now: now) } ?? .all
        }
    }

    /// Parses a document that is not a batch.
    ///
    /// - `{"job": "reconcile", "shard": "0/4"}`, `{"job": "verify", "depth": "objects", "subset": "today/30"}` or
    ///   `{"job": "drift"}`: from EventBridge Scheduler with the template's input, from Step Functions, or by hand.
    ///   Members that identify the execution may be present too; an unknown member is an error, because a misspelt
    ///   shard would run the whole domain.
    /// - 'CodeArtifact Package Version State Change', from EventBridge.
    /// - 'Scheduled Event': from Scheduler without an input, whose `detail` is the string `{}`, or from a scheduled
    ///   rule of EventBridge, whose `detail` is an empty object.
    init(_ decoder: any Decoder) throws(UnknownInput) {
        guard let kind = try? Kind(from: decoder) else { throw UnknownInput("it is not a JSON object") }
        if kind.members.contains("job") {
            self = try Self.job(decoder, kind)
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

    private static func job(_ decoder: any Decoder, _ kind: Kind) throws(UnknownInput) -> Self {
        guard let name = try? Job.Name(from: decoder).job else { throw UnknownInput("its job must be a string") }
        guard let members = Job.members[name] else { throw UnknownInput("the job \(name) is unknown") }
        for member in kind.members.subtracting(Job.caller).subtracting(members).sorted() {
            throw UnknownInput("the job \(name) cannot have the member \(member)")
        }
        guard let job = try? Job(from: decoder) else {
            throw UnknownInput("the members of the job \(name) must be strings")
        }
        switch job.job {
        case "verify": return try .verify(verification(job))
        case "drift": return .drift
        default: return try .reconcile(shard: shard(job))
        }
    }

    private static func shard(_ job: Job) throws(UnknownInput) -> Shard? {
        guard let text = job.shard else { return nil }
        guard let shard = Shard(text) else { throw UnknownInput("\(text) is not a shard; write 0/4") }
        return shard
    }

    private static func verification(_ job: Job) throws(UnknownInput) -> Verification {
        var depth = VerifyDepth.objects
        if let text = job.depth {
            guard let known = VerifyDepth(rawValue: text) else {
                let all = VerifyDepth.allCases.map(\.rawValue).joined(separator: ", ")
                throw UnknownInput("\(text) is not a depth; write one of \(all)")
            }
            depth = known
        }
        if let text = job.subset, ObjectSample(subset: text, now: Timestamp(seconds: 0)) == nil {
            throw UnknownInput("\(text) is not a subset; write today/30")
        }
        // Less thorough verifications look at everything whatever the part.
        return Verification(depth: depth, subset: depth > .objects ? job.subset : nil)
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
        let depth: String?
        let subset: String?

        /// The kinds of work, and the members that each may have.
        static let members: [String: Set<String>] = [
            "reconcile": ["job", "shard"], "verify": ["job", "depth", "subset"], "drift": ["job"],
        ]

        /// These are for people who read the caller's logs.
        static let caller: Set<String> = ["scheduledTime", "executionId", "attempt"]

        struct Name: Decodable {
            let job: String
        }
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
            + "EventBridge, or a job: {\"job\": \"reconcile\", \"shard\": \"0/1\"}, {\"job\": \"verify\"} or "
            + "{\"job\": \"drift\"}"
    }
}
