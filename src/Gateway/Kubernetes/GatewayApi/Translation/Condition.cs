namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What a status says about an object in one respect.</summary>
/// <param name="Type">The respect: <c>Accepted</c>, <c>Programmed</c>, <c>ResolvedRefs</c>, <c>Conflicted</c>.</param>
/// <param name="IsTrue">Whether it holds.</param>
/// <param name="Reason">Why, in one word of the Gateway API.</param>
/// <param name="Message">Why, in a sentence; empty: the reason says all.</param>
internal sealed record Condition(string Type, bool IsTrue, string Reason, string Message = "")
{
    /// <summary>A condition that holds unless there is a problem.</summary>
    /// <param name="type">The respect.</param>
    /// <param name="reason">The reason if it holds.</param>
    /// <param name="problem">Why it does not; null: it holds.</param>
    public static Condition Of(string type, string reason, Problem? problem) =>
        problem is null ? new(type, true, reason) : new(type, false, problem.Reason, problem.Message);
}
