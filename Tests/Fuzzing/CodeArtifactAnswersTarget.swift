import HTTPTransfer
import ReconcileCore

@testable import AWSServices

/// The JSON answers of CodeArtifact: every page, the details, the token, the endpoint, an error.
///
/// - A page token that is followed is not empty.
/// - An asset that is accepted has a size of zero or more, and hashes of their length in lower-case hexadecimal.
/// - A time that is accepted is one that a report can write.
/// - What cannot be read, and what an error says, comes to the operator as one line of bounded length.
@Sendable func checkCodeArtifactAnswers(_ bytes: [UInt8]) throws {
    let tokens = try [
        read(RepositoryPage.self, bytes)?.nextToken,
        read(PackagePage.self, bytes)?.nextToken,
        read(VersionPage.self, bytes)?.nextToken,
        read(AssetListPage.self, bytes)?.nextToken,
    ]
    for token in tokens.compactMap({ PageToken(wire: $0) }) { try require(!token.value.isEmpty, "an empty token") }

    for row in try read(AssetListPage.self, bytes)?.assets ?? [] {
        do {
            try checkAsset(try Asset(row))
        } catch let error as UnreadableAnswer {
            try require(!error.description.isEmpty, "an asset is refused without a word")
        }
    }
    if let details = try read(VersionDetails.self, bytes)?.packageVersion {
        _ = VersionStatus(wire: details.status)
        if let time = details.properties.publishedTime { try checkTime(time) }
    }
    if let answer = try read(TokenAnswer.self, bytes), let time = answer.expiration?.secondsSince1970 {
        try checkTime(time)
        try require(AuthorizationTokens.useful(ofSeconds: time) >= .zero, "a token of negative life")
    }
    if let endpoint = try read(RepositoryEndpointAnswer.self, bytes)?.repositoryEndpoint,
        let url = try? ServiceEndpoint(endpoint)
    {
        try require(try ServiceEndpoint(url.description) == url, "\(url) is not read back")
    }
    try checkFault(bytes)
}

private func read<Answer: JSONReadable>(_ type: Answer.Type, _ bytes: [UInt8]) throws -> Answer? {
    let call = ServiceCall(.work("codeartifact.Test"), on: "domain", method: .post, path: "/")
    do {
        return try call.read(type, from: HTTPResponse(head: HTTPResponseHead(status: 200), body: bytes))
    } catch {
        try requireReadable(error.message, limit: 1_000, "the refusal")
        return nil
    }
}

private func checkAsset(_ asset: Asset) throws {
    try require(asset.size >= 0, "a size of \(asset.size)")
    let checksums = asset.checksums
    let hashes = [(checksums.md5, 32), (checksums.sha1, 40), (checksums.sha256, 64), (checksums.sha512, 128)]
    for case (let hash?, let digits) in hashes {
        let isHexadecimal = hash.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        try require(isHexadecimal && hash.utf8.count == digits, "the hash \(hash.debugDescription)")
    }
}

/// A report writes the age of a version, and counts from its time.
private func checkTime(_ seconds: Double) throws {
    let time = Timestamp(secondsSince1970: seconds)
    try require(Timestamp(extended: time.extended) == time, "\(seconds) is written \(time.extended)")
}

private func checkFault(_ bytes: [UInt8]) throws {
    for status in [400, 403, 429, 500] {
        let response = HTTPResponse(head: HTTPResponseHead(status: status), body: bytes)
        for fault in [ServiceFault.json(response), ServiceFault.text(response)] {
            let failure = RemoteFailure(answered: response, fault: fault, operation: .work("Test"), target: "domain")
            try requireReadable(failure.message, limit: 1_000, "the message")
        }
    }
}
