import MavenXML
import ReconcileCore
import XMLPull

/// POMs, and the closure of a build that begins with one.
///
/// - Reading the same bytes twice gives the same.
/// - Whatever a POM says, the closure of its build comes to an end, and what it wants was said to be there.
/// - A refusal has a reason.
@Sendable func checkProjectModel(_ bytes: [UInt8]) throws {
    let model: ProjectModel
    do throws(XMLFailure) {
        model = try ProjectModel(xml: bytes)
    } catch {
        return try require(!error.reason.isEmpty && error.line > 0, "a refusal without a reason")
    }
    try require(try ProjectModel(xml: bytes) == model, "read again, it is another model")
    var build = BuildClosure(projects: [model])
    var there: Set<ArtifactVersion> = []
    // Every artifact is there in one version, whose POM is this one again.
    for round in 0... {
        let questions = build.questions()
        if questions.isEmpty { break }
        try require(round < 1_000, "no end after \(round) rounds")
        for question in questions {
            switch question {
            case .versions(let name):
                there.insert(ArtifactVersion(name, "1.0"))
                build.tell(versions: ["1.0"], of: name)
            case .model(let version): build.tell(model: model, of: version)
            }
        }
    }
    try require(build.wanted.isSubset(of: there), "it wants what is not there")
}
