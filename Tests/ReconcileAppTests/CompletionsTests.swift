import ReconcileApp
import Testing

/// What a shell is offered.
@Suite struct CompletionsTests {
    private func read(_ files: [String: String]) -> (String) throws -> [UInt8]? {
        { path in files[path].map { Array($0.utf8) } }
    }

    @Test func `profiles are those of both AWS files`() {
        let environment = ["AWS_CONFIG_FILE": "c", "AWS_SHARED_CREDENTIALS_FILE": "s"]
        let files = ["c": "[default]\n[profile b]\n[sso-session x]\n", "s": "[a]\n"]
        #expect(Completions.profiles(environment: environment, readFile: read(files)) == ["a", "b", "default"])
        #expect(Completions.profiles(environment: environment, readFile: read([:])) == [])
        #expect(Completions.profiles(environment: environment, readFile: read(["c": "no section"])) == [])
    }

    @Test func `repositories are those of the environment, or of the settings file`() {
        let files = ["f": #"{"repository": ["releases", "snapshots"]}"#, "broken": "{"]
        func offered(_ words: [String], _ environment: [String: String]) -> [String] {
            Completions.repositories(words, environment: environment, readFile: read(files))
        }
        #expect(offered([], [:]) == [])
        #expect(offered([], ["RECONCILE_REPOSITORY": "a, b"]) == ["a", "b"])
        #expect(offered([], ["RECONCILE_CONFIG": "f"]) == ["releases", "snapshots"])
        #expect(offered(["reconcile", "run", "--config", "f", "--repository"], [:]) == ["releases", "snapshots"])
        #expect(offered(["--config", "broken"], [:]) == [])
    }
}
