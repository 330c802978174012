import Cryptography
package import HTTPTransfer
package import ReconcileCore
import SystemPackage

/// The program's own client, for drills without a build tool and for files that build tools cannot request: it fetches
/// each file and its `.sha1` over HTTP, as Maven does, and checks one against the other.
package struct OwnClient: DrillClient {
    private let client: HTTPClient
    private let stop: StopSignal
    private let version: String

    package var name: String { "none" }

    /// - Parameter version: this program's version.
    package init(client: HTTPClient, stop: StopSignal, version: String) {
        self.client = client
        self.stop = stop
        self.version = version
    }

    package func tools() async throws -> [String: String] { ["reconcile-serve": version] }

    package func fetch(
        _ items: [DrillItem],
        using uses: [DrillUse],
        from address: String,
        into folder: String
    ) async throws -> DrillFetch {
        var fetch = DrillFetch()
        for (index, item) in items.enumerated() {
            try checkStop()
            let path = "\(folder)/\(index)"
            do {
                try await get(address + Self.path(of: item), into: path)
                fetch.paths[item] = path
            } catch let refusal as Refusal {
                fetch.reasons[item] = refusal.description
            }
        }
        for use in uses {
            try checkStop()
            do {
                try await get(address + Self.document(of: use), into: "\(folder)/document")
                let text = Scratch.read("\(folder)/document") ?? ""
                guard use.version.isSnapshot || text.contains("<version>\(use.version.version)</version>") else {
                    throw Refusal("its maven-metadata.xml does not name the version")
                }
                fetch.resolved += 1
            } catch let refusal as Refusal {
                fetch.unresolved[use] = refusal.description
            }
        }
        return fetch
    }

    private func checkStop() throws {
        if stop.reason != nil || Task.isCancelled { throw CancellationError() }
    }

    /// Why a file did not come.
    private struct Refusal: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// Returns the path at which a Maven client requests a file.
    private static func path(of item: DrillItem) -> String {
        let name = item.stored.asset.name
        let directory = BackupLayout.versionDirectory(of: item.version.version, holding: name)
        return "\(folder(of: item.version.package))/\(encoded(directory))/\(encoded(name))"
    }

    private static func document(of use: DrillUse) -> String {
        let folder = folder(of: use.version.package)
        let directory = use.version.isSnapshot ? "\(encoded(use.version.version))/" : ""
        return "\(folder)/\(directory)\(MavenMetadata.fileName)"
    }

    private static func folder(of package: PackageCoordinates) -> String {
        (package.namespace.split(separator: ".", omittingEmptySubsequences: false).map(String.init) + [package.name])
            .map(encoded).joined(separator: "/")
    }

    private static func encoded(_ name: String) -> String { PercentEncoding.encode(name, keepSlash: false) }

    /// Downloads a file, and checks it against its checksum file.
    private func get(_ url: String, into path: String) async throws {
        let sum = try await receive(url, into: path)
        let file = "\(path).sha1"
        _ = try await receive("\(url).sha1", into: file)
        guard Scratch.read(file) == sum else {
            throw Refusal("its bytes do not have the SHA-1 of its checksum file")
        }
    }

    /// Writes the body of the response to a file, and returns the SHA-1 of its bytes.
    private func receive(_ url: String, into path: String) async throws -> String {
        let request = HTTPRequest(method: .get, url: url, bypassesProxies: true)
        do {
            return try await client.receive(request) { head, body in
                guard head.isSuccess else {
                    let words = String(decoding: try await body.next() ?? [], as: UTF8.self)
                    throw Refusal("status \(head.status): \(words.prefix { !$0.isNewline }.prefix(300))")
                }
                let file = try FileDescriptor.open(
                    FilePath(path),
                    .writeOnly,
                    options: [.create, .truncate, .closeOnExec],
                    permissions: [.ownerReadWrite]
                )
                defer { try? file.close() }
                var digest = Digest(.sha1)
                while let piece = try await body.next() {
                    digest.update(piece)
                    _ = try file.writeAll(piece)
                }
                return Hexadecimal.encode(digest.finalize())
            }
        } catch let failure as TransferFailure {
            throw Refusal("the answer was cut off: \(failure)")
        } catch let error as Errno {
            throw ToolFailure("\(path) cannot be written: \(error)")
        }
    }
}
