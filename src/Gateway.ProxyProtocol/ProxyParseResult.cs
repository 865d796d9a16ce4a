namespace Gateway.ProxyProtocol;

/// <summary>The outcome of a parse.</summary>
/// <param name="Status">How far the parse came.</param>
/// <param name="Error">Why the header is invalid; <see cref="ProxyParseError.None"/> for every other status.</param>
public readonly record struct ProxyParseResult(ProxyParseStatus Status, ProxyParseError Error)
{
    internal static ProxyParseResult NeedMore => new(ProxyParseStatus.NeedMore, ProxyParseError.None);

    internal static ProxyParseResult Done => new(ProxyParseStatus.Done, ProxyParseError.None);

    internal static ProxyParseResult Invalid(ProxyParseError error) => new(ProxyParseStatus.Invalid, error);
}
