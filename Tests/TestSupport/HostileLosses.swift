import ReconcileCore

/// Records of accepted losses that no verification writes. None of them accepts anything that is wrong with a backup.
package enum HostileLosses {
    package struct Row: Sendable, CustomStringConvertible {
        package let name: String
        package let text: String
        /// Whether the record is a fault by itself.
        package let isRefused: Bool

        package var description: String { name }
    }

    package static let rows: [Row] = members + keys + sizes

    /// The text of a record.
    private static func record(
        _ lost: String,
        domain: String = "acme",
        reason: String = #""r""#,
        at time: String = #""2026-11-22T08:36:12Z""#,
        more: String = ""
    ) -> String {
        #"{"domain":"\#(domain)","format":1,"lost":[\#(lost)],"reason":\#(reason),"recordedAt":\#(time),"recordedBy":"#
            + #"{"door":"verify","version":"1"}\#(more)}"#
    }

    private static func versions(_ number: String) -> String {
        #"{"key":"acme/manifests/maven/","kind":"lostVersions","versions":\#(number)}"#
    }

    private static func row(_ members: String) -> String { #"{"key":"acme/x","kind":"wrongBytes",\#(members)}"# }

    private static let members = refused.map { Row(name: $0.name, text: $0.text, isRefused: true) }

    private static let refused: [(name: String, text: String)] = [
        ("versions below zero", record(versions("-1"))),
        ("2 to the 62 versions", record(versions("4611686018427387904"))),
        (
            "2 to the 62 versions in each of four rows",
            record(Array(repeating: versions("4611686018427387904"), count: 4).joined(separator: ","))
        ),
        ("2 to the 63 versions", record(versions("9223372036854775808"))),
        ("versions with a fraction", record(versions("0.5"))),
        ("versions of 1e300", record(versions("1e300"))),
        ("versions as text", record(versions(#""0""#))),
        ("versions of null", record(versions("null"))),
        ("versions twice", record(versions(#"3,"versions":0"#))),
        ("versions of another class", record(row(#""versions":0"#))),
        ("a size below zero", record(row(#""size":-1"#))),
        ("a size of 2 to the 63", record(row(#""size":9223372036854775808"#))),
        ("a size of what is missing", record(#"{"key":"acme/x","kind":"missing","size":3}"#)),
        ("a short SHA-256", record(row(#""sha256":"ab""#))),
        ("a SHA-256 in capitals", record(row(#""sha256":"\#(String(repeating: "AB", count: 32))""#))),
        ("a SHA-256 twice", record(row(#""sha256":null,"sha256":null"#))),
        ("a row with a member more", record(row(#""more":1"#))),
        ("a row without a key", record(#"{"kind":"wrongBytes"}"#)),
        ("a row without a class", record(#"{"key":"acme/x"}"#)),
        ("an unknown class", record(#"{"key":"acme/x","kind":"everything"}"#)),
        ("a class in capitals", record(#"{"key":"acme/manifests/maven/","kind":"LostVersions"}"#)),
        ("rows that are texts", record(#""acme/x","acme/y""#)),
        ("a member more", record("", more: #","more":1"#)),
        ("its rows twice", record("", more: #","lost":[]"#)),
        ("another domain", record(versions("0"), domain: "other")),
        ("the year 2099", record(versions("0"), at: #""2099-01-01T00:00:00Z""#)),
        ("no time", record(versions("0"), at: #""soon""#)),
        ("a reason of raw control characters", record(versions("0"), reason: "\"\u{1B}[2J\"")),
        ("another format", record(versions("0")).replacing(#""format":1"#, with: #""format":2"#)),
        ("no format", record(versions("0")).replacing(#""format":1,"#, with: "")),
        ("something behind its end", record(versions("0")) + "{}"),
        ("a hundred thousand brackets", String(repeating: "[", count: 100_000)),
        ("nothing", ""),
    ]

    /// Keys under which no fault is.
    private static let faultless: [(name: String, key: String)] = [
        ("another domain's key", "other/manifests/maven/"),
        ("a key through a parent", "acme/manifests/../manifests/maven/"),
        ("a key above all", "../acme/manifests/maven/"), ("a pattern", "acme/*"), ("a star", "*"), ("no key", ""),
        ("a key without its slash", "acme/manifests/maven"),
    ]

    private static let keys = faultless.map { name, key in
        let rows = BackupFault.Kind.allCases.map { #"{"key":"\#(key)","kind":"\#($0.rawValue)"}"# }
        return Row(name: name, text: record(rows.joined(separator: ",")), isRefused: false)
    }

    private static func strays(_ count: Int) -> String {
        Array(repeating: #"{"key":"acme/x","kind":"stray"}"#, count: count).joined(separator: ",")
    }

    private static let sizes: [Row] = [
        Row(
            name: "a reason of a megabyte of control characters",
            text: record(
                row(#""size":3"#),
                reason: "\"" + String(repeating: #"\u001b[2J\u0007\n"#, count: 65_536) + "\""
            ),
            isRefused: false
        ),
        Row(
            name: "a hundred thousand rows",
            text: record(strays(100_000)),
            isRefused: false
        ),
        Row(
            name: "a million rows",
            text: record(strays(1_000_000)),
            isRefused: true
        ),
    ]
}
