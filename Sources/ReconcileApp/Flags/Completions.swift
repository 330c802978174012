import AWSServices
package import ArgumentParser
import FoundationEssentials

/// What a shell offers for values that only this machine knows. What cannot be read offers nothing.
package enum Completions {
    /// The profiles of the AWS files.
    package static var profiles: CompletionKind {
        .custom { (_: [String], _: Int, _: String) -> [String] in
            profiles(environment: ProcessInfo.processInfo.environment, readFile: CredentialAccess.readFile)
        }
    }

    /// The repositories that environment and settings file name.
    package static var repositories: CompletionKind {
        .custom { (words: [String], _: Int, _: String) -> [String] in
            repositories(words, environment: ProcessInfo.processInfo.environment, readFile: CredentialAccess.readFile)
        }
    }

    package static func profiles(
        environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) -> [String] {
        AWSSettings.profileNames(environment: environment, readFile: readFile)
    }

    /// - Parameter words: of the command line so far, which may name the settings file.
    package static func repositories(
        _ words: [String],
        environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) -> [String] {
        let given = words.firstIndex(of: "--config").flatMap { words.dropFirst($0 + 1).first }
        let name = given ?? environment[SettingSources.variable("config")]
        let file = name.flatMap { try? readFile($0) }
        let sources = try? SettingSources(environment: environment, file: file)
        return sources?.list("repository") ?? []
    }
}
