namespace Gateway.FunctionalTests.Http;

internal static class Limits
{
    /// <summary>Longer than anything here takes on a busy machine; only a failing test waits for it.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
}
