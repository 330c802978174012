import Cryptography

/// Removes secrets, and what may be a secret, from another program's message before it is logged or reported.
enum ForeignWords {
    /// Masks the known secrets, and each part of one that is long enough to be known as such.
    ///
    /// Only letters and digits are compared, without regard to case, so a secret is found however it is escaped (as
    /// `ReducedText` says) or wrapped, and also where its start or end was cut off. A secret that is too short for that
    /// is found where it is whole, spelled raw or as in a URL or JSON. Takes time in proportion to the words.
    static func concealingKnown(_ words: String, _ secrets: [String?]) -> String {
        // Masking shorter strings would break up ordinary words, and no AWS secret is that short.
        secrets.compactMap(\.self).filter { $0.utf8.count >= 6 }.reduce(words) { words, secret in
            let reduced = ReducedText(Array(secret.utf8))
            return reduced.runs.isEmpty ? concealing(words, spellings(of: secret)) : concealing(words, reduced)
        }
    }

    private static func concealing(_ words: String, _ secret: ReducedText) -> String {
        let bytes = Array(words.utf8)
        var (shown, end) = ("", 0)
        for part in ReducedText(bytes).parts(of: secret) {
            shown += String(decoding: bytes[end..<part.lowerBound], as: UTF8.self) + mask
            end = part.upperBound
        }
        return shown + String(decoding: bytes[end...], as: UTF8.self)
    }

    private static func spellings(of secret: String) -> Set<String> {
        let encoded = PercentEncoding.encode(secret, keepSlash: false)
        var lowercase = ""
        var digits = 0
        for character in encoded {
            digits = character == "%" ? 3 : max(0, digits - 1)
            lowercase += digits > 0 ? character.lowercased() : String(character)
        }
        return [secret, encoded, lowercase, secret.replacing("/", with: "\\/")]
    }

    /// How many characters of a secret must match for a word to count as part of it.
    private static let recognizable = 16

    /// - Parameter spellings: those of one secret; several may start alike.
    private static func concealing(_ words: String, _ spellings: Set<String>) -> String {
        let heads = Set(spellings.map { $0.prefix(recognizable) })
        var (shown, rest) = ("", words[...])
        while let start = heads.compactMap({ rest.firstRange(of: $0)?.lowerBound }).min() {
            shown += rest[..<start] + mask
            rest = rest[start...]
            let shares = spellings.map { spelling in zip(rest, spelling).prefix { $0 == $1 }.count }
            rest = rest.dropFirst(shares.max() ?? 0)
        }
        return shown + rest
    }

    /// Masks the known secrets and anything that looks like one, since a program may quote secrets that only it knows.
    static func concealing(_ words: String, _ secrets: [String?]) -> String {
        let rest = concealingKnown(words, secrets)
        var shown = ""
        var run = ""
        for character in rest {
            if isOfKey(character) {
                run.append(character)
            } else {
                shown += mayBeSecret(run) ? mask : run
                shown.append(character)
                run = ""
            }
        }
        return shown + (mayBeSecret(run) ? mask : run)
    }

    private static let mask = "***"

    /// Whether text is as long as an AWS secret key and as varied. No word or request ID is, and few paths are.
    private static func mayBeSecret(_ run: String) -> Bool {
        run.utf8.count >= 40 && run.contains(where: \.isUppercase) && run.contains(where: \.isLowercase)
            && run.contains(where: \.isNumber)
    }

    /// Whether a character occurs in Base64, either variant.
    private static func isOfKey(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+/=_-".contains(character))
    }
}
