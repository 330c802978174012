/// The metrics of one finished job in the Prometheus text exposition format 0.0.4.
///
/// All are gauges in base units, labelled with the domain and the shard (`3_8` for shard 3/8, because a Pushgateway
/// path cannot contain a slash). Every family is always present, with zero values if there is nothing to count, except
/// the time of the last success: a failed job must not overwrite the time of an earlier success.
package struct Metrics: Sendable {
    /// A metric's name and help text.
    package struct Family: Hashable, Sendable {
        package let name: String
        package let help: String
    }

    /// A label that distinguishes a sample from others of its family.
    struct Label: Sendable {
        let name: String
        let value: String
    }

    private struct Sample: Sendable {
        let family: Family
        /// Empty for the only sample of a family.
        let labels: [Label]
        let value: String
    }

    /// The kind of job: the first label of the group at a Pushgateway, which keeps the groups of different kinds apart.
    package let job: String
    package let domain: String
    package let shard: String
    package let isSuccess: Bool
    /// In the order of the exposition.
    private let families: [Family]
    private let lastSuccess: Family
    private var samples: [Sample] = []
    /// What a sample cannot say, since it is no number and would as a label make a new series each time.
    private var remarks: [Family: String] = [:]

    /// - Parameters:
    ///   - shard: such as `3/8`.
    ///   - lastSuccess: the family that records the time of the last success.
    init(
        job: String,
        domain: String,
        shard: String,
        families: [Family],
        lastSuccess: Family,
        isSuccess: Bool
    ) {
        self.job = job
        self.domain = domain
        self.shard = shard.split(separator: "/").joined(separator: "_")
        self.isSuccess = isSuccess
        self.families = families
        self.lastSuccess = lastSuccess
    }

    /// - Parameter family: one of those that were given at the start; no other is printed.
    mutating func add(_ family: Family, _ value: some CustomStringConvertible, _ labels: Label...) {
        assert(families.contains(family), "\(family.name) is not among the families of \(job)")
        samples.append(Sample(family: family, labels: labels, value: value.description))
    }

    /// Adds a comment below a family's samples, which collectors skip: `# DIGEST family text`.
    mutating func add(digest: String, below family: Family) { remarks[family] = "# DIGEST \(family.name) \(digest)" }

    /// Adds which program did the work: the value 1, with version and commit as labels; the commit is empty if it is
    /// unknown.
    mutating func addBuild(_ family: Family) {
        add(
            family,
            1,
            Label(name: "version", value: ProgramVersion.current),
            Label(name: "commit", value: ProgramVersion.commit ?? "")
        )
    }

    /// Adds one sample per value, with a label of that name.
    mutating func add(_ family: Family, by label: String, _ values: [(String, Int)]) {
        for (value, count) in values { add(family, count, Label(name: label, value: value)) }
    }

    /// Returns the exposition: each family's help and type, followed by its samples; every line ends with a newline.
    ///
    /// - Parameter earlier: the exposition that this one replaces, nil if there is none. Families of other jobs are
    ///   kept, and so is the time of the last success if this job failed.
    package func exposition(after earlier: String? = nil) -> String {
        var text = earlier.map(others) ?? ""
        for family in families {
            var lines = samples.filter { $0.family == family }.map { sample in
                "\(sampleStart(family, sample.labels)) \(sample.value)"
            }
            if lines.isEmpty, family == lastSuccess, let time = earlier.flatMap(lastSuccess(in:)) {
                lines = ["\(sampleStart(family)) \(time)"]
            }
            if lines.isEmpty { continue }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n"
            text += (lines + [remarks[family]].compactMap(\.self)).joined(separator: "\n") + "\n"
        }
        return text
    }

    /// Returns the lines of an exposition that belong to none of these families.
    private func others(in exposition: String) -> String {
        let own = Set(families.map(\.name))
        return exposition.split(separator: "\n").filter { line in
            let words = line.split(separator: " ")
            let name = line.hasPrefix("# ") ? words.dropFirst(2).first : line.split { $0 == "{" || $0 == " " }.first
            return name.map { !own.contains(String($0)) } ?? false
        }.map { $0 + "\n" }.joined()
    }

    /// Returns the time of the last success in an exposition of the same domain and shard; nil if it has none.
    private func lastSuccess(in exposition: String) -> String? {
        let start = sampleStart(lastSuccess) + " "
        guard let line = exposition.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { return nil }
        let value = String(line.dropFirst(start.count))
        return Int64(value) == nil ? nil : value
    }

    private func sampleStart(_ family: Family, _ labels: [Label] = []) -> String {
        let all = [Label(name: "domain", value: domain), Label(name: "shard", value: shard)] + labels
        let text = all.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        return "\(family.name){\(text)}"
    }

    /// Converts a duration to seconds, rounded to the millisecond.
    static func seconds(_ duration: Duration) -> Double {
        (duration / .milliseconds(1)).rounded() / 1_000
    }

    /// Escapes a label's value as the format requires.
    private static func escaped(_ text: String) -> String {
        text.map { (character: Character) -> String in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
