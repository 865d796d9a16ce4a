namespace Gateway.Tests.Tidy;

/// <summary>What a tidy test found.</summary>
internal static class Findings
{
    /// <summary>Fails with every finding on a line of its own: xunit's own message for a collection shows the first few, cut.</summary>
    public static void AssertNone(IEnumerable<string> findings)
    {
        var all = findings.ToArray();
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
