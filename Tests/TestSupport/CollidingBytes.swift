/// Two messages with one MD5 (Wang, Feng, Lai, Yu: Collisions for Hash Functions, 2004).
package let collidingBytes = ["", "x"].map { which in
    let (first, second, third, fourth, fifth, sixth) =
        which.isEmpty ? ("8", "7", "f", "b", "a", "2") : ("0", "f", "7", "3", "2", "a")
    let digits =
        "d131dd02c5e6eec4693d9a0698aff95c2fcab5\(first)712467eab4004583eb8fb7f8955ad340609f4b30283e4888325\(second)1415a"
        + "085125e8f7cdc99fd91dbd\(third)280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2\(fourth)487da03fd02396306d"
        + "248cda0e99f33420f577ee8ce54b67080\(fifth)80d1ec69821bcb6a8839396f965\(sixth)b6ff72a70"
    let places = Array(digits.utf8).map { $0 > 57 ? $0 - 87 : $0 - 48 }
    return stride(from: 0, to: places.count, by: 2).map { places[$0] * 16 + places[$0 + 1] }
}
