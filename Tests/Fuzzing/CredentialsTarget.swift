import Cryptography
import XMLPull

@testable import AWSServices

/// What holds credentials: the files of the AWS tools, the JSON of containers and processes, the XML of STS.
///
/// - A file means the same with a comment at its end, and with the line breaks of Windows.
/// - A refusal names a line of the file.
/// - Credentials that are printed do not show their secret.
@Sendable func checkCredentials(_ bytes: [UInt8]) throws {
    try checkFile(bytes)
    if let document = try? CredentialDocument.read(bytes, from: "The test"),
        let credentials = try? document.credentials(from: "The test", needsExpiration: bytes.count % 2 == 0)
    {
        try checkHidden(credentials)
    }
    for action in ["AssumeRole", "AssumeRoleWithWebIdentity"] {
        if let credentials = try? STSAnswer.credentials(bytes, of: action) { try checkHidden(credentials) }
    }
    _ = STSAnswer.error(bytes)
    _ = ISOTime.date(String(decoding: bytes, as: UTF8.self))
}

private func checkFile(_ bytes: [UInt8]) throws {
    let document: INIDocument
    do throws(INIFailure) {
        document = try INIDocument(bytes)
    } catch {
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        return try require((1...lines).contains(error.line), "line \(error.line) of \(lines)")
    }
    try require(try INIDocument(bytes + Array("\n# end".utf8)) == document, "a comment changed the file")
    if !bytes.contains(UInt8(ascii: "\r")) {
        let windows = bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
        try require(try INIDocument(windows) == document, "other line breaks changed the file")
    }
    let profiles = AWSProfiles(config: document, credentials: document)
    try require(profiles.profiles.count <= 2 * document.sections.count, "more profiles than sections")
}

private func checkHidden(_ credentials: AWSCredentials) throws {
    let secret = credentials.secretAccessKey
    // A short one may be part of the other words.
    guard secret.count > 20, !credentials.accessKeyID.contains(secret) else { return }
    for text in ["\(credentials)", String(reflecting: credentials)] {
        try require(!text.contains(secret), "the secret is shown")
    }
}
