namespace Gateway.Tcp.Prologue;

/// <summary>The results of a look at TCP options: the values of the label <c>result</c> of <c>gateway.toa.received</c>.</summary>
internal static class ToaResults
{
    public const string Client = "client";
    public const string AbsentAllowed = "absent_allowed";
    public const string AbsentRejected = "absent_rejected";
    public const string Invalid = "invalid";
    public const string Conflict = "conflict";

    public static IReadOnlyList<string> All { get; } = [Client, AbsentAllowed, AbsentRejected, Invalid, Conflict];
}
