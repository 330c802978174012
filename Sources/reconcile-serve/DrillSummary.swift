import ReconcileCore

/// A drill's evidence as a person reads it: a few lines at its end.
struct DrillSummary {
    private let report: DrillReport

    init(_ report: DrillReport) { self.report = report }

    var lines: [String] {
        let (versions, files, documents) = (report.versions, report.files, report.documents)
        var lines = [
            "\(report.outcome.rawValue): \(files.returned) of \(Quantity.count(files.wanted, "file")) came back, of "
                + "\(Quantity.count(versions.drawn, "version")) drawn from \(versions.available)"
        ]
        if let message = report.message { lines.append("  \(message)") }
        if let build = report.build {
            lines.append(
                "  the build needs \(Quantity.count(build.versions, "version")) of the backup, and \(build.absent.count) from "
                    + "elsewhere"
            )
        }
        if let destination = report.destination {
            let place = "\(destination.domain)/\(destination.repository)"
            lines.append("  restored into \(place), which stays. This removes it:")
            lines.append("  \(destination.cleanUp)")
        }
        let tools = report.tools.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        lines.append("  client \(report.client)\(tools.isEmpty ? "" : ": \(tools.joined(separator: ", "))")")
        if files.lost > 0 { lines.append("  lost \(files.lost)") }
        if files.untried > 0 { lines.append("  not tried \(files.untried)") }
        if !report.notes.isEmpty { lines.append("  came back, but not to the client \(report.notes.count)") }
        if documents.wrong > 0 { lines.append("  wrong documents \(documents.wrong)") }
        if documents.unsettled > 0 {
            lines.append("  unsettled \(documents.unsettled): changed within the settling time")
        }
        if let first = report.recoveryTime.firstSeconds {
            let all = report.recoveryTime.allSeconds.map { ", all after \(Quantity.time(.seconds($0)))" } ?? ""
            lines.append("  first file after \(Quantity.time(.seconds(first)))\(all), \(Quantity.bytes(files.bytes))")
        }
        if let point = report.recoveryPoint {
            lines.append("  newest record \(point.newestRecord), \(Quantity.time(.seconds(point.ageSeconds))) old")
        }
        return lines
    }
}
