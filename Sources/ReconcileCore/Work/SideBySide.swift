/// Works on independent items concurrently, and returns the results in the items' order.
///
/// Items start in order, at most `width` at once. After a stop or a failure no further item starts, but running ones
/// finish. Items that failed or were skipped have no result; `failure` is the error of the first failed item in order.
package func sideBySide<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    width: Int,
    until stop: StopSignal = StopSignal(),
    _ work: @escaping @Sendable (Item) async throws -> Value
) async -> (done: [Value], failure: (any Error)?) {
    var schedule = IndependentWork<(Int, Item), (Int, Result<Value, any Error>)>(
        Array(items.enumerated()),
        stop: stop,
        endingWith: { (try? $0.1.get()) == nil }
    )
    await drive(&schedule, width: width) { index, item in
        do {
            return (index, .success(try await work(item)))
        } catch {
            return (index, .failure(error))
        }
    }
    var done: [Value] = []
    var failure: (any Error)?
    for (_, result) in schedule.outcomes.sorted(by: { $0.0 < $1.0 }) {
        switch result {
        case .success(let value): done.append(value)
        case .failure(let error): failure = failure ?? error
        }
    }
    return (done, failure)
}
