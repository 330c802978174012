import FoundationEssentials

/// The entry of libFuzzer (LLVM, "libFuzzer – a library for coverage-guided fuzz testing"): runs the target that the
/// environment variable FUZZ_TARGET names, and stops the program where a property does not hold.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    do {
        try chosen.check(input)
    } catch {
        fatalError("\(chosen.name): \(error)")
    }
    return 0
}

private let chosen: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fatalError("FUZZ_TARGET is none of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    return target
}()
