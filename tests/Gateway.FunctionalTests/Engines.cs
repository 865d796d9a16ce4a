namespace Gateway.FunctionalTests;

/// <summary>The relay engines, as theory data.</summary>
public static class Engines
{
    public const string Linux = "Linux";
    public const string Portable = "Portable";

    public static TheoryData<string> All => [Linux, Portable];
}
