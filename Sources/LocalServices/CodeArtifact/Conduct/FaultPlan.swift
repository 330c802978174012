import ReconcileCore
import Synchronization

/// A fault to show to clients: in which operation, with what effect, and how often.
///
/// Written as `OPERATION:EFFECT[:WHEN,…]`, such as `assets.GetObject:cut=1000:p=0.05` or
/// `codeartifact.ListPackages:429=2:first=3`. OPERATION is a counted name, `*` (all but those of the local S3), or a
/// prefix ending in `*`. EFFECT is one of `Effect.table`. WHEN is `first=N` (at most N times), `after=N` (not for the
/// first N requests), `every=N`, `p=PROBABILITY` (seeded) or `on=TEXT` (only if the decoded target contains it).
/// Requests whose answers cannot show the effect do not count.
package struct Fault: Hashable, Sendable {
    package var operation: String
    package var effect: Effect
    package var first: Int?
    package var after = 0
    package var every = 1
    package var probability: Double = 1
    package var on: String?

    package init(_ operation: String, _ effect: Effect, first: Int? = nil, on: String? = nil) {
        self.operation = operation
        self.effect = effect
        self.first = first
        self.on = on
    }

    /// Whether the fault can apply to a request.
    func concerns(_ operation: String, target: String) -> Bool {
        names(operation) && effect.shows(in: operation, target: target) && (on.map { target.contains($0) } ?? true)
    }

    private func names(_ operation: String) -> Bool {
        guard self.operation.hasSuffix("*") else { return operation == self.operation }
        return operation.hasPrefix(self.operation.dropLast())
            && (self.operation.hasPrefix("s3.") || !operation.hasPrefix("s3."))
    }
}

extension Fault {
    /// Parses the form above; throws a sentence that says what is wrong with it.
    package init(_ text: String) throws(FaultSyntaxError) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, !parts[0].isEmpty else {
            throw FaultSyntaxError("\"\(text)\" is not a fault: write OPERATION:EFFECT[:WHEN,...], as in *:503:first=2")
        }
        self.init(parts[0], try Effect(parts[1]))
        let named = FaultOperations.all.filter(names)
        guard !named.isEmpty else {
            var nearest = NearestNames(to: parts[0])
            for name in FaultOperations.all { nearest.offer(name) }
            let names = nearest.names.isEmpty ? FaultOperations.all : nearest.names
            throw FaultSyntaxError(
                "\"\(parts[0])\" is not an operation: write *, the start of names and *, or a name; "
                    + "\(nearest.names.isEmpty ? "they are" : "did you mean one of") \(names.joined(separator: ", "))"
            )
        }
        guard named.contains(where: effect.shows(in:)) else {
            throw FaultSyntaxError(
                "the fault \(text) would do nothing: \(parts[1]) shows only in "
                    + FaultOperations.all.filter(effect.shows(in:)).joined(separator: ", ")
            )
        }
        guard parts.count == 3 else { return }
        for condition in parts[2].split(separator: ",") {
            let (name, value) = Effect.pair(String(condition))
            switch (name, value, value.flatMap(Int.init), value.flatMap(Double.init)) {
            case ("first", _, let count?, _) where count > 0: first = count
            case ("after", _, let count?, _) where count >= 0: after = count
            case ("every", _, let count?, _) where count > 0: every = count
            case ("p", _, _, let share?) where (0...1).contains(share): probability = share
            case ("on", let text?, _, _): on = text
            default:
                throw FaultSyntaxError(
                    "\"\(condition)\" in the fault \(text) is not a condition: write first=N, after=N, every=N, "
                        + "p=PROBABILITY or on=TEXT"
                )
            }
        }
    }
}

/// A fault or a rate that cannot be parsed.
package struct FaultSyntaxError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The faults in force, with counts of how often each was met and shown. Servers that share a plan share the counts.
package final class FaultPlan: Sendable {
    private struct Entry {
        let fault: Fault
        var met = 0
        var shown = 0
        var random: SplitMix64

        mutating func isDue() -> Bool {
            met += 1
            guard met > fault.after, (met - fault.after).isMultiple(of: fault.every) else { return false }
            if let first = fault.first, shown >= first { return false }
            if fault.probability < 1, Double(random.next() >> 11) * 0x1p-53 >= fault.probability { return false }
            shown += 1
            return true
        }
    }

    private let entries: Mutex<[Entry]>

    package init(_ faults: [Fault], seed: UInt64) {
        entries = Mutex(Self.entries(faults, seed: seed))
    }

    /// Replaces the faults and resets their counts.
    func replace(_ faults: [Fault], seed: UInt64) {
        entries.withLock { $0 = Self.entries(faults, seed: seed) }
    }

    /// The effect to show to one request, from the first fault that is due; nil if none is.
    func draw(_ operation: String, target: String) -> Fault.Effect? {
        entries.withLock { entries in
            for index in entries.indices where entries[index].fault.concerns(operation, target: target) {
                if entries[index].isDue() { return entries[index].fault.effect }
            }
            return nil
        }
    }

    private static func entries(_ faults: [Fault], seed: UInt64) -> [Entry] {
        faults.enumerated().map { Entry(fault: $1, random: SplitMix64(seed: SplitMix64.derive(seed, $0))) }
    }
}
