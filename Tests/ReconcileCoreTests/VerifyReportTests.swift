import FoundationEssentials
import Testing

@testable import ReconcileCore

@Suite struct VerifyReportTests {
    private func finding(_ place: Place, versionID: String? = nil) -> VerifyReport.Finding {
        VerifyReport.Finding(
            BackupFault(.wrongBytes, of: place, at: ObjectKey("d/k"), versionID: versionID, "other bytes")
        )
    }

    @Test func `a finding is literally this`() throws {
        let whole = finding(Place(app, version: "1.0", asset: "app.jar"), versionID: "v1")
        #expect(
            String(decoding: try StableJSON.line(whole), as: UTF8.self)
                == #"{"asset":"app.jar","key":"d/k","kind":"wrongBytes","mended":false,"message":"other bytes","#
                + #""namespace":"com.acme","package":"app","repository":"releases","version":"1.0","versionID":"v1"}"#
        )
        #expect(
            String(decoding: try StableJSON.line(finding(Place())), as: UTF8.self)
                == #"{"key":"d/k","kind":"wrongBytes","mended":false,"message":"other bytes"}"#
        )
    }

    @Test func `a finding comes back`() throws {
        for finding in [finding(Place(app, version: "1.0", asset: "app.jar"), versionID: "v1"), finding(Place())] {
            let bytes = Data(try StableJSON.line(finding))
            #expect(try JSONDecoder().decode(VerifyReport.Finding.self, from: bytes) == finding)
        }
    }
}
