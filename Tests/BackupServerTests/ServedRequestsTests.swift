import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// What the server says of itself: to Prometheus, and to whoever asks whether it is alive and ready.
@Suite struct ServedRequestsTests {
    @Test func `metrics have each family once, whatever was asked for`() async throws {
        let responder = BackupFixture().responder()
        let answer = await responder.answer("/metrics")
        #expect(answer.status == 200)
        #expect(answer.head.headerFields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        let types = answer.text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        #expect(
            types == [
                "# TYPE reconcile_serve_info gauge", "# TYPE reconcile_serve_requests_total counter",
                "# TYPE reconcile_serve_sent_bytes_total counter", "# TYPE reconcile_serve_cut_off_total counter",
                "# TYPE reconcile_serve_request_seconds histogram", "# TYPE reconcile_serve_backup_behind gauge",
                "# TYPE reconcile_serve_hidden_folders gauge", "# TYPE reconcile_serve_untrusted_versions gauge",
            ]
        )
        #expect(answer.text.contains("reconcile_serve_info{version=\"unknown\"} 1\n"))
        #expect(answer.text.contains("reconcile_serve_backup_behind 0\n"))
    }

    @Test func `metrics need the token, health and readiness do not`() async throws {
        let responder = BackupFixture().responder(token: "s3cret", pages: true)
        #expect(await responder.answer("/metrics").status == 401)
        #expect(await responder.answer("/health").status == 200)
        #expect(await responder.answer("/ready").status == 200)
    }

    @Test func `a server is ready while the store can be read, and asks it every five seconds`() async throws {
        let backup = BackupFixture()
        let responder = backup.responder()
        for _ in 0..<3 { #expect(await responder.answer("/ready").text == "ready\n") }
        #expect(backup.store.conduct.counts["s3.ListObjectsV2"] == 1)
        backup.store.conduct.fail("s3.ListObjectsV2", with: .unavailable)
        #expect(await responder.answer("/ready").status == 200)
        backup.clock.advance(by: .seconds(5))
        for _ in 0..<2 {
            let answer = await responder.answer("/ready")
            #expect(answer.status == 503 && answer.text == "the backup cannot be read\n")
        }
        #expect(await responder.answer("/health").status == 200)
    }
}
