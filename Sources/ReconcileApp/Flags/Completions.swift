import AWSServices
package import ArgumentParser
import FoundationEssentials

/// Shell completions for values that only this machine knows; none for a file that cannot be read.
package enum Completions {
    /// The profiles in the AWS configuration files.
    package static var profiles: CompletionKind {
        .custom { (_: [String], _: Int, _: String) -> [String] in
            profiles(environment: ProcessInfo.processInfo.environment, readFile: CredentialAccess.readFile)
        }
    }

    /// The repositories named in the environment and the settings file.
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

    /// - Parameter words: the command line so far, which may name the settings file.
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
