namespace Gateway.Observability;

/// <summary>Logs where an exception of the logger itself would end more than a line: a signal handler, a loop that has to go on.</summary>
internal static class LastWords
{
    /// <summary>Runs <paramref name="log"/>; what it throws is lost, as its line is.</summary>
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
