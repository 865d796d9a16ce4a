namespace Gateway.Observability;

/// <summary>
/// Logs in places where an exception of the logger would do more harm than a lost line: a signal handler, or a loop that must not end.
/// </summary>
internal static class LastWords
{
    /// <summary>Runs <paramref name="log"/>, and ignores its exceptions.</summary>
    public static void Try(Action log)
    {
        try
        {
            log();
        }
#pragma warning disable CA1031 // There is nobody left to tell.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
