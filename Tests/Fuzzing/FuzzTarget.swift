/// One reader of bytes from elsewhere, and what must hold whatever the bytes are.
///
/// The same functions run in the fuzzer (Fuzzer.swift, `make fuzz`) and over the kept files (CorpusTests.swift).
/// To add one: write its function, add a row to `all`, and put a few small inputs into `Corpus/<name>/`.
struct FuzzTarget: Sendable {
    /// The folder under `Corpus` and `Fixtures`, and the value of `FUZZ_TARGET`.
    let name: String
    /// Throws `BrokenProperty`, or what a step throws that must not. What the reader refuses by its own rules is no
    /// error here.
    let check: @Sendable ([UInt8]) throws -> Void

    static let all = [
        FuzzTarget(name: "backup-keys", check: checkBackupKeys),
        FuzzTarget(name: "codeartifact-answers", check: checkCodeArtifactAnswers),
        FuzzTarget(name: "credentials", check: checkCredentials),
        FuzzTarget(name: "invocation-input", check: checkInvocationInput),
        FuzzTarget(name: "manifest", check: checkManifest),
        FuzzTarget(name: "maven-metadata", check: checkMavenMetadata),
        FuzzTarget(name: "maven-versions", check: checkMavenVersions),
        FuzzTarget(name: "pom", check: checkProjectModel),
        FuzzTarget(name: "response-head", check: checkResponseHead),
        FuzzTarget(name: "s3-answers", check: checkS3Answers),
    ]
}

/// What an input has shown to be untrue.
struct BrokenProperty: Error, CustomStringConvertible {
    let description: String
}

/// Throws `BrokenProperty` unless the condition is true.
func require(_ condition: Bool, _ property: @autoclosure () -> String) throws(BrokenProperty) {
    guard condition else { throw BrokenProperty(description: property()) }
}

/// Whether two texts are the same bytes; `==` takes canonically equivalent spellings for one.
func isSame(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
    case (nil, nil): true
    default: false
    }
}

/// Requires that a text can stand in a log: one line without control characters, and not longer than an operator reads.
func requireReadable(_ text: String, limit: Int, _ what: String) throws(BrokenProperty) {
    try require(text.count <= limit, "\(what) has \(text.count) characters: \(text.prefix(100))…")
    let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    try require(isPlain, "\(what) has a control character: \(text.debugDescription)")
}
