/// Sums of sizes that come from outside and may have any value: they saturate instead of trapping.
extension Int64 {
    package func adding(saturating other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
