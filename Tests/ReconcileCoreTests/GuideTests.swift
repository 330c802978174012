import Foundation
import ReconcileCore
import Testing

/// The pages that messages name.
@Suite struct GuideTests {
    @Test(arguments: Guide.allCases)
    func `every page that a message names is among the documents`(guide: Guide) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        #expect(FileManager.default.fileExists(atPath: root.appending(path: "docs/\(guide.rawValue)").path))
        #expect("\(guide)" == "share/doc/maven-package-reconciler/docs/\(guide.rawValue)")
    }
}
