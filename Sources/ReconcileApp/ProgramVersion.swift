/// The program's version, as manifests, user agents and `--version` give it.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
