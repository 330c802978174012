/// Sums of sizes from elsewhere, which may be anything: the largest or the smallest number in place of a trap.
extension Int64 {
    package func adding(saturating other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
